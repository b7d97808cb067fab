/* Batch norm: in training, stored and frozen, against naive arithmetic and PyTorch; what it
 * observes and how that is folded into the buffers. */
#include "golden_graph.h"

#include "nn/optimiser.h"

static void draw_batch_norm(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 5, 3, 6});
    pen_output(pen, pen_batch_norm(pen, x, "n", &(BatchNormSettings){0}));
}

static void draw_batch_norm_relu(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){3, 4, 5, 3});
    pen_output(pen,
               pen_batch_norm(pen, x, "n", &(BatchNormSettings){.epsilon = 1e-3, .relu = true}));
}

static void draw_batch_norm_of_vectors(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){6, 1, 1, 4});
    pen_output(pen, pen_batch_norm(pen, x, "n", &(BatchNormSettings){.relu = true}));
}

/* More pixels than one chunk of the sums, chunks across images, and a last one that is not full. */
static void draw_batch_norm_over_chunks(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 12, 9, 2});
    pen_output(pen, pen_batch_norm(pen, x, "n", &(BatchNormSettings){.relu = true}));
}

static void draw_batch_norm_stored(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 4, 3, 5});
    pen_output(pen,
               pen_batch_norm(pen, x, "n", &(BatchNormSettings){.epsilon = 1e-3, .relu = true}));
}

/* A residual unit: a norm read twice, one whose value a convolution's backward makes again, and an
 * input gradient that is added to. */
static void draw_residual(Pen *pen)
{
    const ConvolutionSettings three = {
        .output_channels = 4, .kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1};
    NodeId x = pen_input(pen, (Shape){2, 6, 5, 2});
    NodeId stem = pen_convolution(pen, x, "stem", &three);
    NodeId a = pen_batch_norm(pen, stem, "a", &(BatchNormSettings){.relu = true});
    NodeId b =
        pen_batch_norm(pen, pen_convolution(pen, a, "unit", &three), "b", &(BatchNormSettings){0});
    NodeId sum = pen_relu(pen, pen_add(pen, pen_add(pen, a, b), stem));
    pen_output(pen, pen_linear(pen, pen_mean(pen, sum), "head", &(LinearSettings){.outputs = 3}));
}

static void batch_norm_agrees_with_its_definition(void **state)
{
    (void)state;
    check_drawing(draw_batch_norm, engine_blas(), NULL, 1e-5);
    check_drawing(draw_batch_norm_relu, engine_blas(), NULL, 1e-5);
    check_drawing(draw_batch_norm_of_vectors, engine_blas(), NULL, 1e-5);
    check_drawing(draw_batch_norm_over_chunks, engine_blas(), NULL, 1e-5);
    check_drawing_everywhere(draw_residual, 2e-4);
}

static void a_norm_of_which_a_part_is_frozen_still_measures(void **state)
{
    (void)state;
    static const char *const choices[][4] = {
        {"n.weight", NULL}, {"n.bias", NULL}, {"n.weight", "x.weight", NULL}};
    for (size_t i = 0; i < 3; ++i)
        check_drawing(draw_batch_norm_relu, engine_blas(), choices[i], 1e-5);
}

static void a_frozen_norm_is_an_affine_map_of_its_buffers(void **state)
{
    (void)state;
    static const char *const frozen[] = {"n.weight", "n.bias", NULL};
    static const char *const below[] = {"b.weight", "b.bias", NULL};
    check_drawing(draw_batch_norm_relu, engine_blas(), frozen, 1e-5);
    check_drawing(draw_batch_norm_over_chunks, engine_blas(), frozen, 1e-5);
    check_drawing(draw_residual, engine_blas(), below, 2e-4);
}

static void batch_norm_gives_the_numbers_of_pytorch(void **state)
{
    (void)state;
    const char *path = "golden/operations.h5";
    check_golden(path, "batch_norm", draw_batch_norm, 1e-5, 1e-5);
    check_golden(path, "batch_norm_relu", draw_batch_norm_relu, 1e-5, 1e-5);
    check_golden(path, "batch_norm_of_vectors", draw_batch_norm_of_vectors, 1e-5, 1e-5);
    check_golden(path, "batch_norm_over_chunks", draw_batch_norm_over_chunks, 1e-5, 1e-5);
}

static void stored_statistics_give_the_numbers_of_pytorch(void **state)
{
    (void)state;
    static const char *const frozen[] = {"n.weight", "n.bias", NULL};
    GoldenCase golden;
    golden_case_init(&golden, "golden/operations.h5", "batch_norm_stored");
    for (int training = 0; training < 2; ++training) {
        Bench bench;
        bench_init(&bench, draw_batch_norm_stored, engine_blas(), training, frozen);
        golden_fill_bench(&golden, &bench);
        bench_forward(&bench);
        golden_check_outputs(&golden, &bench, 1e-5);
        if (training) {
            bench_backward(&bench);
            golden_check_gradients(&golden, &bench.parameters, 1e-5);
        }
        assert_int_equal(parameters_observed_floats(&bench.parameters), 0);
        bench_clear(&bench);
    }
    golden_case_clear(&golden);
}

/* ---- running statistics ---- */

enum { SHARDS = 2, PASSES = 3, CHANNELS = 5 };

static void draw_running_statistics(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 3, 4, CHANNELS});
    pen_output(pen, pen_batch_norm(pen, x, "n", &(BatchNormSettings){.epsilon = 1e-3}));
}

static void fill_input(const GoldenCase *golden, Bench *bench, size_t number)
{
    char name[32];
    snprintf(name, sizeof name, "input%zu", number);
    golden_numbers(golden, name, (const double[]){2, 0, 0}, 2 * 3 * 4 * CHANNELS, bench->fills[0]);
}

/* The shards of a batch run in the order `order`, and are folded in theirs. */
static void train_statistics(const GoldenCase *golden, Bench *bench, const size_t order[SHARDS])
{
    float observed[SHARDS][2 * CHANNELS];
    golden_fill(golden, &bench->parameters);
    for (size_t pass = 0; pass < PASSES; ++pass) {
        for (size_t i = 0; i < SHARDS; ++i) {
            fill_input(golden, bench, SHARDS * pass + order[i]);
            bench_forward(bench);
            parameters_take_observed(&bench->parameters, observed[order[i]]);
        }
        for (size_t shard = 0; shard < SHARDS; ++shard)
            parameters_fold_observed(&bench->parameters, observed[shard]);
    }
}

static void check_buffer(const GoldenCase *golden, const Bench *bench, const char *name, size_t at)
{
    const Parameter *buffer = parameters_find(&bench->parameters, name);
    double error = golden_error(&golden->outputs, at, CHANNELS, buffer->value, 0);
    print_message("%s after %d shards: %.1e\n", name, PASSES * SHARDS, error);
    assert_true(error < 1e-6);
}

static void running_statistics_follow_pytorch_over_passes_and_shards(void **state)
{
    (void)state;
    GoldenCase golden;
    Bench bench;
    golden_case_init(&golden, "golden/operations.h5", "running_statistics");
    bench_init(&bench, draw_running_statistics, engine_blas(), true, NULL);
    assert_int_equal(parameters_observed_floats(&bench.parameters), 2 * CHANNELS);
    train_statistics(&golden, &bench, (const size_t[]){0, 1});
    check_buffer(&golden, &bench, "n.running_mean", 0);
    check_buffer(&golden, &bench, "n.running_var", 1);

    /* A net for inference on the same list sees the new buffers. */
    Net *net;
    assert_int_equal(net_new(&bench.parameters, engine_blas(), false, &net), STATUS_OK);
    NodeId x = net_input(net, (Shape){2, 3, 4, CHANNELS});
    NodeId y = net_output(net, net_batch_norm(net, x, "n", &(BatchNormSettings){.epsilon = 1e-3}));
    assert_int_equal(net_plan(net), STATUS_OK);
    fill_input(&golden, &bench, PASSES * SHARDS);
    memcpy(net_value(net, x), bench.fills[0], 2 * 3 * 4 * CHANNELS * sizeof(float));
    assert_int_equal(net_forward(net), STATUS_OK);
    double error = golden_error(&golden.outputs, 2, 2 * 3 * 4 * CHANNELS, net_value(net, y), 0);
    assert_true(error < 1e-5);
    assert_int_equal(parameters_observed_floats(&bench.parameters), 2 * CHANNELS);
    net_free(net);
    bench_clear(&bench);
    golden_case_clear(&golden);
}

/* Shards may run in any order, on any rank: folded in theirs they give the same bits. */
static void the_order_in_which_shards_run_leaves_no_trace(void **state)
{
    (void)state;
    GoldenCase golden;
    Bench benches[2];
    golden_case_init(&golden, "golden/operations.h5", "running_statistics");
    for (size_t i = 0; i < 2; ++i) {
        bench_init(&benches[i], draw_running_statistics, engine_blas(), true, NULL);
        train_statistics(&golden, &benches[i], (const size_t[]){i, 1 - i});
    }
    for (size_t i = 0; i < benches[0].parameters.count; ++i)
        assert_memory_equal(benches[0].parameters.items[i].value,
                            benches[1].parameters.items[i].value,
                            benches[0].parameters.items[i].count * sizeof(float));
    bench_clear(&benches[0]);
    bench_clear(&benches[1]);
    golden_case_clear(&golden);
}

static void a_pass_leaves_the_buffers_as_they_are_and_a_fold_marks_them(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_running_statistics, engine_blas(), true, NULL);
    Parameter *mean = parameters_find(&bench.parameters, "n.running_mean");
    assert_true(isnan(mean->observed[0]));
    float before = mean->value[0], observed[2 * CHANNELS];
    uint64_t version = mean->version;
    bench_forward(&bench);
    assert_true(mean->value[0] == before && mean->version == version);
    parameters_take_observed(&bench.parameters, observed);
    parameters_fold_observed(&bench.parameters, observed);
    assert_near(mean->value[0], 0.9 * (double)before + 0.1 * (double)observed[0], 1e-6);
    assert_true(mean->version > version);
    bench_clear(&bench);
}

/* ---- buffers in the list ---- */

static void a_buffer_never_trains_whatever_is_set(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_batch_norm, engine_blas(), true, NULL);
    size_t trained = parameters_total(&bench.parameters, true);
    assert_int_equal(parameters_total(&bench.parameters, false), trained + 2 * 6);
    for (size_t i = 0; i < bench.parameters.count; ++i) {
        Parameter *parameter = &bench.parameters.items[i];
        parameters_set_trainable(parameter, true);
        assert_true(parameter->trainable == !parameter->buffer &&
                    !(parameter->buffer && parameter->decayed));
        parameter->trainable = true;
    }
    assert_int_equal(parameters_total(&bench.parameters, true), trained);
    assert_int_equal(parameters_add_gradients(&bench.parameters), STATUS_OK);
    assert_null(parameters_find(&bench.parameters, "n.running_var")->gradient);
    bench_forward(&bench);
    bench_backward(&bench);
    Optimiser *optimiser;
    assert_int_equal(
        optimiser_new(&(OptimiserSettings){.kind = OPTIMISER_SGD}, &bench.parameters, &optimiser),
        STATUS_OK);
    assert_int_equal(optimiser_buffer_count(optimiser), 3);
    optimiser_free(optimiser);
    bench_clear(&bench);
}

static void buffers_begin_as_no_change(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_batch_norm, engine_blas(), true, NULL);
    parameters_randomise(&bench.parameters, 3);
    for (size_t c = 0; c < 6; ++c) {
        assert_true(parameters_find(&bench.parameters, "n.running_mean")->value[c] == 0);
        assert_true(parameters_find(&bench.parameters, "n.running_var")->value[c] == 1);
    }
    bench_clear(&bench);
}

static void expect_refusal(Shape shape, size_t norms, const char *text)
{
    ParameterList parameters;
    Net *net;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), true, &net), STATUS_OK);
    NodeId x = net_input(net, shape);
    for (size_t i = 0; i < norms; ++i)
        x = net_batch_norm(net, x, "norm", &(BatchNormSettings){0});
    net_output(net, x);
    assert_int_equal(net_plan(net), STATUS_ARGUMENT);
    if (!strstr(status_message(), text))
        fail_msg("\"%s\" does not hold \"%s\"", status_message(), text);
    net_free(net);
    parameters_clear(&parameters);
}

static void what_has_no_right_statistics_is_refused(void **state)
{
    (void)state;
    expect_refusal((Shape){2, 3, 3, 4}, 2, "norm.running_mean is used by two nodes");
    expect_refusal((Shape){1, 1, 1, 4}, 1, "norm.running_mean: one number a channel");
}

static void a_name_is_a_buffer_or_trained(void **state)
{
    (void)state;
    ParameterList list;
    size_t index;
    const size_t dims[1] = {3};
    parameters_init(&list);
    assert_int_equal(parameters_declare_buffer(&list, "a", 1, dims, (Initial){0}, &index),
                     STATUS_OK);
    assert_int_equal(parameters_declare(&list, "a", 1, dims, (Initial){0}, false, &index),
                     STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "both trained and as a buffer"));
    parameters_clear(&list);
}

static void results_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    static const Drawing drawings[] = {draw_batch_norm, draw_batch_norm_relu,
                                       draw_batch_norm_over_chunks};
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; ++i) {
        Bench bench;
        int threads = omp_get_max_threads();
        omp_set_num_threads(1);
        bench_init(&bench, drawings[i], engine_blas(), true, NULL);
        bench_forward(&bench);
        bench_backward(&bench);
        float one[12], three[12];
        parameters_take_observed(&bench.parameters, one);
        bench_check_again(&bench, 3);
        parameters_take_observed(&bench.parameters, three);
        assert_memory_equal(one, three,
                            parameters_observed_floats(&bench.parameters) * sizeof *one);
        omp_set_num_threads(threads);
        bench_clear(&bench);
    }
}

/* A diverged network must be seen, in the result and in what is observed. */
static void a_nan_passes(void **state)
{
    (void)state;
    for (int training = 0; training < 2; ++training) {
        Bench bench;
        bench_init(&bench, draw_running_statistics, engine_blas(), training, NULL);
        bench.fills[0][2] = NAN;
        bench_forward(&bench);
        assert_true(isnan(net_value(bench.net, bench.pen.outputs[0])[2]));
        if (training)
            assert_true(isnan(parameters_find(&bench.parameters, "n.running_var")->observed[2]));
        bench_clear(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_norm_agrees_with_its_definition),
        cmocka_unit_test(a_norm_of_which_a_part_is_frozen_still_measures),
        cmocka_unit_test(a_frozen_norm_is_an_affine_map_of_its_buffers),
        cmocka_unit_test(batch_norm_gives_the_numbers_of_pytorch),
        cmocka_unit_test(stored_statistics_give_the_numbers_of_pytorch),
        cmocka_unit_test(running_statistics_follow_pytorch_over_passes_and_shards),
        cmocka_unit_test(the_order_in_which_shards_run_leaves_no_trace),
        cmocka_unit_test(a_pass_leaves_the_buffers_as_they_are_and_a_fold_marks_them),
        cmocka_unit_test(a_buffer_never_trains_whatever_is_set),
        cmocka_unit_test(buffers_begin_as_no_change),
        cmocka_unit_test(what_has_no_right_statistics_is_refused),
        cmocka_unit_test(a_name_is_a_buffer_or_trained),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(a_nan_passes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

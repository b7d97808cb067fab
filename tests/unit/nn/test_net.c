/* The graph: sharing, freezing, outputs anywhere, and what it refuses; gradients are compared with
 * those of naive arithmetic, see check_drawing.h. */
#include "check_drawing.h"

static NodeId conv3(Pen *pen, NodeId x, const char *name, size_t channels)
{
    return pen_convolution(pen, x, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = 3,
                                                  .kernel_w = 3,
                                                  .pad_h = 1,
                                                  .pad_w = 1,
                                                  .bias = true});
}

static NodeId standardised3(Pen *pen, NodeId x, const char *name, size_t channels, size_t stride)
{
    return pen_convolution(pen, x, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = 3,
                                                  .kernel_w = 3,
                                                  .stride = stride,
                                                  .pad_h = 1,
                                                  .pad_w = 1,
                                                  .standardised = true});
}

/* A residual unit whose parts are all read more than once. */
static void draw_residual(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 6, 5, 2});
    NodeId stem = standardised3(pen, x, "stem", 4, 1);
    NodeId tap = pen_group_norm(pen, stem, "norm", 2, true);
    NodeId branch = standardised3(pen, tap, "branch", 4, 1);
    NodeId sum = pen_add(pen, branch, stem);
    NodeId third = pen_add(pen, pen_add(pen, sum, tap), branch);
    pen_output(pen, conv3(pen, third, "head", 3));
}

/* The same parameters in three nodes, two of them of one shape, as in a recursive pyramid. */
static void draw_recursion(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 5, 5, 3});
    NodeId y = standardised3(pen, x, "unit", 3, 1);
    y = pen_group_norm(pen, y, "norm", 3, true);
    y = standardised3(pen, pen_add(pen, y, x), "unit", 3, 1);
    y = pen_group_norm(pen, y, "norm", 3, true);
    y = standardised3(pen, y, "unit", 3, 2);
    pen_output(pen, conv3(pen, conv3(pen, y, "twice", 3), "twice", 3));
}

/* Outputs that other nodes read again, with a gradient of their own. */
static void draw_outputs_in_the_middle(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){1, 6, 6, 3});
    NodeId a = conv3(pen, x, "a", 4);
    pen_output(pen, a);
    NodeId b = pen_relu(pen, a);
    pen_output(pen, b);
    NodeId c = pen_max_pool(pen, b);
    pen_output(pen, conv3(pen, c, "c", 2));
    pen_output(pen, pen_resize_bilinear(pen, c, 6, 6));
}

/* Sums of what others read before, of what others read behind it in backward, and of one thing
 * twice: where what a sum hands on may lie in one place, and where it may not. */
static void draw_sums(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 6, 5, 2});
    NodeId a = conv3(pen, x, "a", 4), b = conv3(pen, x, "b", 4);
    NodeId read[2] = {pen_relu(pen, a), pen_sigmoid(pen, b)};
    NodeId sum = pen_add(pen, a, b);
    sum = pen_add(pen, sum, sum);
    sum = pen_add(pen, sum, conv3(pen, pen_relu(pen, sum), "c", 4));
    sum = pen_add(pen, pen_add(pen, sum, read[0]), pen_add(pen, read[1], sum));
    NodeId last = conv3(pen, pen_group_norm(pen, sum, "norm", 2, true), "d", 4);
    pen_output(pen, conv3(pen, pen_add(pen, sum, last), "head", 3));
}

/* Every operation in one graph, about as the detector joins them. */
static void draw_everything(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 9, 9, 3});
    NodeId stem = pen_max_pool(pen, standardised3(pen, x, "stem", 4, 2));
    NodeId tap = pen_group_norm(pen, stem, "tap", 2, true);
    NodeId deep = standardised3(pen, tap, "deep", 4, 2);
    NodeId top = conv3(pen, deep, "lateral", 4);
    NodeId fine = pen_add(pen, conv3(pen, tap, "lateral", 4), pen_resize_nearest(pen, top, 3, 3));
    NodeId context = pen_resize_nearest(pen, pen_mean(pen, fine), 3, 3);
    NodeId parts[3] = {fine, context, pen_relu(pen, fine)};
    NodeId joined = conv3(pen, pen_concat_channels(pen, 3, parts), "join", 4);
    NodeId gate = pen_sigmoid(pen, conv3(pen, joined, "gate", 1));
    NodeId mixed = pen_blend(pen, gate, joined, fine);
    NodeId attention = pen_sigmoid(pen, conv3(pen, mixed, "attention", 4));
    NodeId first = pen_multiply(pen, mixed, attention);
    NodeId levels[2] = {conv3(pen, first, "head", 6), conv3(pen, top, "head", 6)};
    pen_output(pen, pen_concat_rows(pen, 2, levels, 3));
    pen_output(pen, pen_resize_bilinear(pen, conv3(pen, joined, "mask", 1), 7, 8));
    NodeId normed = pen_batch_norm(pen, fine, "batch", &(BatchNormSettings){.relu = true});
    const PoolSettings two = {.kernel_h = 2, .kernel_w = 2};
    NodeId pooled =
        pen_add(pen, pen_pool(pen, normed, &two, true), pen_pool(pen, normed, &two, false));
    pooled = pen_add(pen, pooled, pen_adaptive_average_pool(pen, normed, 2, 2));
    pen_output(pen, pen_linear(pen, pooled, "scores", &(LinearSettings){.outputs = 3}));
}

static void graphs_agree_with_naive_arithmetic(void **state)
{
    (void)state;
    check_drawing_everywhere(draw_residual, 2e-4);
    check_drawing_everywhere(draw_recursion, 2e-4);
    check_drawing_everywhere(draw_sums, 2e-4);
    check_drawing_everywhere(draw_outputs_in_the_middle, 2e-4);
    check_drawing_everywhere(draw_everything, 2e-4);
}

static void frozen_parameters_get_no_gradient_and_the_others_the_same(void **state)
{
    (void)state;
    static const char *const choices[][8] = {
        {"stem.weight", NULL},
        {"stem.weight", "norm.weight", "norm.bias", NULL},
        {"stem.weight", "norm.weight", NULL},
        {"norm.bias", "branch.weight", "head.weight", NULL},
        {"head.bias", NULL},
        {"stem.weight", "norm.weight", "norm.bias", "branch.weight", "head.weight", NULL},
    };
    for (size_t i = 0; i < sizeof choices / sizeof *choices; ++i) {
        check_drawing(draw_residual, engine_blas(), choices[i], 2e-4);
        if (engine_onednn())
            check_drawing(draw_residual, engine_onednn(), choices[i], 2e-4);
    }
}

static void a_net_with_everything_frozen_has_an_empty_backward_pass(void **state)
{
    (void)state;
    static const char *const all[] = {"a.weight", "a.bias", "c.weight", "c.bias", NULL};
    Bench bench;
    bench_init(&bench, draw_outputs_in_the_middle, engine_blas(), true, all);
    bench_forward(&bench);
    bench_backward(&bench);
    assert_null(net_gradient(bench.net, bench.pen.outputs[0]));
    bench_clear(&bench);
}

typedef struct {
    size_t told[16];
    float *opened[16]; /* for parameters that several nodes use */
    float seen[16];    /* first number of the gradient when told */
} Listener;

static float *open_array(void *context, size_t parameter)
{
    Listener *listener = context;
    assert_null(listener->opened[parameter]);
    assert_int_equal(listener->told[parameter], 0);
    return listener->opened[parameter] = calloc(1 << 16, sizeof(float));
}

static Status listen(void *context, size_t parameter, const float *gradient)
{
    Listener *listener = context;
    ++listener->told[parameter];
    listener->seen[parameter] = gradient[0];
    return STATUS_OK;
}

static void each_trained_parameter_is_announced_once_and_complete(void **state)
{
    (void)state;
    static const char *const frozen[] = {"norm.bias", NULL};
    Bench bench;
    bench_init(&bench, draw_recursion, engine_blas(), true, frozen);
    Listener listener = {0};
    bench_forward(&bench);
    bench_backward(&bench); /* fills the outputs' gradients */
    bench_forward(&bench);
    memcpy(net_gradient(bench.net, bench.pen.outputs[0]), bench.cotangents[0],
           shape_count(net_shape(bench.net, bench.pen.outputs[0])) * sizeof(float));
    assert_int_equal(
        net_backward(bench.net,
                     &(GradientTaker){.context = &listener, .open = open_array, .ready = listen}),
        STATUS_OK);
    for (size_t i = 0; i < bench.parameters.count; ++i) {
        const Parameter *parameter = &bench.parameters.items[i];
        assert_int_equal(listener.told[i], parameter->trainable ? 1 : 0);
        if (parameter->trainable)
            assert_true(listener.seen[i] == parameter->gradient[0]);
        free(listener.opened[i]);
    }
    bench_clear(&bench);
}

static Status refuse(void *context, size_t parameter, const float *gradient)
{
    (void)context;
    (void)parameter;
    (void)gradient;
    FAIL(STATUS_LIBRARY, "told");
}

static void an_error_of_the_listener_ends_the_backward_pass(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_residual, engine_blas(), true, NULL);
    bench_forward(&bench);
    assert_int_equal(net_backward(bench.net, &(GradientTaker){.ready = refuse}), STATUS_LIBRARY);
    bench_clear(&bench);
}

static void changed_weights_are_packed_again(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_recursion, engine_blas(), false, NULL);
    bench_forward(&bench);
    Parameter *unit = parameters_find(&bench.parameters, "unit.weight");
    for (size_t i = 0; i < unit->count; ++i) {
        unit->value[i] += 0.25f * (float)(i % 5);
        bench.values[unit - bench.parameters.items][i] = (double)unit->value[i];
    }
    ++unit->version;
    bench_forward(&bench);
    bench_check_outputs(&bench, draw_recursion, 2e-6);
    bench_clear(&bench);
}

/* ---- twins ---- */

static Status run_both_ways(const Bench *bench)
{
    Net *net = bench->net;
    memcpy(net_value(net, bench->pen.inputs[0]), bench->fills[0],
           shape_count(net_shape(net, bench->pen.inputs[0])) * sizeof(float));
    TRY(net_forward(net));
    memcpy(net_gradient(net, bench->pen.outputs[0]), bench->cotangents[0],
           shape_count(net_shape(net, bench->pen.outputs[0])) * sizeof(float));
    return net_backward(net, NULL);
}

/* The net and its twin at the same time, with the weights' version that each has packed a part of.
 */
static void check_twin(const Engine *engine)
{
    Bench bench, twin;
    float *numbers, *numbers_of_twin;
    int failed = 0;
    bench_init(&bench, draw_recursion, engine, true, NULL);
    assert_int_equal(run_both_ways(&bench), STATUS_OK);
    parameters_zero_gradients(&bench.parameters);
    twin = bench;
    assert_int_equal(parameters_twin(&bench.parameters, &twin.parameters), STATUS_OK);
    assert_int_equal(parameters_add_gradients(&twin.parameters), STATUS_OK);
    assert_int_equal(net_twin(bench.net, &twin.parameters, NULL, &twin.net), STATUS_OK);
    Parameter *unit = parameters_find(&bench.parameters, "unit.weight");
    for (size_t i = 0; i < unit->count; ++i) {
        unit->value[i] += 0.25f * (float)(i % 5);
        bench.values[unit - bench.parameters.items][i] = (double)unit->value[i];
    }
    ++unit->version;
    parameters_follow(&bench.parameters, &twin.parameters);
    atomic_size_t next = 1; /* the twin leaves the first to the net */
    assert_int_equal(net_pack_weights(twin.net, &next), STATUS_OK);
    next = 0;
    assert_int_equal(net_pack_weights(bench.net, &next), STATUS_OK);
#pragma omp parallel for num_threads(2) reduction(+ : failed)
    for (int k = 0; k < 2; ++k)
        failed += run_both_ways(k ? &twin : &bench) != STATUS_OK;
    assert_int_equal(failed, 0);
    bench_check_outputs(&twin, draw_recursion, 2e-6);
    const size_t count = bench_numbers(&bench, &numbers);
    assert_int_equal(bench_numbers(&twin, &numbers_of_twin), count);
    assert_memory_equal(numbers, numbers_of_twin, count * sizeof *numbers);
    free(numbers);
    free(numbers_of_twin);
    net_free(twin.net);
    parameters_clear(&twin.parameters);
    bench_clear(&bench);
}

static void a_twin_computes_the_same_at_the_same_time(void **state)
{
    (void)state;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    check_twin(engine_blas());
    if (engine_onednn())
        check_twin(engine_onednn());
    omp_set_num_threads(threads);
}

/* ---- recomputing ---- */

/* Residual units one after the other, with a pass over the same ones again. */
static void draw_long(Pen *pen)
{
    NodeId y = standardised3(pen, pen_input(pen, (Shape){2, 8, 8, 3}), "stem", 4, 1);
    for (size_t k = 0; k < 16; ++k) {
        char name[32];
        snprintf(name, sizeof name, "unit%zu", k % 8);
        NodeId inner = standardised3(pen, pen_relu(pen, y), name, 4, 1);
        snprintf(name, sizeof name, "norm%zu", k);
        inner = pen_group_norm(pen, inner, name, 2, true);
        snprintf(name, sizeof name, "last%zu", k);
        y = pen_add(pen, y, standardised3(pen, inner, name, 4, 1));
    }
    pen_output(pen, conv3(pen, y, "head", 3));
}

static void draw_long_again(Pen *pen)
{
    net_set_recompute(pen->net, true);
    draw_long(pen);
}

static void draw_sums_again(Pen *pen)
{
    net_set_recompute(pen->net, true);
    draw_sums(pen);
}

static void draw_everything_again(Pen *pen)
{
    net_set_recompute(pen->net, true);
    draw_everything(pen);
}

/* What two nets come to, bit by bit, and again with memory full of what was there before. Returns
 * how many times as much memory the first one takes. */
static double compare_recomputed(const Engine *engine, Drawing drawing, Drawing again)
{
    Bench kept, made;
    float *numbers[2];
    bench_init(&kept, drawing, engine, true, NULL);
    bench_init(&made, again, engine, true, NULL);
    bench_forward(&kept);
    bench_backward(&kept);
    const size_t count = bench_numbers(&kept, &numbers[0]);
    for (size_t turn = 0; turn < 2; ++turn) {
        bench_forward(&made);
        bench_backward(&made);
        assert_int_equal(bench_numbers(&made, &numbers[1]), count);
        assert_memory_equal(numbers[0], numbers[1], count * sizeof **numbers);
        free(numbers[1]);
        net_rest(made.net);
    }
    free(numbers[0]);
    const double ratio = (double)net_memory_bytes(kept.net) / (double)net_memory_bytes(made.net);
    bench_clear(&kept);
    bench_clear(&made);
    return ratio;
}

static void what_is_made_again_has_the_same_bits_in_less_memory(void **state)
{
    (void)state;
    const Engine *engines[] = {engine_blas(), engine_onednn()};
    for (size_t k = 0; k < 2 && engines[k]; ++k) {
        assert_true(compare_recomputed(engines[k], draw_long, draw_long_again) > 1.5);
        compare_recomputed(engines[k], draw_everything, draw_everything_again);
        compare_recomputed(engines[k], draw_sums, draw_sums_again);
    }
}

/* ---- refusals ---- */

static void training_on_fewer_threads_than_planned_is_refused(void **state)
{
    (void)state;
    Bench bench;
    const int threads = omp_get_max_threads();
    omp_set_num_threads(2);
    bench_init(&bench, draw_recursion, engine_blas(), true, NULL);
    omp_set_num_threads(1);
    assert_int_equal(net_forward(bench.net), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "planned for 2 threads"));
    omp_set_num_threads(threads);
    bench_clear(&bench);
}

typedef struct {
    ParameterList parameters;
    Net *net;
    NodeId input;
} Blank;

static void blank_init(Blank *blank)
{
    parameters_init(&blank->parameters);
    assert_int_equal(net_new(&blank->parameters, engine_blas(), true, &blank->net), STATUS_OK);
    blank->input = net_input(blank->net, (Shape){1, 4, 4, 6});
}

/* net_plan() must fail with a message that holds `text`. */
static void expect_refusal(Blank *blank, const char *text)
{
    assert_int_equal(net_plan(blank->net), STATUS_ARGUMENT);
    if (!strstr(status_message(), text))
        fail_msg("\"%s\" does not hold \"%s\"", status_message(), text);
    net_free(blank->net);
    parameters_clear(&blank->parameters);
}

static const ConvolutionSettings one_by_one = {.output_channels = 6, .kernel_h = 1, .kernel_w = 1};

static void what_cannot_be_built_is_refused_with_its_name(void **state)
{
    (void)state;
    Blank b;
    blank_init(&b);
    net_output(b.net, net_group_norm(b.net, b.input, "norm", 4, true));
    expect_refusal(&b, "norm: 6 channels cannot be cut into 4 groups");

    blank_init(&b);
    net_output(b.net, net_add(b.net, b.input, net_max_pool(b.net, b.input)));
    expect_refusal(&b, "add");

    blank_init(&b);
    NodeId maps[9] = {b.input, net_mean(b.net, b.input)};
    net_output(b.net, net_concat_channels(b.net, 2, maps));
    expect_refusal(&b, "concat_channels");

    blank_init(&b);
    for (size_t i = 0; i < 9; ++i)
        maps[i] = b.input;
    net_output(b.net, net_concat_channels(b.net, 9, maps));
    expect_refusal(&b, "at most 8");

    blank_init(&b);
    net_output(b.net, net_concat_rows(b.net, 1, maps, 4));
    expect_refusal(&b, "rows of 4");

    blank_init(&b);
    net_output(b.net, net_concat_rows(b.net, 1, maps, 0));
    expect_refusal(&b, "rows of 0");

    blank_init(&b);
    net_output(b.net, net_convolution(b.net, b.input, "wide",
                                      &(ConvolutionSettings){
                                          .output_channels = 1, .kernel_h = 5, .kernel_w = 3}));
    expect_refusal(&b, "wide");

    blank_init(&b);
    NodeId x = net_convolution(b.net, b.input, "shared", &one_by_one);
    ConvolutionSettings other = one_by_one;
    other.output_channels = 3;
    net_output(b.net, net_convolution(b.net, x, "shared", &other));
    expect_refusal(&b, "shared.weight");

    blank_init(&b);
    x = net_convolution(b.net, b.input, "shared", &one_by_one);
    other = one_by_one;
    other.standardised = true;
    net_output(b.net, net_convolution(b.net, x, "shared", &other));
    expect_refusal(&b, "shared.weight is used both standardised and plain");
}

static void a_trained_node_that_leads_nowhere_is_refused(void **state)
{
    (void)state;
    Blank b;
    blank_init(&b);
    NodeId x = net_convolution(b.net, b.input, "lost", &one_by_one);
    net_output(b.net, net_relu(b.net, x));
    net_sigmoid(b.net, x);
    expect_refusal(&b, "sigmoid");

    blank_init(&b);
    net_convolution(b.net, b.input, "lost", &one_by_one);
    expect_refusal(&b, "lost.weight");
}

static void the_first_error_of_building_is_the_one_told(void **state)
{
    (void)state;
    Blank b;
    blank_init(&b);
    NodeId x = net_group_norm(b.net, b.input, "first", 4, true);
    x = net_group_norm(b.net, x, "second", 5, true);
    net_output(b.net, net_relu(b.net, x));
    expect_refusal(&b, "first");
}

static void backward_without_gradient_buffers_is_refused(void **state)
{
    (void)state;
    Blank b;
    blank_init(&b);
    net_output(b.net, net_convolution(b.net, b.input, "c", &one_by_one));
    assert_int_equal(net_plan(b.net), STATUS_OK);
    assert_int_equal(net_forward(b.net), STATUS_OK);
    assert_int_equal(net_backward(b.net, NULL), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "c.weight"));
    net_free(b.net);
    parameters_clear(&b.parameters);
}

static void build_everything(ParameterList *parameters, Status *status)
{
    Net *net;
    *status = net_new(parameters, engine_blas(), true, &net);
    if (*status != STATUS_OK)
        return;
    Pen pen = {.net = net, .parameters = parameters};
    draw_everything(&pen);
    *status = net_plan(net);
    if (*status == STATUS_OK) {
        ParameterList own;
        Net *twin = NULL;
        *status = parameters_twin(parameters, &own);
        if (*status == STATUS_OK)
            *status = net_twin(net, &own, NULL, &twin);
        net_free(twin);
        parameters_clear(&own);
    }
    net_free(net);
}

/* Each allocation fails once; the net must say so and free what it has (the address sanitizer
 * watches). */
static void every_failed_allocation_is_reported(void **state)
{
    (void)state;
    Status status = STATUS_NO_MEMORY;
    long successes = 0;
    for (; status != STATUS_OK && successes < 1000; ++successes) {
        ParameterList parameters;
        parameters_init(&parameters);
        memory_fail_after(successes);
        build_everything(&parameters, &status);
        memory_fail_after(-1);
        parameters_clear(&parameters);
        assert_true(status == STATUS_OK || status == STATUS_NO_MEMORY);
    }
    assert_int_equal(status, STATUS_OK);
    assert_true(successes > 20);
}

/* 6 x 5 pixels from 2 to 4 channels, 3 x 3: the figures of one node, and the seconds of a pass. */
static void nodes_tell_what_they_cost(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_residual, engine_blas(), true, NULL);
    const Net *net = bench.net;
    double macs = 0, seconds = 0;
    size_t convolutions = 0;
    assert_int_equal(net_time_nodes(bench.net), STATUS_OK);
    bench_forward(&bench);
    bench_backward(&bench);
    for (size_t i = 0; i < net_node_count(net); ++i) {
        NodeCost cost = net_node_cost(net, i);
        macs += cost.macs;
        seconds += cost.forward_seconds + cost.backward_seconds;
        if (strcmp(cost.parameter, "stem.weight") == 0) {
            assert_string_equal(cost.operation, "convolution");
            assert_near(cost.macs, 2 * 6 * 5 * 4 * (2 * 3 * 3), 0);
            assert_int_equal(cost.kernel_h, 3);
            assert_int_equal(cost.input_channels, 2);
            assert_true(cost.forward_seconds > 0 && cost.backward_seconds > 0);
        }
        convolutions += cost.macs > 0;
    }
    assert_int_equal(convolutions, 3);
    assert_near(net_forward_macs(net), macs, 0);
    assert_true(seconds > 0 && net_packing_seconds(net) > 0);
    assert_true(net_memory_bytes(net) > 2 * 6 * 5 * 4 * sizeof(float));
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(graphs_agree_with_naive_arithmetic),
        cmocka_unit_test(frozen_parameters_get_no_gradient_and_the_others_the_same),
        cmocka_unit_test(a_net_with_everything_frozen_has_an_empty_backward_pass),
        cmocka_unit_test(each_trained_parameter_is_announced_once_and_complete),
        cmocka_unit_test(an_error_of_the_listener_ends_the_backward_pass),
        cmocka_unit_test(changed_weights_are_packed_again),
        cmocka_unit_test(a_twin_computes_the_same_at_the_same_time),
        cmocka_unit_test(what_is_made_again_has_the_same_bits_in_less_memory),
        cmocka_unit_test(training_on_fewer_threads_than_planned_is_refused),
        cmocka_unit_test(what_cannot_be_built_is_refused_with_its_name),
        cmocka_unit_test(a_trained_node_that_leads_nowhere_is_refused),
        cmocka_unit_test(the_first_error_of_building_is_the_one_told),
        cmocka_unit_test(backward_without_gradient_buffers_is_refused),
        cmocka_unit_test(every_failed_allocation_is_reported),
        cmocka_unit_test(nodes_tell_what_they_cost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

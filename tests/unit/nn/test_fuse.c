/* What convolutions do themselves in a net for inference (net_fuse.c): the numbers of the
 * definition, at each chain and where one must not be fused. */
#include "check_drawing.h"

static NodeId unit(Pen *pen, NodeId x, const char *name, size_t kernel, bool bias)
{
    return pen_convolution(pen, x, name,
                           &(ConvolutionSettings){.output_channels = 16,
                                                  .kernel_h = kernel,
                                                  .kernel_w = kernel,
                                                  .pad_h = kernel / 2,
                                                  .pad_w = kernel / 2,
                                                  .bias = bias});
}

static NodeId norm(Pen *pen, NodeId x, const char *name, bool relu)
{
    return pen_batch_norm(pen, x, name, &(BatchNormSettings){.epsilon = 1e-3, .relu = relu});
}

static NodeId picture(Pen *pen)
{
    return pen_input(pen, (Shape){2, 7, 5, 3});
}

static void draw_norms(Pen *pen)
{
    NodeId a = norm(pen, unit(pen, picture(pen), "a", 3, true), "an", true);
    NodeId b = pen_leaky_relu(pen, norm(pen, unit(pen, a, "b", 1, false), "bn", false));
    pen_output(pen, norm(pen, unit(pen, b, "c", 3, false), "cn", false));
}

static void draw_activations(Pen *pen)
{
    NodeId a = pen_relu(pen, unit(pen, picture(pen), "a", 3, true));
    pen_output(pen, pen_leaky_relu(pen, unit(pen, a, "b", 3, false)));
}

/* As ResNet50's: the second sum is made in the place of the first, which is in that of the
 * shortcut. */
static void draw_residuals(Pen *pen)
{
    NodeId x = picture(pen);
    NodeId main = norm(pen, unit(pen, x, "a", 3, false), "an", false);
    NodeId shortcut = norm(pen, unit(pen, x, "s", 1, false), "sn", false);
    NodeId y = pen_relu(pen, pen_add(pen, main, shortcut));
    NodeId z = norm(pen, unit(pen, y, "b", 1, false), "bn", true);
    z = norm(pen, unit(pen, z, "c", 3, true), "cn", false);
    y = pen_relu(pen, pen_add(pen, y, z));
    pen_output(pen, norm(pen, unit(pen, y, "d", 1, false), "dn", false));
}

/* Sums that would overwrite what is still read: by the convolution itself, by one whose norm comes
 * later, by a later node, by the caller; and values that somebody else reads. */
static void draw_traps(Pen *pen)
{
    NodeId x = norm(pen, unit(pen, picture(pen), "x", 1, false), "xn", false);
    NodeId own = pen_add(pen, x, norm(pen, unit(pen, x, "a", 3, false), "an", false));
    NodeId middle = norm(pen, unit(pen, own, "b", 1, false), "bn", true);
    NodeId main = unit(pen, middle, "d", 3, false);
    NodeId early = unit(pen, own, "c", 1, false);
    NodeId sum = pen_add(pen, norm(pen, main, "dn", false), own);
    NodeId late = norm(pen, early, "cn", false);
    NodeId shared = unit(pen, sum, "e", 1, true);
    NodeId twice = pen_add(pen, norm(pen, shared, "en", true), shared);
    pen_output(pen, late);
    NodeId kept = norm(pen, unit(pen, twice, "f", 1, false), "fn", false);
    pen_output(pen, kept);
    NodeId last = norm(pen, unit(pen, kept, "g", 1, false), "gn", false);
    pen_output(pen, pen_relu(pen, pen_add(pen, last, kept)));
}

/* As the recursion's passes over the first block: the same layers on the same map twice, until
 * something else comes in; and the same parameters otherwise used, or on another map. */
static void draw_repeats(Pen *pen)
{
    NodeId x = unit(pen, picture(pen), "x", 1, true), first[2], passes[2];
    for (int pass = 0; pass < 2; ++pass) {
        NodeId y = unit(pen, pen_group_norm(pen, x, "n", 4, true), "y", 3, false);
        first[pass] = pen_add(pen, y, x);
        NodeId other = pass ? unit(pen, passes[0], "o", 1, true) : x;
        passes[pass] = unit(pen, pen_add(pen, first[pass], other), "z", 1, false);
    }
    NodeId plain = unit(pen, pen_group_norm(pen, x, "n", 4, false), "y", 3, false);
    pen_output(pen, pen_add(pen, passes[1], plain));
    pen_output(pen, first[1]);
}

static void chains_agree_with_their_definition(void **state)
{
    (void)state;
    const Drawing drawings[] = {draw_norms, draw_activations, draw_residuals, draw_traps,
                                draw_repeats};
    const Engine *engines[] = {engine_blas(), engine_onednn()};
    for (size_t e = 0; e < 2 && engines[e]; ++e)
        for (size_t d = 0; d < sizeof drawings / sizeof *drawings; ++d) {
            Bench bench;
            bench_init(&bench, drawings[d], engines[e], false, NULL);
            for (int pass = 0; pass < 2; ++pass) { /* the second one over used memory */
                bench_forward(&bench);
                bench_check_outputs(&bench, drawings[d], 1e-5);
            }
            bench_clear(&bench);
        }
}

static size_t count_nodes(Drawing drawing, const char *operation)
{
    Bench bench;
    size_t found = 0;
    bench_init(&bench, drawing, engine_blas(), false, NULL);
    for (size_t i = 0; i < net_node_count(bench.net); ++i)
        found += strcmp(net_node_cost(bench.net, i).operation, operation) == 0;
    bench_clear(&bench);
    return found;
}

static void nothing_is_left_of_what_can_be_fused(void **state)
{
    (void)state;
    assert_int_equal(count_nodes(draw_norms, "batch_norm"), 0);
    assert_int_equal(count_nodes(draw_norms, "leaky_relu"), 0);
    assert_int_equal(count_nodes(draw_activations, "relu"), 0);
    assert_int_equal(count_nodes(draw_residuals, "convolution"), 5);
    assert_int_equal(count_nodes(draw_residuals, "add"), 0);
    assert_int_equal(count_nodes(draw_residuals, "relu"), 0);
    assert_int_equal(count_nodes(draw_traps, "add"), 3);
    assert_int_equal(count_nodes(draw_traps, "batch_norm"), 2);
}

static void what_is_repeated_is_computed_once(void **state)
{
    (void)state;
    assert_int_equal(count_nodes(draw_repeats, "group_norm"), 2);
    assert_int_equal(count_nodes(draw_repeats, "convolution"), 6);
}

static NodeId plain_unit(Net *net, NodeId x, const char *name, size_t kernel)
{
    return net_convolution(net, x, name,
                           &(ConvolutionSettings){.output_channels = 16,
                                                  .kernel_h = kernel,
                                                  .kernel_w = kernel,
                                                  .pad_h = kernel / 2,
                                                  .pad_w = kernel / 2});
}

/* Sums of a convolution with a shortcut that is one, too, and with maps. Returns how many are left
 * as nodes of their own; `values`: SUM_VALUES numbers. */
enum { SUM_VALUES = 2 * 7 * 5 * 16 };

static size_t run_sums(Precision precision, float *values)
{
    ParameterList parameters;
    Net *net;
    size_t left = 0;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_onednn(), false, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, precision), STATUS_OK);
    const NodeId picture = net_input(net, (Shape){2, 7, 5, 3});
    const NodeId x = plain_unit(net, picture, "x", 1), shortcut = plain_unit(net, x, "s", 1);
    NodeId y = net_add(net, plain_unit(net, x, "a", 3), shortcut);
    y = net_add(net, y, plain_unit(net, net_group_norm(net, y, "n", 4, true), "b", 3));
    const NodeId output = net_output(net, net_add(net, y, plain_unit(net, x, "c", 1)));
    assert_int_equal(net_plan(net), STATUS_OK);
    parameters_randomise(&parameters, 1);
    float *input = bench_random(2 * 7 * 5 * 3, "input", 0);
    memcpy(net_value(net, picture), input, 2 * 7 * 5 * 3 * sizeof *input);
    assert_int_equal(net_forward(net), STATUS_OK);
    memcpy(values, net_value(net, output), SUM_VALUES * sizeof *values);
    for (size_t i = 0; i < net_node_count(net); ++i)
        left += strcmp(net_node_cost(net, i).operation, "add") == 0;
    free(input);
    net_free(net);
    parameters_clear(&parameters);
    return left;
}

static void sums_without_a_norm_are_fused_in_bfloat16_alone(void **state)
{
    (void)state;
    static float single[SUM_VALUES], half[SUM_VALUES];
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    assert_int_equal(run_sums(PRECISION_F32, single), 3);
    assert_int_equal(run_sums(PRECISION_BF16, half), 0);
    double error = 0, size = 0;
    for (size_t i = 0; i < SUM_VALUES; ++i) {
        error += pow((double)half[i] - (double)single[i], 2);
        size += pow((double)single[i], 2);
    }
    assert_true(sqrt(error / size) < 0.01);
}

/* As one that trains meets it between two validations. */
static void every_changed_parameter_is_folded_anew(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_norms, engine_blas(), false, NULL);
    bench_forward(&bench);
    for (size_t i = 0; i < bench.parameters.count; ++i) {
        Parameter *parameter = &bench.parameters.items[i];
        parameter->value[1] += 0.5F;
        bench.values[i][1] = (double)parameter->value[1];
        ++parameter->version;
        bench_forward(&bench);
        bench_check_outputs(&bench, draw_norms, 2e-5);
    }
    bench_clear(&bench);
}

/* The same two convolutions; marked as outputs, they are left alone. */
static void draw_unfused(Pen *pen)
{
    NodeId a = unit(pen, picture(pen), "a", 3, true);
    NodeId b = unit(pen, pen_relu(pen, a), "b", 3, false);
    pen_output(pen, pen_leaky_relu(pen, b));
    pen_output(pen, a);
    pen_output(pen, b);
}

static void an_activation_without_a_norm_keeps_every_bit(void **state)
{
    (void)state;
    const Engine *engines[] = {engine_blas(), engine_onednn()};
    for (size_t e = 0; e < 2 && engines[e]; ++e) {
        Bench fused, plain;
        bench_init(&fused, draw_activations, engines[e], false, NULL);
        bench_init(&plain, draw_unfused, engines[e], false, NULL);
        bench_forward(&fused);
        bench_forward(&plain);
        NodeId outputs[] = {fused.pen.outputs[0], plain.pen.outputs[0]};
        assert_memory_equal(net_value(fused.net, outputs[0]), net_value(plain.net, outputs[1]),
                            shape_count(net_shape(fused.net, outputs[0])) * sizeof(float));
        bench_clear(&fused);
        bench_clear(&plain);
    }
}

/* A diverged network must be seen at its outputs: oneDNN's own ReLU would make it zero. */
static void a_nan_passes_every_chain(void **state)
{
    (void)state;
    const Engine *engines[] = {engine_blas(), engine_onednn()};
    const Drawing drawings[] = {draw_norms, draw_activations, draw_residuals};
    for (size_t e = 0; e < 2 && engines[e]; ++e)
        for (size_t d = 0; d < 3; ++d) {
            Bench bench;
            bench_init(&bench, drawings[d], engines[e], false, NULL);
            bench.fills[0][7] = NAN;
            bench_forward(&bench);
            assert_true(isnan(net_value(bench.net, bench.pen.outputs[0])[0]));
            bench_clear(&bench);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chains_agree_with_their_definition),
        cmocka_unit_test(nothing_is_left_of_what_can_be_fused),
        cmocka_unit_test(what_is_repeated_is_computed_once),
        cmocka_unit_test(sums_without_a_norm_are_fused_in_bfloat16_alone),
        cmocka_unit_test(every_changed_parameter_is_folded_anew),
        cmocka_unit_test(an_activation_without_a_norm_keeps_every_bit),
        cmocka_unit_test(a_nan_passes_every_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each operation, forward against naive double-precision arithmetic and backward against its
 * central differences (see check_drawing.h), and both against PyTorch (golden/operations.h5). */
#include "golden_graph.h"

/* ---- convolution ---- */

static void draw_plain_convolution(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 5, 7, 3});
    pen_output(pen, pen_convolution(pen, x, "c",
                                    &(ConvolutionSettings){.output_channels = 4,
                                                           .kernel_h = 3,
                                                           .kernel_w = 3,
                                                           .stride = 2,
                                                           .pad_h = 1,
                                                           .pad_w = 1,
                                                           .bias = true}));
}

static void draw_standardised_convolution(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){1, 7, 6, 2});
    pen_output(pen, pen_convolution(pen, x, "c",
                                    &(ConvolutionSettings){.output_channels = 3,
                                                           .kernel_h = 3,
                                                           .kernel_w = 5,
                                                           .dilation = 2,
                                                           .pad_h = 2,
                                                           .pad_w = 4,
                                                           .standardised = true}));
}

static void draw_standardised_with_bias(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 3, 3, 5});
    pen_output(pen, pen_convolution(pen, x, "c",
                                    &(ConvolutionSettings){.output_channels = 2,
                                                           .kernel_h = 1,
                                                           .kernel_w = 1,
                                                           .bias = true,
                                                           .standardised = true}));
}

static void draw_dilated_on_one_pixel(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){3, 1, 1, 1});
    pen_output(pen, pen_convolution(pen, x, "c",
                                    &(ConvolutionSettings){.output_channels = 1,
                                                           .kernel_h = 3,
                                                           .kernel_w = 3,
                                                           .dilation = 6,
                                                           .pad_h = 6,
                                                           .pad_w = 6,
                                                           .bias = true}));
}

static void draw_wide_1x1(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){1, 3, 4, 33});
    pen_output(
        pen,
        pen_convolution(
            pen, x, "c",
            &(ConvolutionSettings){
                .output_channels = 17, .kernel_h = 1, .kernel_w = 1, .stride = 2, .bias = true}));
}

static void draw_stem(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 9, 11, 3});
    pen_output(pen, pen_convolution(pen, x, "c",
                                    &(ConvolutionSettings){.output_channels = 5,
                                                           .kernel_h = 7,
                                                           .kernel_w = 7,
                                                           .stride = 2,
                                                           .pad_h = 3,
                                                           .pad_w = 3,
                                                           .standardised = true}));
}

static void draw_rows_and_columns(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){1, 5, 4, 2});
    x = pen_convolution(
        pen, x, "row",
        &(ConvolutionSettings){.output_channels = 3, .kernel_h = 1, .kernel_w = 7, .pad_w = 3});
    pen_output(
        pen, pen_convolution(pen, x, "column",
                             &(ConvolutionSettings){
                                 .output_channels = 2, .kernel_h = 7, .kernel_w = 1, .pad_h = 3}));
}

static void draw_dilation_beyond_the_map(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){1, 4, 3, 1});
    pen_output(pen, pen_convolution(pen, x, "c",
                                    &(ConvolutionSettings){.output_channels = 1,
                                                           .kernel_h = 3,
                                                           .kernel_w = 3,
                                                           .dilation = 7,
                                                           .pad_h = 7,
                                                           .pad_w = 7}));
}

static void draw_last_three_to_one(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 3, 3, 4});
    pen_output(pen, pen_convolution(
                        pen, x, "c",
                        &(ConvolutionSettings){
                            .output_channels = 6, .kernel_h = 3, .kernel_w = 3, .bias = true}));
}

static void convolution_agrees_with_the_naive_loops(void **state)
{
    (void)state;
    check_drawing_everywhere(draw_plain_convolution, 1e-5);
    check_drawing_everywhere(draw_standardised_convolution, 1e-5);
    check_drawing_everywhere(draw_standardised_with_bias, 1e-5);
    check_drawing_everywhere(draw_dilated_on_one_pixel, 1e-5);
    check_drawing_everywhere(draw_wide_1x1, 1e-5);
    check_drawing_everywhere(draw_stem, 1e-5);
    check_drawing_everywhere(draw_rows_and_columns, 1e-5);
    check_drawing_everywhere(draw_dilation_beyond_the_map, 1e-5);
    check_drawing_everywhere(draw_last_three_to_one, 1e-5);
}

/* ---- linear layers ---- */

static void draw_linear(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){3, 1, 1, 7});
    pen_output(pen, pen_linear(pen, x, "l", &(LinearSettings){.outputs = 5}));
}

/* The weights' order is that of PyTorch's flattened C x H x W. */
static void draw_linear_of_a_map(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 3, 2, 5});
    pen_output(pen, pen_linear(pen, x, "l", &(LinearSettings){.outputs = 4}));
}

static void draw_linear_without_bias(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 2, 2, 3});
    x = pen_linear(pen, x, "first", &(LinearSettings){.outputs = 3, .no_bias = true});
    pen_output(pen, pen_linear(pen, x, "second", &(LinearSettings){.outputs = 2}));
}

static void linear_layers_agree_with_the_naive_loops(void **state)
{
    (void)state;
    check_drawing_everywhere(draw_linear, 1e-5);
    check_drawing_everywhere(draw_linear_of_a_map, 1e-5);
    check_drawing_everywhere(draw_linear_without_bias, 1e-5);
}

/* ---- group normalisation ---- */

static void draw_group_norm(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 5, 3, 6});
    pen_output(pen, pen_group_norm(pen, x, "n", 3, false));
}

static void draw_group_norm_relu(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 5, 3, 6});
    pen_output(pen, pen_group_norm(pen, x, "n", 2, true));
}

static void draw_instance_norm(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 4, 5, 5});
    pen_output(pen, pen_group_norm(pen, x, "n", 5, true));
}

static void draw_layer_norm_of_one_pixel(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){3, 1, 1, 8});
    pen_output(pen, pen_group_norm(pen, x, "n", 1, false));
}

/* More pixels than one chunk of the sums, and a last chunk that is not full. */
static void draw_group_norm_over_chunks(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){1, 12, 11, 2});
    pen_output(pen, pen_group_norm(pen, x, "n", 1, true));
}

static void group_norm_agrees_with_its_definition(void **state)
{
    (void)state;
    check_drawing(draw_group_norm, engine_blas(), NULL, 1e-5);
    check_drawing(draw_group_norm_relu, engine_blas(), NULL, 1e-5);
    check_drawing(draw_instance_norm, engine_blas(), NULL, 1e-5);
    check_drawing(draw_layer_norm_of_one_pixel, engine_blas(), NULL, 1e-5);
    check_drawing(draw_group_norm_over_chunks, engine_blas(), NULL, 1e-5);
}

static void draw_norm_of_input(Pen *pen)
{
    pen_output(pen, pen_group_norm(pen, pen_input(pen, (Shape){2, 30, 30, 4}), "n", 2, false));
}

/* One group of one number: the result is the bias, whatever the number. */
static void group_norm_of_a_single_number_is_the_bias(void **state)
{
    (void)state;
    ParameterList parameters;
    Net *net;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), true, &net), STATUS_OK);
    NodeId x = net_input(net, (Shape){1, 1, 1, 3});
    NodeId y = net_group_norm(net, x, "n", 3, false);
    net_output(net, y);
    assert_int_equal(net_plan(net), STATUS_OK);
    for (size_t c = 0; c < 3; ++c) {
        net_value(net, x)[c] = 1000 * (float)c;
        parameters_find(&parameters, "n.weight")->value[c] = 2;
        parameters_find(&parameters, "n.bias")->value[c] = (float)c - 1;
    }
    assert_int_equal(net_forward(net), STATUS_OK);
    for (size_t c = 0; c < 3; ++c)
        assert_near(net_value(net, y)[c], (double)c - 1, 1e-3);
    net_free(net);
    parameters_clear(&parameters);
}

/* A mean a thousand deviations away costs no more than its own rounding, 3e-5 of a deviation. */
static void group_norm_survives_a_large_mean(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_norm_of_input, engine_blas(), true, NULL);
    for (size_t i = 0; i < 2 * 30 * 30 * 4; ++i)
        bench.fills[0][i] = 1000 + bench.fills[0][i];
    bench_forward(&bench);
    bench_check_outputs(&bench, draw_norm_of_input, 5e-5);
    bench_backward(&bench);
    bench_check_gradients(&bench, draw_norm_of_input, 5e-5);
    bench_clear(&bench);
}

/* ---- number by number ---- */

static void draw_elementwise(Pen *pen)
{
    Shape shape = {2, 3, 5, 3};
    NodeId a = pen_variable(pen, "a", shape), b = pen_variable(pen, "b", shape);
    pen_output(pen, pen_relu(pen, a));
    pen_output(pen, pen_sigmoid(pen, b));
    pen_output(pen, pen_add(pen, a, b));
    pen_output(pen, pen_multiply(pen, a, b));
}

static void draw_leaky_relu(Pen *pen)
{
    pen_output(pen, pen_leaky_relu(pen, pen_variable(pen, "a", (Shape){2, 3, 5, 3})));
}

static void draw_same_twice(Pen *pen)
{
    NodeId a = pen_variable(pen, "a", (Shape){1, 3, 3, 5});
    pen_output(pen, pen_add(pen, a, a));
    pen_output(pen, pen_multiply(pen, a, a));
    NodeId g = pen_variable(pen, "g", (Shape){1, 4, 1, 1});
    pen_output(pen, pen_blend(pen, g, g, g));
    NodeId pair[3] = {a, a, a};
    pen_output(pen, pen_concat_channels(pen, 3, pair));
    pen_output(pen, pen_concat_rows(pen, 3, pair, 5));
}

static void draw_half_constant(Pen *pen)
{
    NodeId a = pen_variable(pen, "a", (Shape){1, 3, 3, 5});
    NodeId x = pen_input(pen, (Shape){1, 3, 3, 5}), g = pen_input(pen, (Shape){1, 3, 3, 1});
    pen_output(pen, pen_add(pen, x, a));
    pen_output(pen, pen_multiply(pen, x, a));
    pen_output(pen, pen_multiply(pen, a, x));
    pen_output(pen, pen_blend(pen, g, x, a));
    pen_output(pen, pen_blend(pen, g, a, x));
    NodeId both[2] = {x, a};
    pen_output(pen, pen_concat_channels(pen, 2, both));
}

static void draw_blend(Pen *pen)
{
    Shape shape = {2, 3, 4, 3};
    NodeId gate = pen_sigmoid(pen, pen_variable(pen, "g", (Shape){2, 3, 4, 1}));
    pen_output(pen,
               pen_blend(pen, gate, pen_variable(pen, "a", shape), pen_variable(pen, "b", shape)));
}

static void elementwise_operations_agree_with_their_definitions(void **state)
{
    (void)state;
    check_drawing(draw_elementwise, engine_blas(), NULL, 1e-5);
    check_drawing(draw_leaky_relu, engine_blas(), NULL, 1e-5);
    check_drawing(draw_same_twice, engine_blas(), NULL, 1e-5);
    check_drawing(draw_half_constant, engine_blas(), NULL, 1e-5);
    check_drawing(draw_blend, engine_blas(), NULL, 1e-5);
}

/* ---- resizing ---- */

static void draw_nearest(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 3, 4, 3});
    pen_output(pen, pen_resize_nearest(pen, x, 7, 5));
    pen_output(pen, pen_resize_nearest(pen, x, 6, 8));
    pen_output(pen, pen_resize_nearest(pen, x, 2, 3));
    pen_output(pen, pen_resize_nearest(pen, pen_variable(pen, "y", (Shape){2, 1, 1, 3}), 3, 5));
}

static void draw_bilinear(Pen *pen)
{
    NodeId x = pen_variable(pen, "x", (Shape){2, 3, 4, 3});
    pen_output(pen, pen_resize_bilinear(pen, x, 7, 5));
    pen_output(pen, pen_resize_bilinear(pen, x, 6, 8));
    pen_output(pen, pen_resize_bilinear(pen, x, 3, 4));
    pen_output(pen, pen_resize_bilinear(pen, pen_variable(pen, "y", (Shape){2, 1, 1, 3}), 3, 5));
    pen_output(pen, pen_resize_bilinear(pen, pen_variable(pen, "z", (Shape){1, 1, 3, 37}), 2, 11));
}

static void resizing_agrees_with_its_definition(void **state)
{
    (void)state;
    check_drawing(draw_nearest, engine_blas(), NULL, 1e-5);
    check_drawing(draw_bilinear, engine_blas(), NULL, 1e-5);
}

/* ---- concatenation ---- */

static void draw_concat(Pen *pen)
{
    NodeId maps[3] = {pen_variable(pen, "a", (Shape){2, 3, 2, 4}),
                      pen_variable(pen, "b", (Shape){2, 3, 2, 1}),
                      pen_variable(pen, "c", (Shape){2, 3, 2, 7})};
    pen_output(pen, pen_concat_channels(pen, 3, maps));
    NodeId levels[3] = {pen_variable(pen, "d", (Shape){2, 3, 3, 8}),
                        pen_variable(pen, "e", (Shape){2, 2, 1, 4}),
                        pen_variable(pen, "f", (Shape){2, 1, 1, 12})};
    pen_output(pen, pen_concat_rows(pen, 3, levels, 4));
}

static void concatenation_agrees_with_its_definition(void **state)
{
    (void)state;
    check_drawing(draw_concat, engine_blas(), NULL, 1e-5);
}

/* ---- what must hold for all of them ---- */

static void all_operations_give_the_numbers_of_pytorch(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        Drawing drawing;
    } cases[] = {
        {"plain_convolution", draw_plain_convolution},
        {"standardised_convolution", draw_standardised_convolution},
        {"standardised_with_bias", draw_standardised_with_bias},
        {"dilated_on_one_pixel", draw_dilated_on_one_pixel},
        {"wide_1x1", draw_wide_1x1},
        {"stem", draw_stem},
        {"rows_and_columns", draw_rows_and_columns},
        {"dilation_beyond_the_map", draw_dilation_beyond_the_map},
        {"last_three_to_one", draw_last_three_to_one},
        {"group_norm", draw_group_norm},
        {"group_norm_relu", draw_group_norm_relu},
        {"instance_norm", draw_instance_norm},
        {"layer_norm_of_one_pixel", draw_layer_norm_of_one_pixel},
        {"group_norm_over_chunks", draw_group_norm_over_chunks},
        {"elementwise", draw_elementwise},
        {"leaky_relu", draw_leaky_relu},
        {"same_twice", draw_same_twice},
        {"blend", draw_blend},
        {"nearest", draw_nearest},
        {"bilinear", draw_bilinear},
        {"concat", draw_concat},
        {"linear", draw_linear},
        {"linear_of_a_map", draw_linear_of_a_map},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        check_golden("golden/operations.h5", cases[i].name, cases[i].drawing, 1e-5, 1e-5);
}

/* A one-hot variable is exact in any order of summation, so these drawings have one right answer
 * in bits. */
static void results_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    static const Drawing drawings[] = {draw_group_norm_relu, draw_group_norm_over_chunks,
                                       draw_elementwise,     draw_same_twice,
                                       draw_blend,           draw_nearest,
                                       draw_bilinear,        draw_concat,
                                       draw_norm_of_input};
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; ++i) {
        Bench bench;
        int threads = omp_get_max_threads();
        omp_set_num_threads(1);
        bench_init(&bench, drawings[i], engine_blas(), true, NULL);
        bench_forward(&bench);
        bench_backward(&bench);
        bench_check_again(&bench, 3);
        bench_check_again(&bench, 4);
        omp_set_num_threads(threads);
        bench_clear(&bench);
    }
}

static void draw_nan_trap(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){1, 4, 4, 4});
    pen_output(pen, pen_relu(pen, x));
    pen_output(pen, pen_leaky_relu(pen, x));
    pen_output(pen, pen_max_pool(pen, x));
    pen_output(pen, pen_sigmoid(pen, x));
    pen_output(pen, pen_group_norm(pen, x, "n", 1, true));
    pen_output(pen, pen_resize_bilinear(pen, x, 5, 5));
    pen_output(pen, pen_mean(pen, x));
}

/* A diverged network must be seen at its outputs, not be masked by a comparison. */
static void no_operation_swallows_a_nan(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_nan_trap, engine_blas(), false, NULL);
    bench.fills[0][21] = NAN;
    bench_forward(&bench);
    for (size_t k = 0; k < bench.pen.output_count; ++k) {
        NodeId output = bench.pen.outputs[k];
        size_t nans = 0;
        for (size_t i = 0; i < shape_count(net_shape(bench.net, output)); ++i)
            nans += isnan(net_value(bench.net, output)[i]) != 0;
        if (nans == 0)
            fail_msg("output %zu hides the NaN", k);
    }
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_agrees_with_the_naive_loops),
        cmocka_unit_test(linear_layers_agree_with_the_naive_loops),
        cmocka_unit_test(group_norm_agrees_with_its_definition),
        cmocka_unit_test(group_norm_of_a_single_number_is_the_bias),
        cmocka_unit_test(group_norm_survives_a_large_mean),
        cmocka_unit_test(elementwise_operations_agree_with_their_definitions),
        cmocka_unit_test(resizing_agrees_with_its_definition),
        cmocka_unit_test(concatenation_agrees_with_its_definition),
        cmocka_unit_test(all_operations_give_the_numbers_of_pytorch),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(no_operation_swallows_a_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

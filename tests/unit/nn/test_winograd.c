/* Winograd's convolution in nets: against the definition, with what is done on the
 * way out; which shapes have it; that neither threads nor blocks nor neighbours show in the bits.
 */
#include "check_drawing.h"

#include "nn/engines/winograd.h"

static NodeId three(Pen *pen, NodeId x, const char *name, size_t channels, size_t pad, bool bias)
{
    return pen_convolution(pen, x, name,
                           &(ConvolutionSettings){.output_channels = channels,
                                                  .kernel_h = 3,
                                                  .kernel_w = 3,
                                                  .pad_h = pad,
                                                  .pad_w = 1,
                                                  .bias = bias});
}

/* Tiles that reach over the map's end on one side, on both, and not. */
static void draw_chain(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 17, 16, 32});
    NodeId y = pen_relu(pen, three(pen, x, "a", 48, 1, true));
    y = pen_leaky_relu(pen, three(pen, y, "b", 32, 0, false));
    NodeId z = pen_batch_norm(pen, three(pen, y, "c", 32, 1, false), "cn", &(BatchNormSettings){0});
    pen_output(pen, pen_relu(pen, pen_add(pen, y, z)));
}

/* Sums of different signs from a smaller residual; in more than one block. */
static void draw_residual(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){2, 36, 33, 32});
    NodeId shortcut = pen_convolution(
        pen, x, "s", &(ConvolutionSettings){.output_channels = 32, .kernel_h = 1, .kernel_w = 1});
    NodeId y = pen_batch_norm(pen, three(pen, x, "a", 32, 1, true), "n", &(BatchNormSettings){0});
    pen_output(pen, pen_relu(pen, pen_add(pen, y, shortcut)));
}

static void results_agree_with_the_definition(void **state)
{
    (void)state;
    const Drawing drawings[] = {draw_chain, draw_residual};
    for (size_t d = 0; d < 2; ++d) {
        Bench bench;
        bench_init(&bench, drawings[d], engine_blas(), false, NULL);
        for (int pass = 0; pass < 2; ++pass) {
            bench_forward(&bench);
            bench_check_outputs(&bench, drawings[d], 5e-6);
        }
        bench_clear(&bench);
    }
}

static void threads_leave_no_trace(void **state)
{
    (void)state;
    int threads = omp_get_max_threads();
    float *numbers[2];
    size_t count = 0;
    for (int run = 0; run < 2; ++run) {
        Bench bench;
        omp_set_num_threads(run ? 3 : 1);
        bench_init(&bench, draw_residual, engine_blas(), false, NULL);
        bench_forward(&bench);
        count = bench_numbers(&bench, &numbers[run]);
        bench_clear(&bench);
    }
    omp_set_num_threads(threads);
    assert_memory_equal(numbers[0], numbers[1], count * sizeof(float));
    free(numbers[0]);
    free(numbers[1]);
}

static void a_nan_passes(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_chain, engine_blas(), false, NULL);
    bench.fills[0][0] = NAN;
    bench_forward(&bench);
    assert_true(isnan(net_value(bench.net, bench.pen.outputs[0])[0]));
    bench_clear(&bench);
}

static ConvolutionShape shape_of(size_t channels, size_t outputs, size_t side)
{
    return (ConvolutionShape){.input = {1, side, side, channels},
                              .output_channels = outputs,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .stride = 1,
                              .pad_h = 1,
                              .pad_w = 1,
                              .dilation = 1};
}

static void the_rule_follows_from_the_shape(void **state)
{
    (void)state;
    ConvolutionShape shape = shape_of(64, 64, 224);
    assert_true(winograd_fits(&shape));
    assert_false(engine_winograd()->has_half());
    char text[ENGINE_VERSION_BYTES];
    engine_winograd()->version(text);
    assert_string_equal(text, "F(4x4, 3x3)");
    shape.half = true;
    assert_false(winograd_fits(&shape));
    shape.half = false;
    shape.input.n = 8; /* the batch does not matter */
    assert_true(winograd_fits(&shape));
    const ConvolutionShape refused[] = {shape_of(3, 64, 224), shape_of(64, 24, 224),
                                        shape_of(16, 64, 224), shape_of(512, 512, 13),
                                        shape_of(512, 512, 10)};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; ++i)
        assert_false(winograd_fits(&refused[i]));
    const ConvolutionShape taken[] = {shape_of(512, 512, 14), shape_of(1024, 1024, 19)};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; ++i)
        assert_true(winograd_fits(&taken[i]));
    shape.stride = 2;
    assert_false(winograd_fits(&shape));
    shape = shape_of(512, 512, 19);
    assert_true(winograd_trains(&shape));
    shape = shape_of(1024, 512, 19); /* too many weights */
    assert_false(winograd_trains(&shape));
}

/* The gradients too. */
static void threads_leave_no_trace_in_training(void **state)
{
    (void)state;
    Bench bench;
    int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    bench_init(&bench, draw_chain, engine_blas(), true, NULL);
    bench_forward(&bench);
    bench_check_outputs(&bench, draw_chain, 5e-6);
    bench_backward(&bench);
    bench_check_again(&bench, 3);
    omp_set_num_threads(threads);
    bench_clear(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_agree_with_the_definition),
        cmocka_unit_test(threads_leave_no_trace),
        cmocka_unit_test(a_nan_passes),
        cmocka_unit_test(the_rule_follows_from_the_shape),
        cmocka_unit_test(threads_leave_no_trace_in_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

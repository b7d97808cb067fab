/* Pools: maxima and means over windows, against naive arithmetic and PyTorch. */
#include "golden_graph.h"

#include <math.h>
#include <string.h>

#include "base/memory.h"
#include "nn/node.h"

/* ---- BiT's maximum, and the mean ---- */

static void draw_pools(Pen *pen)
{
    static const Shape shapes[] = {
        {2, 5, 5, 3}, {1, 6, 4, 2}, {1, 1, 1, 4}, {1, 2, 7, 1}, {2, 1, 2, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
        NodeId x = pen_variable(pen, (const char *[]){"a", "b", "c", "d", "e"}[i], shapes[i]);
        pen_output(pen, pen_max_pool(pen, x));
        pen_output(pen, pen_mean(pen, x));
    }
}

static void pooling_agrees_with_its_definition(void **state)
{
    (void)state;
    check_drawing(draw_pools, engine_blas(), NULL, 1e-5);
}

static void draw_pool_of_input(Pen *pen)
{
    pen_output(pen, pen_max_pool(pen, pen_input(pen, (Shape){1, 3, 3, 1})));
}

/* The border is zeros, not minus infinity: negative corners lose against it. */
static void max_pool_has_a_border_of_zeros(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_pool_of_input, engine_blas(), false, NULL);
    for (size_t i = 0; i < 9; ++i)
        bench.fills[0][i] = -1 - (float)i;
    bench.fills[0][8] = 5;
    bench_forward(&bench);
    static const float expected[4] = {0, 0, 0, 5};
    for (size_t i = 0; i < 4; ++i)
        assert_true(net_value(bench.net, bench.pen.outputs[0])[i] == expected[i]);
    bench_clear(&bench);
}

/* ---- windows of any size; the settings are those of tests/golden/operations.py ---- */

typedef struct {
    Shape shape;
    PoolSettings settings;
} PoolCase;

static void draw_cases(Pen *pen, size_t count, const PoolCase *cases, bool maximum)
{
    for (size_t i = 0; i < count; ++i) {
        char name[32];
        snprintf(name, sizeof name, "x%zu", i);
        NodeId x = pen_variable(pen, name, cases[i].shape);
        pen_output(pen, pen_pool(pen, x, &cases[i].settings, maximum));
    }
}

static void draw_max_pools(Pen *pen)
{
    static const PoolCase cases[] = {
        {{2, 5, 5, 3}, {.kernel_h = 3, .kernel_w = 3, .stride = 2, .pad_h = 1, .pad_w = 1}},
        {{1, 5, 7, 2}, {.kernel_h = 2, .kernel_w = 2, .stride = 2, .ceil_mode = true}},
        {{1, 4, 3, 4}, {.kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1}},
        {{1, 6, 6, 1}, {.kernel_h = 3, .kernel_w = 2, .stride = 2, .pad_h = 1}},
        {{1, 6, 6, 1}, {.kernel_h = 3, .kernel_w = 3, .stride = 2, .ceil_mode = true}},
        {{1, 4, 5, 2}, {.kernel_h = 13, .kernel_w = 13, .pad_h = 6, .pad_w = 6}},
        {{1, 2, 2, 3},
         {.kernel_h = 2, .kernel_w = 2, .stride = 2, .pad_h = 1, .pad_w = 1, .ceil_mode = true}},
    };
    draw_cases(pen, sizeof cases / sizeof *cases, cases, true);
}

static void draw_same_pools(Pen *pen)
{
    static const PoolCase cases[] = {
        {{2, 4, 5, 3}, {.kernel_h = 2, .kernel_w = 2, .same = true}},
        {{2, 1, 1, 3}, {.kernel_h = 2, .kernel_w = 2, .same = true}},
        {{2, 3, 2, 3}, {.kernel_h = 3, .kernel_w = 3, .same = true}},
    };
    draw_cases(pen, sizeof cases / sizeof *cases, cases, true);
}

static void draw_average_pools(Pen *pen)
{
    static const PoolCase cases[] = {
        {{2, 4, 5, 3}, {.kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1}},
        {{2, 4, 5, 3},
         {.kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1, .without_border = true}},
        {{1, 5, 5, 2}, {.kernel_h = 2, .kernel_w = 2, .stride = 2, .ceil_mode = true}},
        {{1, 6, 6, 2},
         {.kernel_h = 3, .kernel_w = 3, .stride = 2, .pad_h = 1, .pad_w = 1, .ceil_mode = true}},
        {{1, 6, 5, 2},
         {.kernel_h = 3,
          .kernel_w = 2,
          .stride = 2,
          .pad_h = 1,
          .ceil_mode = true,
          .without_border = true}},
        {{1, 7, 7, 1}, {.kernel_h = 7, .kernel_w = 7}},
    };
    draw_cases(pen, sizeof cases / sizeof *cases, cases, false);
}

static void draw_adaptive_pools(Pen *pen)
{
    static const struct {
        Shape shape;
        size_t h, w;
    } cases[] = {{{2, 3, 3, 2}, 7, 7},
                 {{1, 5, 7, 3}, 2, 3},
                 {{2, 4, 3, 2}, 1, 1},
                 {{1, 3, 3, 1}, 3, 3},
                 {{1, 7, 4, 2}, 3, 5}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        char name[32];
        snprintf(name, sizeof name, "x%zu", i);
        NodeId x = pen_variable(pen, name, cases[i].shape);
        pen_output(pen, pen_adaptive_average_pool(pen, x, cases[i].h, cases[i].w));
    }
}

static void windows_of_any_size_agree_with_their_definition(void **state)
{
    (void)state;
    check_drawing(draw_max_pools, engine_blas(), NULL, 1e-5);
    check_drawing(draw_same_pools, engine_blas(), NULL, 1e-5);
    check_drawing(draw_average_pools, engine_blas(), NULL, 1e-5);
    check_drawing(draw_adaptive_pools, engine_blas(), NULL, 1e-5);
}

static void pools_give_the_numbers_of_pytorch(void **state)
{
    (void)state;
    const char *path = "golden/operations.h5";
    check_golden(path, "pools", draw_pools, 1e-5, 1e-5);
    check_golden(path, "max_pools", draw_max_pools, 1e-5, 1e-5);
    check_golden(path, "same_pools", draw_same_pools, 1e-5, 1e-5);
    check_golden(path, "average_pools", draw_average_pools, 1e-5, 1e-5);
    check_golden(path, "adaptive_pools", draw_adaptive_pools, 1e-5, 1e-5);
}

static void draw_pool_of_negatives(Pen *pen)
{
    pen_output(pen, pen_pool(pen, pen_input(pen, (Shape){1, 3, 3, 1}),
                             &(PoolSettings){
                                 .kernel_h = 3, .kernel_w = 3, .stride = 2, .pad_h = 1, .pad_w = 1},
                             true));
}

/* The border is minus infinity: a negative pixel wins against it. */
static void max_pool_2d_has_a_border_that_never_wins(void **state)
{
    (void)state;
    Bench bench;
    bench_init(&bench, draw_pool_of_negatives, engine_blas(), false, NULL);
    for (size_t i = 0; i < 9; ++i)
        bench.fills[0][i] = -1 - (float)i;
    bench_forward(&bench);
    static const float expected[4] = {-1, -2, -4, -5};
    for (size_t i = 0; i < 4; ++i)
        assert_true(net_value(bench.net, bench.pen.outputs[0])[i] == expected[i]);
    bench_clear(&bench);
}

/* In a net for inference, where nobody asks which number was the largest: the numbers of float32,
 * which bfloat16 holds, a NaN among them, with both kinds of border. */
static void the_largest_of_halves_is_that_of_float32(void **state)
{
    (void)state;
    enum { CHANNELS = 48, SIDE = 9, COUNT = SIDE * SIDE * CHANNELS };
    float *values[2];
    size_t count = 0;
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    for (int half = 0; half < 2; ++half) {
        ParameterList parameters;
        Net *net;
        NodeId outputs[2];
        parameters_init(&parameters);
        assert_int_equal(net_new(&parameters, engine_onednn(), false, &net), STATUS_OK);
        assert_int_equal(net_set_precision(net, half ? PRECISION_BF16 : PRECISION_F32), STATUS_OK);
        const NodeId input = net_input(net, (Shape){1, SIDE, SIDE, CHANNELS});
        const NodeId x = net_convert(net, input, half);
        outputs[0] = net_output(net, net_max_pool(net, x));
        outputs[1] = net_output(net, net_max_pool_2d(net, x,
                                                     &(PoolSettings){.kernel_h = 3,
                                                                     .kernel_w = 2,
                                                                     .stride = 2,
                                                                     .pad_h = 1,
                                                                     .pad_w = 1,
                                                                     .ceil_mode = true}));
        assert_int_equal(net_plan(net), STATUS_OK);
        for (size_t i = 0; i < COUNT; ++i)
            net_value(net, input)[i] = (float)(i * 7919 % 251) / 2 - 100;
        net_value(net, input)[COUNT / 2] = NAN;
        assert_int_equal(net_forward(net), STATUS_OK);
        count = shape_count(net_shape(net, outputs[0]));
        const size_t second = shape_count(net_shape(net, outputs[1]));
        assert_int_equal(MEMORY_NEW(&values[half], count + second), STATUS_OK);
        memcpy(values[half], net_value(net, outputs[0]), count * sizeof(float));
        memcpy(values[half] + count, net_value(net, outputs[1]), second * sizeof(float));
        count += second;
        net_free(net);
        parameters_clear(&parameters);
    }
    size_t missing = 0;
    for (size_t i = 0; i < count; ++i) {
        missing += isnan(values[0][i]) ? 1 : 0;
        assert_true(isnan(values[0][i]) ? isnan(values[1][i]) : values[0][i] == values[1][i]);
    }
    assert_true(missing > 0);
    free(values[0]);
    free(values[1]);
}

static void expect_refusal(const PoolSettings *settings, bool maximum)
{
    ParameterList parameters;
    Net *net;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), false, &net), STATUS_OK);
    NodeId x = net_input(net, (Shape){1, 20, 20, 2});
    net_output(net,
               maximum ? net_max_pool_2d(net, x, settings) : net_average_pool(net, x, settings));
    assert_int_not_equal(net_plan(net), STATUS_OK);
    assert_non_null(strstr(status_message(), "_pool: "));
    net_free(net);
    parameters_clear(&parameters);
}

static void windows_that_cannot_be_are_refused(void **state)
{
    (void)state;
    expect_refusal(&(PoolSettings){.kernel_h = 21, .kernel_w = 3}, true);
    expect_refusal(&(PoolSettings){.kernel_h = 3}, true);
    expect_refusal(&(PoolSettings){.kernel_h = 3, .kernel_w = 3, .pad_h = 2}, true);
    expect_refusal(&(PoolSettings){.kernel_h = 2, .kernel_w = 3, .pad_w = 2}, false);
    expect_refusal(&(PoolSettings){.kernel_h = 17, .kernel_w = 17}, true);
}

static void results_do_not_depend_on_the_number_of_threads(void **state)
{
    (void)state;
    static const Drawing drawings[] = {draw_pools, draw_max_pools, draw_average_pools,
                                       draw_adaptive_pools};
    for (size_t i = 0; i < sizeof drawings / sizeof *drawings; ++i) {
        Bench bench;
        int threads = omp_get_max_threads();
        omp_set_num_threads(1);
        bench_init(&bench, drawings[i], engine_blas(), true, NULL);
        bench_forward(&bench);
        bench_backward(&bench);
        bench_check_again(&bench, 3);
        omp_set_num_threads(threads);
        bench_clear(&bench);
    }
}

static void draw_nan_trap(Pen *pen)
{
    NodeId x = pen_input(pen, (Shape){1, 4, 4, 4});
    const PoolSettings two = {.kernel_h = 2, .kernel_w = 2, .stride = 2};
    pen_output(pen, pen_max_pool(pen, x));
    pen_output(pen, pen_mean(pen, x));
    pen_output(pen, pen_pool(pen, x, &two, true));
    pen_output(pen, pen_pool(pen, x, &two, false));
    pen_output(pen, pen_adaptive_average_pool(pen, x, 3, 3));
}

static void no_pool_swallows_a_nan(void **state)
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
        cmocka_unit_test(pooling_agrees_with_its_definition),
        cmocka_unit_test(max_pool_has_a_border_of_zeros),
        cmocka_unit_test(windows_of_any_size_agree_with_their_definition),
        cmocka_unit_test(pools_give_the_numbers_of_pytorch),
        cmocka_unit_test(max_pool_2d_has_a_border_that_never_wins),
        cmocka_unit_test(the_largest_of_halves_is_that_of_float32),
        cmocka_unit_test(windows_that_cannot_be_are_refused),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_threads),
        cmocka_unit_test(no_pool_swallows_a_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

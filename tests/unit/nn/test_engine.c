/* Each engine against a naive double-precision loop, over odd sizes, strides and dilations. */
#include "../unit.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "nn/engine.h"
#include "nn/engines/products.h"
#include "nn/engines/winograd.h"
#include "nn/engines/winograd_half.h"
#include "nn/numbers.h"

static float *random_floats(size_t count, const char *purpose)
{
    float *numbers;
    assert_int_equal(MEMORY_NEW(&numbers, count), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 1, purpose, (uint32_t)count, 0);
    for (size_t i = 0; i < count; ++i)
        numbers[i] = random_normal(&stream);
    return numbers;
}

typedef struct {
    double *output, *input_gradient, *weight_gradient, *bias_gradient;
} Expected;

static void naive(const ConvolutionShape *s, const float *input, const float *weights,
                  const float *bias, const float *gradient, Expected *e)
{
    Shape out = convolution_output(s);
    for (size_t n = 0; n < out.n; ++n)
        for (size_t y = 0; y < out.h; ++y)
            for (size_t x = 0; x < out.w; ++x)
                for (size_t o = 0; o < out.c; ++o) {
                    size_t at = ((n * out.h + y) * out.w + x) * out.c + o;
                    double sum = bias ? (double)bias[o] : 0, g = (double)gradient[at];
                    e->bias_gradient[o] += g;
                    for (size_t ky = 0; ky < s->kernel_h; ++ky)
                        for (size_t kx = 0; kx < s->kernel_w; ++kx) {
                            long iy = (long)(y * s->stride + ky * s->dilation) - (long)s->pad_h;
                            long ix = (long)(x * s->stride + kx * s->dilation) - (long)s->pad_w;
                            if (iy < 0 || ix < 0 || iy >= (long)s->input.h ||
                                ix >= (long)s->input.w)
                                continue;
                            for (size_t i = 0; i < s->input.c; ++i) {
                                size_t from =
                                    ((n * s->input.h + (size_t)iy) * s->input.w + (size_t)ix) *
                                        s->input.c +
                                    i;
                                size_t tap =
                                    ((o * s->input.c + i) * s->kernel_h + ky) * s->kernel_w + kx;
                                sum += (double)input[from] * (double)weights[tap];
                                e->input_gradient[from] += g * (double)weights[tap];
                                e->weight_gradient[tap] += g * (double)input[from];
                            }
                        }
                    e->output[at] = sum;
                }
}

static double relative_error(size_t count, const float *got, const double *expected)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; ++i) {
        difference += pow((double)got[i] - expected[i], 2);
        norm += pow(expected[i], 2);
    }
    return sqrt(difference / fmax(norm, 1e-30));
}

/* The numbers as the engine gets them: in bfloat16, `numbers` is rounded to what that holds. */
static void *as_stored(size_t count, float *numbers, bool half)
{
    void *stored;
    assert_int_equal(memory_new(&stored, count, numbers_bytes(1, half)), STATUS_OK);
    numbers_copy((Numbers){.data = numbers}, 0, (Numbers){.data = stored, .half = half}, 0, count);
    numbers_copy((Numbers){.data = stored, .half = half}, 0, (Numbers){.data = numbers}, 0, count);
    return stored;
}

static double stored_error(size_t count, const void *stored, bool half, const double *expected)
{
    float *got;
    assert_int_equal(MEMORY_NEW(&got, count), STATUS_OK);
    numbers_copy((Numbers){.data = (void *)(uintptr_t)stored, .half = half}, 0,
                 (Numbers){.data = got}, 0, count);
    double error = relative_error(count, got, expected);
    free(got);
    return error;
}

/* Bounds of results and the input's gradient, and of the weights' gradient. */
typedef struct {
    double results, weights;
} Bounds;

/* A bfloat16 result is off by its own rounding, at most 2^-8; the weights' gradient is float32 in
 * both. */
#define HALF_ERROR 3.91e-3

static void check(const Engine *engine, ConvolutionShape shape, bool half, Bounds bounds)
{
    const ConvolutionShape *s = &shape;
    shape.half = half;
    Shape out = convolution_output(s);
    size_t inputs = shape_count(s->input), outputs = shape_count(out);
    size_t taps = out.c * s->input.c * s->kernel_h * s->kernel_w;
    float *input = random_floats(inputs, "input"), *weights = random_floats(taps, "weights");
    float *bias = random_floats(out.c, "bias"), *gradient = random_floats(outputs, "gradient");
    void *stored_input = as_stored(inputs, input, half);
    void *stored_gradient = as_stored(outputs, gradient, half);
    free(as_stored(taps, weights, half));
    Expected e = {calloc(outputs, 8), calloc(inputs, 8), calloc(taps, 8), calloc(out.c, 8)};
    naive(s, input, weights, s->bias ? bias : NULL, gradient, &e);

    ConvolutionPlan *plan;
    assert_int_equal(engine->plan_new(s, true, true, &plan), STATUS_OK);
    float *got, *got_bias;
    char *workspace;
    size_t most = inputs > outputs ? inputs : outputs;
    most = most > taps ? most : taps;
    assert_int_equal(MEMORY_NEW(&workspace, engine->workspace_bytes(plan)), STATUS_OK);
    engine->set_workspace(plan, workspace);
    assert_int_equal(MEMORY_NEW(&got, most), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&got_bias, out.c), STATUS_OK);
    void *packed[PACKS] = {NULL};
    assert_int_equal(engine_give_packed(engine, plan, packed), STATUS_OK);
    assert_int_equal(engine_pack_all(engine, plan, weights), STATUS_OK);
    assert_int_equal(engine->forward(plan, stored_input, s->bias ? bias : NULL, got), STATUS_OK);
    assert_true(stored_error(outputs, got, half, e.output) < bounds.results);
    assert_int_equal(engine->backward_data(plan, stored_gradient, got), STATUS_OK);
    assert_true(stored_error(inputs, got, half, e.input_gradient) < bounds.results);
    for (size_t i = 0; i < taps; ++i)
        got[i] = NAN;
    for (int pass = 0; pass < 2; ++pass) /* written, then added to */
        assert_int_equal(
            engine->backward_weights(plan, stored_input, stored_gradient, pass, got, got_bias),
            STATUS_OK);
    for (size_t i = 0; i < taps; ++i)
        got[i] *= 0.5f;
    for (size_t i = 0; i < out.c; ++i)
        got_bias[i] *= 0.5f;
    assert_true(relative_error(taps, got, e.weight_gradient) < bounds.weights);
    if (s->bias)
        assert_true(relative_error(out.c, got_bias, e.bias_gradient) < 2e-6);
    engine->plan_free(plan);
    void *owned[] = {input,
                     weights,
                     bias,
                     gradient,
                     stored_input,
                     stored_gradient,
                     workspace,
                     got,
                     got_bias,
                     e.output,
                     e.input_gradient,
                     e.weight_gradient,
                     e.bias_gradient,
                     packed[PACK_FORWARD],
                     packed[PACK_DATA]};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; ++i)
        free(owned[i]);
}

static const ConvolutionShape shapes[] = {
    {{2, 7, 5, 3}, 4, 1, 1, 1, 0, 0, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 9, 8, 16}, 32, 1, 1, 2, 0, 0, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{2, 11, 13, 3}, 8, 7, 7, 2, 3, 3, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{1, 10, 10, 8}, 8, 3, 3, 1, 1, 1, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{2, 19, 19, 8}, 8, 3, 3, 2, 1, 1, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{1, 10, 7, 4}, 4, 3, 3, 1, 6, 6, 6, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 9, 9, 4}, 6, 1, 7, 1, 0, 3, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{1, 9, 9, 4}, 6, 5, 1, 1, 2, 0, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{3, 3, 3, 5}, 7, 3, 3, 1, 0, 0, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{2, 1, 1, 1}, 1, 3, 3, 1, 1, 1, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 5, 5, 37}, 1, 1, 1, 1, 0, 0, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{4, 6, 6, 20}, 12, 3, 3, 1, 7, 7, 7, false, false, 0, false, false, ACTIVATION_NONE},
};

static const Bounds single = {2e-6, 2e-6}, half_direct = {HALF_ERROR, 2e-6};
static const Bounds winograd_single = {5e-6, 5e-6};
/* The roundings of patches and filters come on top of that of the result. */
static const Bounds winograd_half = {6e-3, 6e-3};

/* Whole tiles, tiles that reach over the end, no padding, and so many that they come in blocks. */
static const ConvolutionShape winograd_shapes[] = {
    {{2, 16, 16, 32}, 32, 3, 3, 1, 1, 1, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 21, 18, 32}, 48, 3, 3, 1, 0, 1, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{2, 19, 17, 48}, 32, 3, 3, 1, 2, 0, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 61, 58, 16}, 16, 3, 3, 1, 1, 1, 1, false, false, 0, false, false, ACTIVATION_NONE},
};

static void winograd_agrees_with_the_naive_loop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof winograd_shapes / sizeof *winograd_shapes; ++i)
        check(engine_winograd(), winograd_shapes[i], false, winograd_single);
}

/* Whole tiles and tiles that reach over the end, an odd number of tiles, paddings that differ, more
 * than one block of tiles in each direction, weights that fill the first-level cache. */
static const ConvolutionShape winograd_half_shapes[] = {
    {{2, 16, 16, 32}, 32, 3, 3, 1, 1, 1, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 21, 18, 32}, 96, 3, 3, 1, 0, 1, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{3, 9, 9, 64}, 32, 3, 3, 1, 2, 0, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 61, 58, 32}, 32, 3, 3, 1, 1, 1, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{1, 10, 10, 288}, 32, 3, 3, 1, 1, 1, 1, true, false, 0, false, false, ACTIVATION_NONE},
};

static void winograd_in_bfloat16_agrees_with_the_naive_loop(void **state)
{
    (void)state;
    size_t taken = 0;
    for (size_t i = 0; i < sizeof winograd_half_shapes / sizeof *winograd_half_shapes; ++i) {
        ConvolutionShape shape = winograd_half_shapes[i];
        assert_false(winograd_half_fits(&shape));
        shape.half = true;
        if (!winograd_half_fits(&shape))
            continue;
        ++taken;
        check(engine_winograd_half(), shape, true, winograd_half);
    }
    if (!taken)
        skip(); /* not on this kind of processor */
    assert_int_equal(taken, sizeof winograd_half_shapes / sizeof *winograd_half_shapes);
}

/* The results of a plan and of its twin with another number of threads, each on top of `before`. */
static void run_twins(const ConvolutionShape *shape, const void *input, const float *weights,
                      const float *bias, float *before, uint16_t *results[2])
{
    const Engine *engine = engine_winograd_half();
    const int threads = omp_get_max_threads();
    ConvolutionPlan *plans[2];
    void *packed[PACKS] = {NULL}, *workspace;
    assert_int_equal(engine->plan_new(shape, false, false, &plans[0]), STATUS_OK);
    assert_int_equal(engine_give_packed(engine, plans[0], packed), STATUS_OK);
    assert_int_equal(engine_pack_all(engine, plans[0], weights), STATUS_OK);
    assert_int_equal(memory_new(&workspace, engine->workspace_bytes(plans[0]), 1), STATUS_OK);
    assert_int_equal(engine->plan_twin(plans[0], &plans[1]), STATUS_OK);
    for (int run = 0; run < 2; ++run) {
        results[run] = as_stored(shape_count(convolution_output(shape)), before, true);
        omp_set_num_threads(run ? 3 : 1);
        engine->set_workspace(plans[run], workspace);
        assert_int_equal(engine->forward(plans[run], input, bias, results[run]), STATUS_OK);
    }
    omp_set_num_threads(threads);
    engine->plan_free(plans[1]);
    engine->plan_free(plans[0]);
    free(packed[PACK_FORWARD]);
    free(workspace);
}

/* What inference asks for besides, and that neither threads nor a twin show in the bits. */
static void winograd_in_bfloat16_finishes_results_on_the_way(void **state)
{
    (void)state;
    ConvolutionShape shape = {{1, 19, 18, 32}, 64, 3, 3, 1, 1, 1, 1, true, true, 0, false, true,
                              ACTIVATION_NONE};
    if (!winograd_half_fits(&shape))
        skip();
    const size_t inputs = shape_count(shape.input), outputs = inputs * 2;
    const size_t taps = shape.output_channels * shape.input.c * 9;
    float *input = random_floats(inputs, "input"), *weights = random_floats(taps, "weights");
    float *bias = random_floats(shape.output_channels, "bias");
    float *before = random_floats(outputs, "before");
    void *stored = as_stored(inputs, input, true);
    Expected e = {calloc(outputs, 8), calloc(inputs, 8), calloc(taps, 8), calloc(64, 8)};
    double *expected = calloc(outputs, 8);
    naive(&shape, input, weights, bias, before, &e);
    for (Activation activation = ACTIVATION_NONE; activation <= ACTIVATION_LEAKY_RELU;
         ++activation) {
        const double slopes[] = {1, 0, 0.1};
        uint16_t *results[2];
        shape.activation = activation;
        run_twins(&shape, stored, weights, bias, before, results);
        for (size_t i = 0; i < outputs; ++i) {
            const double sum = e.output[i] + (double)before[i];
            expected[i] = sum < 0 ? slopes[activation] * sum : sum;
        }
        assert_memory_equal(results[0], results[1], outputs * sizeof *results[0]);
        assert_true(stored_error(outputs, results[0], true, expected) < winograd_half.results);
        free(results[0]);
        free(results[1]);
    }
    void *owned[] = {input,          weights,          bias,
                     before,         stored,           expected,
                     e.output,       e.input_gradient, e.weight_gradient,
                     e.bias_gradient};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; ++i)
        free(owned[i]);
}

/* One strip of rows and several, an odd number of pixels, strides, taps outside the map, blocks. */
static const ConvolutionShape product_shapes[] = {
    {{2, 7, 5, 32}, 112, 1, 1, 1, 0, 0, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{1, 17, 17, 48}, 32, 1, 1, 1, 0, 0, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{3, 9, 8, 32}, 64, 1, 1, 2, 0, 0, 1, false, false, 0, false, false, ACTIVATION_NONE},
    {{1, 37, 33, 32}, 48, 3, 3, 2, 1, 1, 1, true, false, 0, false, false, ACTIVATION_NONE},
    {{2, 12, 12, 32}, 32, 3, 3, 1, 3, 2, 3, false, false, 0, false, false, ACTIVATION_NONE},
};

static void products_agree_with_the_naive_loop(void **state)
{
    (void)state;
    size_t taken = 0;
    for (size_t i = 0; i < sizeof product_shapes / sizeof *product_shapes; ++i) {
        if (!products_fit(&product_shapes[i]))
            continue;
        ++taken;
        check(engine_products(), product_shapes[i], false, single);
        if (engine_products()->has_half())
            check(engine_products(), product_shapes[i], true, half_direct);
    }
    if (!taken)
        skip(); /* not on this kind of processor */
    assert_int_equal(taken, sizeof product_shapes / sizeof *product_shapes);
}

static void blas_agrees_with_the_naive_loop(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        check(engine_blas(), shapes[i], false, single);
}

static void onednn_agrees_with_the_naive_loop(void **state)
{
    (void)state;
    if (!engine_onednn())
        skip();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        check(engine_onednn(), shapes[i], false, single);
}

static void onednn_agrees_in_bfloat16(void **state)
{
    (void)state;
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        check(engine_onednn(), shapes[i], true, half_direct);
}

static void an_unknown_engine_is_refused(void **state)
{
    (void)state;
    const Engine *engine;
    assert_int_equal(engine_find("cuda", &engine), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "cuda"));
    assert_int_equal(engine_find("blas", &engine), STATUS_OK);
    assert_ptr_equal(engine, engine_blas());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blas_agrees_with_the_naive_loop),
        cmocka_unit_test(onednn_agrees_with_the_naive_loop),
        cmocka_unit_test(onednn_agrees_in_bfloat16),
        cmocka_unit_test(winograd_agrees_with_the_naive_loop),
        cmocka_unit_test(winograd_in_bfloat16_agrees_with_the_naive_loop),
        cmocka_unit_test(winograd_in_bfloat16_finishes_results_on_the_way),
        cmocka_unit_test(products_agree_with_the_naive_loop),
        cmocka_unit_test(an_unknown_engine_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

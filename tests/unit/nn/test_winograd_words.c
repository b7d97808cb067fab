/* Winograd's convolution of maps in 8 bits: against the definition over the weights as they are,
 * with what is done on the way out; that no sum runs over, whatever it is shown; that neither
 * threads nor twins show in the bits; which shapes have it. */
#include "../moments.h"
#include "../unit.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"
#include "base/random.h"
#include "nn/engines/winograd_words.h"

enum { PATCH = 6, POINTS = 36 };

typedef struct {
    ConvolutionShape shape;
    ConvolutionPlan *plan;
    void *packed[PACKS];
    char *workspace;
    uint8_t *input;
    float *weights, *bias;
    void *output;
} Bench;

static ConvolutionShape shape_of(size_t channels, size_t outputs, size_t side, bool sign)
{
    return (ConvolutionShape){.input = {1, side, side, channels},
                              .output_channels = outputs,
                              .kernel_h = 3,
                              .kernel_w = 3,
                              .stride = 1,
                              .pad_h = 1,
                              .pad_w = 1,
                              .dilation = 1,
                              .step = 0.0371F,
                              .sign = sign};
}

static void fill_normal(size_t count, const char *purpose, float *numbers)
{
    RandomStream stream;
    random_init(&stream, 3, purpose, 0, 0);
    for (size_t i = 0; i < count; ++i)
        numbers[i] = random_normal(&stream);
}

static size_t output_count(const ConvolutionShape *shape)
{
    return shape_count(convolution_output(shape));
}

static void bench_plan(Bench *bench)
{
    const Engine *engine = engine_winograd_words();
    assert_int_equal(engine->plan_new(&bench->shape, false, false, &bench->plan), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&bench->workspace, engine->workspace_bytes(bench->plan)),
                     STATUS_OK);
    engine->set_workspace(bench->plan, bench->workspace);
    assert_int_equal(engine_give_packed(engine, bench->plan, bench->packed), STATUS_OK);
    assert_int_equal(engine_pack_all(engine, bench->plan, bench->weights), STATUS_OK);
}

static void bench_init(Bench *bench, const ConvolutionShape *shape)
{
    RandomStream stream;
    const size_t taps = shape->output_channels * shape->input.c * 9;
    *bench = (Bench){.shape = *shape};
    assert_int_equal(MEMORY_NEW(&bench->input, shape_count(shape->input)), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&bench->weights, taps), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&bench->bias, shape->output_channels), STATUS_OK);
    assert_int_equal(memory_new(&bench->output, output_count(shape), sizeof(float)), STATUS_OK);
    random_init(&stream, 3, "input", 0, 0);
    for (size_t i = 0; i < shape_count(shape->input); ++i) {
        bench->input[i] = (uint8_t)(random_u32(&stream) >> 24);
        if (shape->sign && bench->input[i] == 0x80)
            bench->input[i] = 0;
    }
    fill_normal(taps, "weights", bench->weights);
    fill_normal(shape->output_channels, "bias", bench->bias);
    bench_plan(bench);
}

static void bench_clear(Bench *bench)
{
    engine_winograd_words()->plan_free(bench->plan);
    free(bench->packed[PACK_FORWARD]);
    free(bench->workspace);
    free(bench->input);
    free(bench->weights);
    free(bench->bias);
    free(bench->output);
}

static void bench_forward(Bench *bench)
{
    assert_int_equal(engine_winograd_words()->forward(bench->plan, bench->input,
                                                      bench->shape.bias ? bench->bias : NULL,
                                                      bench->output),
                     STATUS_OK);
}

/* Number `at` of the result without what is done on the way out; *size becomes the sum of the
 * products' magnitudes. */
static double sum_at(const Bench *bench, size_t at, double *size)
{
    const ConvolutionShape *s = &bench->shape;
    const Shape in = s->input, out = convolution_output(s);
    const size_t o = at % out.c, x = at / out.c % out.w, y = at / out.c / out.w % out.h;
    const size_t n = at / out.c / out.w / out.h;
    double sum = 0;
    *size = 0;
    for (size_t tap = 0; tap < 9; ++tap) {
        const size_t iy = y + tap / 3 - s->pad_h, ix = x + tap % 3 - s->pad_w; /* may wrap */
        for (size_t c = 0; c < in.c && iy < in.h && ix < in.w; ++c) {
            const uint8_t byte = bench->input[((n * in.h + iy) * in.w + ix) * in.c + c];
            const double product = (s->sign ? (int8_t)byte : byte) * (double)s->step *
                                   (double)bench->weights[(o * in.c + c) * 9 + tap];
            sum += product;
            *size += fabs(product);
        }
    }
    return sum;
}

static double finished(const ConvolutionShape *s, double sum, double bias, double residual)
{
    sum += (s->bias ? bias : 0) + (s->residual ? residual : 0);
    if (s->activation == ACTIVATION_NONE || sum > 0)
        return sum;
    return s->activation == ACTIVATION_RELU ? 0 : sum * (double)NET_LEAK;
}

/* `most` of the largest sum of the products' magnitudes: rounding of the filters shows in all
 * results of a tile, most in its last. */
static void bench_check(Bench *bench, double most)
{
    const ConvolutionShape *s = &bench->shape;
    const size_t count = output_count(s);
    float *residual, *got, *results = bench->output;
    assert_int_equal(MEMORY_NEW(&residual, count), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&got, count), STATUS_OK);
    fill_normal(count, "residual", results);
    const Numbers map = {.data = bench->output, .half = s->half}, plain = {.data = residual};
    memcpy(residual, results, count * sizeof *residual);
    numbers_copy(plain, 0, map, 0, count);
    numbers_copy(map, 0, plain, 0, count); /* rounded */
    const size_t parts = engine_winograd_words()->moment_parts(s);
    assert_true((parts > 0) == (s->input.n == 1));
    float *moments = NULL;
    if (parts)
        assert_int_equal(MEMORY_NEW(&moments, parts * 2 * s->output_channels), STATUS_OK);
    for (size_t i = 0; i < parts * 2 * s->output_channels; ++i)
        moments[i] = 1;                                 /* anything */
    const size_t unit = (size_t)1 << s->activation * 2; /* 1, 4, 16 */
    engine_winograd_words()->set_moments(bench->plan, moments, unit);
    bench_forward(bench);
    engine_winograd_words()->set_moments(bench->plan, NULL, 0);
    numbers_copy(map, 0, (Numbers){.data = got}, 0, count);
    if (parts)
        check_moments(&bench->shape, parts, unit, moments, got);
    free(moments);
    double size, largest = 0;
    for (size_t at = 0; at < count; ++at) {
        sum_at(bench, at, &size);
        largest = fmax(largest, size);
    }
    for (size_t at = 0; at < count; ++at) {
        const double sum = sum_at(bench, at, &size);
        const double expected =
            finished(s, sum, (double)bench->bias[at % s->output_channels], (double)residual[at]);
        const double room = most * largest + 1e-6 + (s->half ? fabs(expected) / 256 : 0);
        if (!(fabs((double)got[at] - expected) <= room))
            fail_msg("number %zu is %g, not %g (%zu channels, %s)", at, (double)got[at], expected,
                     s->input.c, s->sign ? "signed" : "unsigned");
    }
    free(residual);
    free(got);
}

static bool can(void)
{
    const ConvolutionShape shape = shape_of(32, 32, 16, false);
    return winograd_words_can(&shape);
}

static void results_agree_with_the_definition(void **state)
{
    (void)state;
    if (!can())
        skip();
    for (int sign = 0; sign < 2; ++sign)
        for (int half = 0; half < (processor_has_half() ? 2 : 1); ++half) {
            ConvolutionShape shapes[5] = {shape_of(32, 16, 9, sign), shape_of(64, 160, 18, sign),
                                          shape_of(96, 48, 23, sign), shape_of(288, 272, 7, sign),
                                          shape_of(32, 48, 39, sign)}; /* of several blocks */
            shapes[1].bias = shapes[1].residual = true;
            shapes[1].activation = ACTIVATION_RELU;
            shapes[2].bias = true;
            shapes[2].activation = ACTIVATION_LEAKY_RELU;
            shapes[2].input.n = 2;
            shapes[2].pad_h = 0;
            shapes[3].residual = true;
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i) {
                Bench bench;
                shapes[i].half = half;
                bench_init(&bench, &shapes[i]);
                bench_check(&bench, 1e-3);
                bench_clear(&bench);
            }
        }
}

/* The factors of a point's sum over the patch (B^T d B). */
static int factor(size_t point, size_t pixel)
{
    static const int B[PATCH][PATCH] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0},
                                        {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
                                        {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
    return B[point / PATCH][pixel / PATCH] * B[point % PATCH][pixel % PATCH];
}

/* One patch that drives a point of all channels as far as it goes, up or down, and filters of one
 * sign there: what is largest of all sums. Channels that are alike round alike, and the way back
 * takes large sums from each other, so the rounding of 512 filters shows in a tenth of the
 * products' magnitudes; a sum that ran over would be off by 2^32, several times these. */
static void no_sum_runs_over(void **state)
{
    (void)state;
    enum { CHANNELS = 512 };
    if (!can())
        skip();
    for (int sign = 0; sign < 2; ++sign)
        for (size_t point = 0; point < (size_t)POINTS * 2; ++point) {
            ConvolutionShape shape = shape_of(CHANNELS, 16, PATCH, sign);
            Bench bench;
            shape.pad_h = shape.pad_w = 0;
            bench_init(&bench, &shape);
            for (size_t pixel = 0; pixel < POINTS; ++pixel) {
                const int towards = factor(point / 2, pixel) * (point % 2 ? -1 : 1);
                const int byte = towards > 0 ? (sign ? 127 : 255) : sign ? -127 : 0;
                memset(bench.input + pixel * CHANNELS, byte, CHANNELS);
            }
            for (size_t i = 0; i < (size_t)16 * CHANNELS * 9; ++i)
                bench.weights[i] = i % 9 == point % 9 ? 1 : 0.25F;
            assert_int_equal(engine_pack_all(engine_winograd_words(), bench.plan, bench.weights),
                             STATUS_OK);
            bench_check(&bench, 1);
            bench_clear(&bench);
        }
}

static void check_threads(size_t side)
{
    const int threads = omp_get_max_threads();
    const ConvolutionShape shape = shape_of(64, 192, side, true);
    const size_t bytes = output_count(&shape) * sizeof(float);
    const size_t parts = engine_winograd_words()->moment_parts(&shape);
    float *moments[2];
    Bench one, three;
    ConvolutionPlan *twin;
    for (size_t i = 0; i < 2; ++i)
        assert_int_equal(MEMORY_NEW(&moments[i], parts * 2 * shape.output_channels), STATUS_OK);
    omp_set_num_threads(1);
    bench_init(&one, &shape);
    engine_winograd_words()->set_moments(one.plan, moments[0], 1);
    bench_forward(&one);
    omp_set_num_threads(3);
    bench_init(&three, &shape);
    engine_winograd_words()->set_moments(three.plan, moments[1], 1);
    bench_forward(&three);
    assert_memory_equal(one.output, three.output, bytes);
    assert_memory_equal(moments[0], moments[1],
                        parts * 2 * shape.output_channels * sizeof **moments);
    assert_true(moments[0][0] != 0);
    memset(three.output, 0, bytes);
    assert_int_equal(engine_winograd_words()->plan_twin(three.plan, &twin), STATUS_OK);
    engine_winograd_words()->set_workspace(twin, three.workspace);
    assert_int_equal(engine_winograd_words()->forward(twin, three.input, NULL, three.output),
                     STATUS_OK);
    assert_memory_equal(one.output, three.output, bytes);
    engine_winograd_words()->plan_free(twin);
    EngineNeeds needs;
    assert_int_equal(engine_winograd_words()->count_needs(&shape, false, false, &needs), STATUS_OK);
    assert_int_equal(needs.workspace, engine_winograd_words()->workspace_bytes(three.plan));
    assert_int_equal(needs.packed[PACK_FORWARD],
                     engine_winograd_words()->packed_bytes(three.plan, PACK_FORWARD));
    omp_set_num_threads(threads);
    bench_clear(&one);
    bench_clear(&three);
    free(moments[0]);
    free(moments[1]);
}

/* In blocks that each thread has whole, and where there is one, which they share. */
static void neither_threads_nor_twins_show(void **state)
{
    (void)state;
    if (!can())
        skip();
    check_threads(78);
    check_threads(30);
    check_threads(15);
}

static void the_rule_follows_from_shape_and_processor(void **state)
{
    (void)state;
    ConvolutionShape shape = shape_of(64, 64, 75, false);
    if (!can() || processor_has_tiles())
        skip();
    assert_true(winograd_words_fits(&shape));
    shape.step = 0;
    assert_false(winograd_words_fits(&shape));
    shape.step = 1;
    shape.stride = 2;
    assert_false(winograd_words_fits(&shape));
    shape.stride = 1;
    shape.dilation = 3;
    assert_false(winograd_words_fits(&shape));
    const ConvolutionShape refused[] = {shape_of(48, 64, 75, false), shape_of(64, 24, 75, false),
                                        shape_of(512, 512, 10, false)};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; ++i)
        assert_false(winograd_words_fits(&refused[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_agree_with_the_definition),
        cmocka_unit_test(no_sum_runs_over),
        cmocka_unit_test(neither_threads_nor_twins_show),
        cmocka_unit_test(the_rule_follows_from_shape_and_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

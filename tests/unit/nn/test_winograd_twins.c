/* The arithmetic of Winograd's convolution as it is compiled for each instruction set: the twins
 * agree on the same numbers. That their numbers are right is tested with
 * the best of them (test_engine.c, test_winograd.c). */
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "nn/engines/winograd_kernels.h"

enum {
    CHANNELS = 3 * LANES,
    DEPTH = 37,
    MOST_ROWS = 2 * ROWS + 1,
    NUMBERS = POINTS * CHANNELS,
    RESULTS = TILE * TILE * CHANNELS
};

/* What a twin comes to. */
typedef struct {
    float patch[NUMBERS], spread[NUMBERS], result[RESULTS];
    float filter[POINTS * LANES], gradient[TAPS * LANES];
    float product[MOST_ROWS][MOST_ROWS * LANES];
} Results;

typedef struct {
    const char *name;
    bool (*is_here)(void);
    void (*compute)(const float *map, const float *numbers, Results *results);
} Twin;

INLINE void compute(const float *map, const float *numbers, Results *results)
{
    const PointSteps steps = {CHANNELS, LANES};
    const ConvolutionShape shape = {.activation = ACTIVATION_LEAKY_RELU, .residual = true};
    const float *pixels[POINTS];
    float *written[TILE * TILE];
    for (size_t p = 0; p < POINTS; ++p)
        pixels[p] = map + p * CHANNELS;
    patch_points(CHANNELS, pixels, steps, results->patch);
    pixels[TILE] = NULL;
    spread_points(CHANNELS, pixels, steps, results->spread);
    memcpy(results->result, map, sizeof results->result);
    for (size_t p = 0; p < (size_t)(TILE * TILE); ++p)
        written[p] = results->result + p * CHANNELS;
    written[TILE] = NULL;
    result_pixels(&shape, CHANNELS, numbers, CHANNELS, map + 5, written);
    filter_points((const float(*)[LANES])(const void *)numbers, LANES, results->filter);
    gradient_taps(numbers, LANES, (float(*)[LANES])(void *)results->gradient);
    for (size_t rows = 1; rows < MOST_ROWS; ++rows) {
        const Product product = {DEPTH, 1, MOST_ROWS, LANES, rows % 2 == 0};
        multiply_all_rows(rows, &product, numbers, map, results->product[rows]);
    }
}

static bool always(void)
{
    return true;
}

static void compute_plain(const float *map, const float *numbers, Results *results)
{
    compute(map, numbers, results);
}

#if defined(__x86_64__) && defined(__GNUC__)
static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

__attribute__((target("avx2,fma"))) static void compute_avx2(const float *map, const float *numbers,
                                                             Results *results)
{
    compute(map, numbers, results);
}

static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq"))) static void
compute_avx512(const float *map, const float *numbers, Results *results)
{
    compute(map, numbers, results);
}
#endif

static const Twin twins[] = {
    {"plain", always, compute_plain},
#if defined(__x86_64__) && defined(__GNUC__)
    {"AVX2", has_avx2, compute_avx2},
    {"AVX-512", has_avx512, compute_avx512},
#endif
};

static double difference(size_t count, const float *a, const float *b)
{
    double squares = 0, norm = 0;
    for (size_t i = 0; i < count; ++i) {
        squares += pow((double)a[i] - (double)b[i], 2);
        norm += pow((double)b[i], 2);
    }
    assert_true(norm > 0);
    return sqrt(squares / norm);
}

static void check(const char *name, const char *what, size_t count, const float *a, const float *b)
{
    double error = difference(count, a, b);
    if (!(error < 1e-6))
        fail_msg("%s differs in %s by %g", name, what, error);
}

static void check_results(const char *name, const Results *a, const Results *b)
{
    check(name, "the patch", NUMBERS, a->patch, b->patch);
    check(name, "the spread gradient", NUMBERS, a->spread, b->spread);
    check(name, "the results", RESULTS, a->result, b->result);
    check(name, "the filter", POINTS * LANES, a->filter, b->filter);
    check(name, "the gradient", TAPS * LANES, a->gradient, b->gradient);
    for (size_t rows = 1; rows < MOST_ROWS; ++rows)
        check(name, "the product", rows * LANES, a->product[rows], b->product[rows]);
}

static void the_twins_agree(void **state)
{
    (void)state;
    static float map[NUMBERS], numbers[NUMBERS];
    static Results results[2];
    RandomStream stream;
    random_init(&stream, 1, "twins", 0, 0);
    for (size_t i = 0; i < NUMBERS; ++i) {
        map[i] = random_normal(&stream);
        numbers[i] = random_normal(&stream);
    }
    for (size_t t = 0; t < sizeof twins / sizeof *twins; ++t) {
        if (!twins[t].is_here()) {
            printf("%s: this processor lacks it\n", twins[t].name);
            continue;
        }
        memset(&results[t > 0], 0, sizeof *results);
        twins[t].compute(map, numbers, &results[t > 0]);
        if (t > 0)
            check_results(twins[t].name, &results[1], &results[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_twins_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

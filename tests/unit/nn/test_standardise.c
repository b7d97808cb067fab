/* Weight standardisation against its formula in double precision. */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "nn/ops/convolution.h"

enum { FILTERS = 3, MOST = 4609 };

static float weights[FILTERS * MOST], gradient[FILTERS * MOST], result[FILTERS * MOST];

/* The mean weighs as much as asked for, in deviations; `outlier`: so does each filter's first. */
static void fill(size_t size, float mean, float outlier)
{
    RandomStream stream;
    random_init(&stream, 1, "standardise", (uint32_t)size, 0);
    for (size_t i = 0; i < FILTERS * size; ++i) {
        weights[i] = 0.02F * (mean + random_normal(&stream) + (i % size ? 0 : outlier));
        gradient[i] = 0.3F + random_normal(&stream);
    }
}

/* Of a filter: w^, and of the gradient with respect to it that with respect to w. */
static void expect(size_t size, const float *w, const float *g, double *standard, double *turned)
{
    double mean = 0, variance = 0, mean_g = 0, product = 0;
    for (size_t i = 0; i < size; ++i)
        mean += (double)w[i] / (double)size;
    for (size_t i = 0; i < size; ++i)
        variance += pow((double)w[i] - mean, 2) / (double)size;
    const double deviation = sqrt(variance + 1e-10);
    for (size_t i = 0; i < size; ++i) {
        standard[i] = ((double)w[i] - mean) / deviation;
        mean_g += (double)g[i] / (double)size;
        product += (double)g[i] * standard[i] / (double)size;
    }
    for (size_t i = 0; i < size; ++i)
        turned[i] = ((double)g[i] - mean_g - standard[i] * product) / deviation;
}

/* The 2-norm of the difference over that of what is expected, or over `least`. */
static double distance(size_t size, const float *got, const double *expected, double least)
{
    double difference = 0, norm = 0;
    for (size_t i = 0; i < size; ++i) {
        difference += pow((double)got[i] - expected[i], 2);
        norm += pow(expected[i], 2);
    }
    return sqrt(difference) / fmax(sqrt(norm), least);
}

/* A weight is off by half a unit in its last place to begin with, which counts the more the further
 * the mean is from 0. */
static void check(size_t size, float mean, float outlier)
{
    static double standard[MOST], turned[MOST];
    const WeightForm *form = weight_form_standardised();
    const Parameter parameter = {
        .value = weights, .dims = {FILTERS, size}, .rank = 2, .count = FILTERS * size};
    const double bound = 2e-7 * (1 + fabs((double)mean));
    fill(size, mean, outlier);
    form->prepare(&parameter, result);
    for (size_t o = 0; o < FILTERS; ++o) {
        expect(size, weights + o * size, gradient + o * size, standard, turned);
        const double off = distance(size, result + o * size, standard, 1);
        if (!(off < bound))
            fail_msg("%zu weights about %g, %g: off by %g", size, (double)mean, (double)outlier,
                     off);
    }
    memcpy(result, gradient, sizeof result);
    form->finish_gradient(&parameter, 0, 1, result);
    form->finish_gradient(&parameter, 1, FILTERS - 1, result + size);
    for (size_t o = 0; o < FILTERS; ++o) {
        expect(size, weights + o * size, gradient + o * size, standard, turned);
        const double off = distance(size, result + o * size, turned, 1 / 0.02);
        if (!(off < 10 * bound))
            fail_msg("gradient of %zu weights about %g, %g: off by %g", size, (double)mean,
                     (double)outlier, off);
    }
}

static void filters_of_any_size_mean_and_outlier_come_to_the_formula(void **state)
{
    static const size_t sizes[] = {2, 9, 15, 16, 17, 27, 64, 147, 511, 512, 513, 2304, MOST};
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i)
        for (int k = 0; k < 6; ++k)
            check(sizes[i], (float[]){0, 1, 100}[k % 3], k < 3 ? 0.0F : 30.0F);
}

static void a_filter_of_equal_weights_becomes_zeros(void **state)
{
    (void)state;
    for (size_t size = 1; size < 1000; size = 3 * size + 1) {
        const Parameter parameter = {.value = weights, .dims = {1, size}, .rank = 2, .count = size};
        for (size_t i = 0; i < size; ++i)
            weights[i] = 0.1F;
        weight_form_standardised()->prepare(&parameter, result);
        for (size_t i = 0; i < size; ++i)
            assert_true(fabs((double)result[i]) < 1e-2); /* 0.1 x 2^-24 / 1e-5 */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(filters_of_any_size_mean_and_outlier_come_to_the_formula),
        cmocka_unit_test(a_filter_of_equal_weights_becomes_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

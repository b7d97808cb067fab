/* The passes of a norm over bfloat16 against their definitions in double precision, number by
 * number: for one pixel and many, with and without a ReLU, and where a number is none. */
#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "nn/numbers.h"
#include "nn/ops/norm_halves.h"

enum { MOST_PIXELS = 9, MOST_CHANNELS = 48, MOST = MOST_PIXELS * MOST_CHANNELS };

typedef struct {
    uint16_t x[MOST], dy[MOST], before[MOST], to[MOST];
    float mean[MOST_CHANNELS], a[MOST_CHANNELS], beta[MOST_CHANNELS], k[MOST_CHANNELS],
        m[MOST_CHANNELS], sum[MOST_CHANNELS], product[MOST_CHANNELS];
    NormFactors factors;
    size_t pixels, count;
} Case;

static void fill(RandomStream *stream, size_t count, float *numbers)
{
    for (size_t i = 0; i < count; ++i)
        numbers[i] = random_normal(stream);
}

static void fill_halves(RandomStream *stream, size_t count, uint16_t *numbers)
{
    for (size_t i = 0; i < count; ++i)
        numbers[i] = bfloat16_of(random_normal(stream));
}

static void make(Case *c, size_t pixels, size_t channels, float floor)
{
    RandomStream stream;
    random_init(&stream, 11, "norm", (uint32_t)pixels, (uint32_t)channels);
    c->pixels = pixels;
    c->count = pixels * channels;
    fill_halves(&stream, c->count, c->x);
    fill_halves(&stream, c->count, c->dy);
    fill_halves(&stream, c->count, c->before);
    float *const all[] = {c->mean, c->a, c->beta, c->k, c->m};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        fill(&stream, channels, all[i]);
    c->factors = (NormFactors){channels, c->mean, c->a, c->beta, c->k, c->m, floor};
    memcpy(c->to, c->before, sizeof c->to);
}

static double distance_of(const Case *c, size_t i)
{
    return (double)float_of(c->x[i]) - (double)c->mean[i % c->factors.channels];
}

static double normal_of(const Case *c, size_t i)
{
    const size_t at = i % c->factors.channels;
    return (double)c->a[at] * distance_of(c, i) + (double)c->beta[at];
}

static double masked(const Case *c, size_t i)
{
    return normal_of(c, i) > (double)c->factors.floor ? (double)float_of(c->dy[i]) : 0;
}

/* bfloat16 is within 2^-8 of a number; sums that nearly cancel are within 2^-8 of their parts. */
static void check_halves(const Case *c, const double *expected)
{
    for (size_t i = 0; i < c->count; ++i)
        if (!(fabs((double)float_of(c->to[i]) - expected[i]) <= 0x1p-8 * fabs(expected[i]) + 1e-5))
            fail_msg("%zu pixels, number %zu: %g in place of %g", c->pixels, i,
                     (double)float_of(c->to[i]), expected[i]);
}

static void check_normalise(Case *c)
{
    double expected[MOST];
    for (size_t i = 0; i < c->count; ++i)
        expected[i] = fmax(normal_of(c, i), (double)c->factors.floor);
    norm_normalise(c->pixels, &c->factors, c->x, c->to);
    check_halves(c, expected);
}

static void check_spread(Case *c, bool add)
{
    double expected[MOST];
    memcpy(c->to, c->before, sizeof c->to);
    for (size_t i = 0; i < c->count; ++i) {
        const size_t at = i % c->factors.channels;
        expected[i] = (double)c->a[at] * masked(c, i) + (double)c->k[at] * distance_of(c, i) +
                      (double)c->m[at] + (add ? (double)float_of(c->before[i]) : 0);
    }
    norm_spread_gradients(c->pixels, &c->factors, c->x, c->dy, add, c->to);
    check_halves(c, expected);
}

/* Sums are added to; those of squares are not. */
static void check_sums(Case *c, bool gradients)
{
    const size_t channels = c->factors.channels;
    double sum[MOST_CHANNELS] = {0}, product[MOST_CHANNELS] = {0};
    for (size_t i = 0; i < channels; ++i) {
        c->sum[i] = (float)i;
        c->product[i] = -(float)i;
        sum[i] = gradients ? (double)i : 0;
        product[i] = gradients ? -(double)i : 0;
    }
    for (size_t i = 0; i < c->count; ++i) {
        const double distance = distance_of(c, i);
        const size_t at = i % channels;
        sum[at] += gradients ? masked(c, i) : distance;
        product[at] += gradients ? masked(c, i) * distance : distance * distance;
    }
    if (gradients)
        norm_sum_gradients(c->pixels, &c->factors, c->x, c->dy, c->sum, c->product);
    else
        norm_sum_squares(c->pixels, channels, c->x, c->mean, c->sum, c->product);
    for (size_t i = 0; i < channels; ++i) {
        assert_true(fabs((double)c->sum[i] - sum[i]) < 1e-4);
        assert_true(fabs((double)c->product[i] - product[i]) < 1e-4);
    }
}

static void passes_agree_with_their_definitions(void **state)
{
    (void)state;
    static Case c;
    for (size_t pixels = 1; pixels <= MOST_PIXELS; ++pixels)
        for (size_t channels = 16; channels <= MOST_CHANNELS; channels += 16)
            for (int relu = 0; relu < 2; ++relu) {
                make(&c, pixels, channels, relu ? 0.0F : -INFINITY);
                check_normalise(&c);
                check_spread(&c, false);
                check_spread(&c, true);
                check_sums(&c, false);
                check_sums(&c, true);
            }
}

static void what_is_no_number_stays_so(void **state)
{
    (void)state;
    static Case c;
    make(&c, 5, 16, 0);
    c.x[17] = 0x7FC0;
    norm_normalise(c.pixels, &c.factors, c.x, c.to);
    assert_true(isnan(float_of(c.to[17])) != 0);
    assert_true(isnan(float_of(c.to[16])) == 0);
    norm_spread_gradients(c.pixels, &c.factors, c.x, c.dy, false, c.to);
    assert_true(isnan(float_of(c.to[17])) != 0);
    c.x[17] = 0;
    c.dy[17] = 0x7FC0;
    c.beta[1] = 100;
    norm_spread_gradients(c.pixels, &c.factors, c.x, c.dy, false, c.to);
    assert_true(isnan(float_of(c.to[17])) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(passes_agree_with_their_definitions),
        cmocka_unit_test(what_is_no_number_stays_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

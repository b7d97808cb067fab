#include "../unit.h"

#include <math.h>

#include "base/random.h"
#include <Random123/philox.h>

static void philox_gives_the_published_numbers(void **state)
{
    (void)state;
    /* Random123's known-answer file: philox4x32-10, counter 0, key 0. */
    philox4x32_ctr_t counter = {{0, 0, 0, 0}};
    philox4x32_key_t key = {{0, 0}};
    philox4x32_ctr_t numbers = philox4x32(counter, key);
    assert_int_equal(numbers.v[0], 0x6627e8d5);
    assert_int_equal(numbers.v[3], 0x9b00dbd8);
}

static void a_stream_depends_on_each_of_its_keys(void **state)
{
    (void)state;
    RandomStream base, again, others[4];
    random_init(&base, 1, "init", 2, 3);
    random_init(&again, 1, "init", 2, 3);
    random_init(&others[0], 9, "init", 2, 3);
    random_init(&others[1], 1, "augment", 2, 3);
    random_init(&others[2], 1, "init", 9, 3);
    random_init(&others[3], 1, "init", 2, 9);
    uint32_t first = random_u32(&base);
    assert_int_equal(first, random_u32(&again));
    for (int i = 0; i < 4; ++i)
        assert_int_not_equal(first, random_u32(&others[i]));
}

static void a_stream_can_be_entered_anywhere(void **state)
{
    (void)state;
    enum { COUNT = 23 };
    uint32_t numbers[COUNT];
    RandomStream stream;
    random_init(&stream, 1, "seek", 2, 3);
    for (size_t i = 0; i < COUNT; ++i)
        numbers[i] = random_u32(&stream);
    for (size_t first = 0; first < COUNT; ++first) {
        random_seek(&stream, first);
        for (size_t i = first; i < COUNT; ++i)
            assert_int_equal(random_u32(&stream), numbers[i]);
    }
}

static void normal_numbers_have_mean_0_and_deviation_1(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    RandomStream stream;
    random_init(&stream, 4, "normal", 0, 0);
    double sum = 0, sum_of_squares = 0;
    for (int i = 0; i < COUNT; ++i) {
        double x = (double)random_normal(&stream);
        sum += x;
        sum_of_squares += x * x;
    }
    assert_true(fabs(sum / COUNT) < 0.015);
    assert_true(fabs(sum_of_squares / COUNT - 1) < 0.02);
}

static void numbers_below_a_bound_cover_it_evenly(void **state)
{
    (void)state;
    enum { BOUND = 7, COUNT = 70000 };
    RandomStream stream;
    random_init(&stream, 5, "below", 0, 0);
    int counts[BOUND] = {0};
    for (int i = 0; i < COUNT; ++i) {
        uint32_t x = random_below(&stream, BOUND);
        assert_in_range(x, 0, BOUND - 1);
        ++counts[x];
    }
    for (int i = 0; i < BOUND; ++i)
        assert_in_range(counts[i], COUNT / BOUND - 500, COUNT / BOUND + 500);
}

/* Its mean is 1/2 and its variance 1 / (4 (2 alpha + 1)); a small alpha is next to 0 or 1. */
static void beta_numbers_have_the_mean_and_variance_of_their_alpha(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    static const double alphas[] = {1, 0.2, 1e-6};
    RandomStream stream;
    random_init(&stream, 4, "beta", 0, 0);
    for (size_t k = 0; k < sizeof alphas / sizeof *alphas; ++k) {
        double sum = 0, sum_of_squares = 0;
        for (int i = 0; i < COUNT; ++i) {
            double x = random_beta(&stream, alphas[k]);
            assert_true(x >= 0 && x <= 1);
            sum += x;
            sum_of_squares += (x - 0.5) * (x - 0.5);
        }
        assert_true(fabs(sum / COUNT - 0.5) < 0.006);
        assert_true(fabs(sum_of_squares / COUNT - 1 / (4 * (2 * alphas[k] + 1))) < 0.002);
    }
}

static void a_shuffle_is_a_permutation(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    RandomStream stream;
    random_init(&stream, 6, "shuffle", 0, 0);
    uint32_t indices[COUNT];
    int seen[COUNT] = {0}, in_place = 0;
    for (uint32_t i = 0; i < COUNT; ++i)
        indices[i] = i;
    random_shuffle(&stream, COUNT, indices);
    for (uint32_t i = 0; i < COUNT; ++i) {
        assert_int_equal(seen[indices[i]]++, 0);
        in_place += indices[i] == i;
    }
    assert_true(in_place < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_numbers),
        cmocka_unit_test(a_stream_depends_on_each_of_its_keys),
        cmocka_unit_test(a_stream_can_be_entered_anywhere),
        cmocka_unit_test(normal_numbers_have_mean_0_and_deviation_1),
        cmocka_unit_test(numbers_below_a_bound_cover_it_evenly),
        cmocka_unit_test(beta_numbers_have_the_mean_and_variance_of_their_alpha),
        cmocka_unit_test(a_shuffle_is_a_permutation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <math.h>

#include "image/bilinear.h"

static void assert_tap(BilinearTap tap, size_t first, size_t second, float weight)
{
    assert_int_equal(tap.first, first);
    assert_int_equal(tap.second, second);
    assert_true(fabsf(tap.weight - weight) < 1e-6f);
}

static void doubling_takes_quarters_and_the_border_goes_on(void **state)
{
    (void)state;
    assert_tap(bilinear_tap(0, 6, 3), 0, 1, 0);
    assert_tap(bilinear_tap(1, 6, 3), 0, 1, 0.25f);
    assert_tap(bilinear_tap(2, 6, 3), 0, 1, 0.75f);
    assert_tap(bilinear_tap(3, 6, 3), 1, 2, 0.25f);
    assert_tap(bilinear_tap(5, 6, 3), 2, 2, 0.25f);
}

static void one_to_one_copies(void **state)
{
    (void)state;
    for (size_t i = 0; i < 7; ++i)
        assert_tap(bilinear_tap(i, 7, 7), i, i < 6 ? i + 1 : 6, 0);
}

static void taps_stay_inside_at_any_size(void **state)
{
    (void)state;
    for (size_t m = 1; m < 40; ++m)
        for (size_t n = 1; n < 200; n += 3)
            for (size_t i = 0; i < n; ++i) {
                BilinearTap tap = bilinear_tap(i, n, m);
                double at = fmax(0, ((double)i + 0.5) * (double)m / (double)n - 0.5);
                assert_true(tap.second < m && tap.first <= tap.second);
                if (tap.second > tap.first)
                    assert_true(fabs((double)tap.first + (double)tap.weight - at) < 1e-5);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubling_takes_quarters_and_the_border_goes_on),
        cmocka_unit_test(one_to_one_copies),
        cmocka_unit_test(taps_stay_inside_at_any_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

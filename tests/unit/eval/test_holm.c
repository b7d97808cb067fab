#include "../unit.h"

#include <stdbool.h>

#include "eval/holm.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

enum { TESTS = sizeof holm_p / sizeof *holm_p };

static void adjusted_values_are_statsmodels(void **state)
{
    (void)state;
    double adjusted[TESTS];
    assert_int_equal(holm_adjust(holm_p, TESTS, adjusted), STATUS_OK);
    for (size_t i = 0; i < TESTS; ++i)
        ASSERT_NEAR(adjusted[i], golden_holm[i]);
}

static void what_is_no_test_is_not_of_the_family(void **state)
{
    (void)state;
    double p[] = {0.02, (double)NAN, 0.03};
    assert_int_equal(holm_adjust(p, 3, p), STATUS_OK);
    ASSERT_NEAR(p[0], 0.04);
    assert_true(isnan(p[1]));
    ASSERT_NEAR(p[2], 0.04);
    assert_int_equal(holm_adjust(p, 0, p), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjusted_values_are_statsmodels),
        cmocka_unit_test(what_is_no_test_is_not_of_the_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

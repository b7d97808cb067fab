#include "../unit.h"

#include <stdbool.h>

#include "eval/independent_difference.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

enum { PAIRS = sizeof golden_newcombe / sizeof *golden_newcombe };

static void of_two_proportions_the_interval_is_newcombes(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAIRS; ++i) {
        const Interval found = independent_difference(
            golden_newcombe[i].one,
            (Interval){golden_newcombe[i].one_low, golden_newcombe[i].one_high},
            golden_newcombe[i].other,
            (Interval){golden_newcombe[i].other_low, golden_newcombe[i].other_high});
        ASSERT_NEAR(found.low, golden_newcombe[i].low);
        ASSERT_NEAR(found.high, golden_newcombe[i].high);
    }
}

static void without_an_end_there_is_none(void **state)
{
    (void)state;
    const double nan = (double)NAN;
    const Interval found =
        independent_difference(0.5, (Interval){0.4, nan}, 0.4, (Interval){0.3, 0.5});
    assert_true(!isnan(found.low)); /* which rests on the two other ends */
    assert_true(isnan(found.high) != 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_two_proportions_the_interval_is_newcombes),
        cmocka_unit_test(without_an_end_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

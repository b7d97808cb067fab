#include "../unit.h"

#include <stdbool.h>

#include "eval/several_seeds.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

static void seeds_and_patients_are_added(void **state)
{
    (void)state;
    SeveralSeeds found = several_seeds(seed_values, 3, 0.021, 40);
    const double shown[] = {found.mean,    found.deviation,    found.error,
                            found.freedom, found.interval.low, found.interval.high};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i)
        ASSERT_NEAR(shown[i], golden_seeds[i]);
}

static void one_seed_says_nothing_about_others(void **state)
{
    (void)state;
    SeveralSeeds found = several_seeds(seed_values, 1, 0.021, 40);
    ASSERT_NEAR(found.mean, 0.81);
    assert_true(isnan(found.deviation) && isnan(found.error) && isnan(found.interval.low));
    const double same[] = {0.5, 0.5};
    found = several_seeds(same, 2, 0, 40);
    ASSERT_NEAR(found.interval.low, 0.5);
    ASSERT_NEAR(found.interval.high, 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_and_patients_are_added),
        cmocka_unit_test(one_seed_says_nothing_about_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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

static void both_kinds_of_network_have_seeds(void **state)
{
    (void)state;
    const SeedValues first = {seed_values, 3}, second = {other_seed_values, 4};
    SeveralSeeds found = several_seeds_difference(first, second, 0.021, 40);
    const double shown[] = {found.mean, found.error, found.freedom, found.interval.low,
                            found.interval.high};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i)
        ASSERT_NEAR(shown[i], golden_seeds_difference[i]);
    found = several_seeds_difference((SeedValues){seed_values, 1}, second, 0.021, 40);
    assert_true(isnan(found.error) && isnan(found.interval.high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeds_and_patients_are_added),
        cmocka_unit_test(one_seed_says_nothing_about_others),
        cmocka_unit_test(both_kinds_of_network_have_seeds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

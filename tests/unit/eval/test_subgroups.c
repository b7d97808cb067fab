#include "../unit.h"

#include "eval/distributions.h"
#include "eval/subgroups.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/evidence.inc"
#include "near.h"

static void assert_test(const SubgroupTest *test, const double golden[4])
{
    assert_true(fabs(test->f / golden[0] - 1) < 1e-9);
    ASSERT_NEAR(test->levels_freedom, golden[1]);
    ASSERT_NEAR(test->patients_freedom, golden[2]);
    assert_true(fabs(test->p / golden[3] - 1) < 1e-9);
}

static void shares_and_areas_of_levels_that_share_patients(void **state)
{
    (void)state;
    Clusters patients;
    SubgroupTest test;
    assert_int_equal(clusters_init(&patients, subgroup_patient, SUBGROUP_ROWS), STATUS_OK);
    assert_int_equal(
        subgroups_test_shares(subgroup_right, subgroup_level, SUBGROUP_LEVELS, &patients, &test),
        STATUS_OK);
    assert_test(&test, golden_subgroup_shares);
    assert_int_equal(subgroups_test_areas(subgroup_score, subgroup_ill, subgroup_level,
                                          SUBGROUP_LEVELS, &patients, &test),
                     STATUS_OK);
    assert_test(&test, golden_subgroup_areas);
    clusters_clear(&patients);
}

static void fishers_distribution_is_scipys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_fisher / sizeof *golden_fisher; ++i) {
        const double *golden = golden_fisher[i];
        const double p = fisher_above(golden[0], golden[1], golden[2]);
        assert_true(fabs(p / golden[3] - 1) < 1e-9);
    }
    assert_true(isnan(fisher_above((double)NAN, 1, 2)));
}

static void levels_that_do_not_vary_cannot_be_tested(void **state)
{
    (void)state;
    const bool right[] = {true, true, true, true, false, true, false, false};
    const size_t level[] = {0, 0, 0, 0, 1, 1, 1, 1};
    const double scores[] = {1, 2, 3, 4, 5, 6, 7, 8};
    Clusters images;
    SubgroupTest test;
    assert_int_equal(clusters_init(&images, NULL, 8), STATUS_OK);
    assert_int_equal(subgroups_test_shares(right, level, 2, &images, &test), STATUS_OK);
    assert_true(isnan(test.p)); /* all of the first are right */
    assert_int_equal(subgroups_test_areas(scores, right, level, 2, &images, &test), STATUS_OK);
    assert_true(isnan(test.p)); /* all of the first are of one kind */
    const size_t empty[] = {0, 2, 0, 2, 0, 2, 0, 2};
    assert_int_equal(subgroups_test_shares(right, empty, 3, &images, &test), STATUS_OK);
    assert_true(isnan(test.p));
    clusters_clear(&images);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_and_areas_of_levels_that_share_patients),
        cmocka_unit_test(fishers_distribution_is_scipys),
        cmocka_unit_test(levels_that_do_not_vary_cannot_be_tested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

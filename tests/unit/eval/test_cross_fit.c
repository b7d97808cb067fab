#include "../unit.h"

#include <stdbool.h>

#include "eval/cross_fit.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

enum { IMAGES = sizeof fit_scores / sizeof *fit_scores };

static void points_are_scikit_learns_on_the_other_folds(void **state)
{
    (void)state;
    int64_t truth[IMAGES];
    uint32_t patients[IMAGES];
    double points[IMAGES];
    Clusters clusters;
    for (size_t i = 0; i < IMAGES; ++i) {
        truth[i] = fit_truth[i];
        patients[i] = (uint32_t)fit_patients[i];
    }
    assert_int_equal(clusters_init(&clusters, patients, IMAGES), STATUS_OK);
    assert_int_equal(cross_fit_points(fit_scores, truth, &clusters, points), STATUS_OK);
    for (size_t i = 0; i < IMAGES; ++i)
        ASSERT_NEAR(points[i], golden_points[i]);
    clusters_clear(&clusters);
}

static void no_patient_has_a_say_in_its_own_point(void **state)
{
    (void)state;
    int64_t truth[] = {0, -1, 0, -1, 0, -1};
    double scores[] = {0.9, 0.1, 0.8, 0.2, 0.7, 0.3}, points[6], changed[6];
    Clusters clusters;
    assert_int_equal(clusters_init(&clusters, (const uint32_t[]){5, 5, 7, 7, 9, 9}, 6), STATUS_OK);
    assert_int_equal(cross_fit_points(scores, truth, &clusters, points), STATUS_OK);
    scores[4] = 0.01;
    scores[5] = 0.99;
    assert_int_equal(cross_fit_points(scores, truth, &clusters, changed), STATUS_OK);
    ASSERT_NEAR(points[4], 0.8);
    ASSERT_NEAR(changed[4], points[4]);
    ASSERT_NEAR(changed[5], points[5]);
    assert_true(changed[0] != points[0]);
    clusters_clear(&clusters);
}

static void one_patient_has_nobody_to_choose_for_it(void **state)
{
    (void)state;
    double points[2];
    Clusters clusters;
    assert_int_equal(clusters_init(&clusters, (const uint32_t[]){3, 3}, 2), STATUS_OK);
    assert_int_equal(
        cross_fit_points((const double[]){0.9, 0.1}, (const int64_t[]){0, -1}, &clusters, points),
        STATUS_OK);
    assert_true(isnan(points[0]) && isnan(points[1]));
    clusters_clear(&clusters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_scikit_learns_on_the_other_folds),
        cmocka_unit_test(no_patient_has_a_say_in_its_own_point),
        cmocka_unit_test(one_patient_has_nobody_to_choose_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

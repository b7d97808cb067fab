#include "../unit.h"

#include "eval/clustered_delong.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"
#include "../../golden/patients_r.inc"
#include "../../golden/statistics.inc"
#include "../../golden/statistics_r.inc"

static ClusteredDelong test_of(const double *a, const double *b, const bool *positive,
                               const uint32_t *patients, size_t images)
{
    Clusters clusters;
    ClusteredDelong test;
    assert_int_equal(clusters_init(&clusters, patients, images), STATUS_OK);
    assert_int_equal(clustered_delong(a, b, positive, &clusters, &test), STATUS_OK);
    clusters_clear(&clusters);
    return test;
}

static void assert_golden(const ClusteredDelong *test, const double *golden /* 10 */)
{
    const double found[] = {test->auc[0],
                            test->auc[1],
                            test->variance[0],
                            test->variance[1],
                            test->covariance,
                            test->difference_error,
                            test->interval.low,
                            test->interval.high,
                            test->z,
                            test->p};
    for (size_t i = 0; i < sizeof found / sizeof *found; ++i)
        ASSERT_NEAR(found[i], golden[i]);
}

static void patients_agree_with_obuchowskis_double_loops(void **state)
{
    (void)state;
    ClusteredDelong test = test_of(cluster_score_a, cluster_score_b, cluster_positive,
                                   cluster_patient, CLUSTER_IMAGES);
    assert_golden(&test, golden_clustered_delong);
}

static void patients_agree_with_rs_survival(void **state)
{
    (void)state;
    ClusteredDelong test =
        test_of(r_patient_a, r_patient_b, r_patient_lesion, r_patient, R_PATIENT_IMAGES);
    assert_golden(&test, golden_r_patients);
}

static void single_images_give_delongs_variance(void **state)
{
    (void)state;
    ClusteredDelong test =
        test_of(cluster_score_a, cluster_score_b, cluster_positive, NULL, CLUSTER_IMAGES);
    assert_golden(&test, golden_single_delong);
}

static void single_images_agree_with_the_double_loop_over_pairs(void **state)
{
    (void)state;
    ClusteredDelong test = test_of(roc_scores_a, roc_scores_b, roc_positive, NULL, ROC_IMAGES);
    ASSERT_NEAR(test.auc[0], golden_auc_a);
    ASSERT_NEAR(test.auc[1], golden_auc_b);
    ASSERT_NEAR(test.variance[0], golden_delong_variance[0]);
    ASSERT_NEAR(test.variance[1], golden_delong_variance[1]);
    ASSERT_NEAR(test.covariance, golden_delong_covariance);
    ASSERT_NEAR(test.z, golden_delong_z);
    ASSERT_NEAR(test.p, golden_delong_p);
}

static void a_test_does_not_differ_from_itself(void **state)
{
    (void)state;
    ClusteredDelong test = test_of(cluster_score_a, cluster_score_a, cluster_positive,
                                   cluster_patient, CLUSTER_IMAGES);
    ASSERT_NEAR(test.difference_error, 0);
    ASSERT_NEAR(test.z, 0);
    ASSERT_NEAR(test.p, 1);
}

static void one_kind_or_one_patient_of_it_leaves_the_test_undefined(void **state)
{
    (void)state;
    const double scores[4] = {0.1, 0.2, 0.3, 0.4};
    const bool all[4] = {true, true, true, true}, two[4] = {true, true, false, false};
    const uint32_t patients[4] = {1, 1, 2, 3};
    ClusteredDelong test = test_of(scores, scores, all, NULL, 4);
    assert_true(isnan(test.auc[0]) && isnan(test.difference) && isnan(test.p));
    test = test_of(scores, scores, two, patients, 4);
    ASSERT_NEAR(test.auc[0], 0);
    assert_true(isnan(test.variance[0]) && isnan(test.z) && isnan(test.p));
    test = test_of(scores, scores, two, NULL, 4);
    ASSERT_NEAR(test.p, 1);
}

static void single_images_agree_with_r(void **state)
{
    (void)state;
    ClusteredDelong test = test_of(r_a, r_b, r_lesion, NULL, R_IMAGES);
    const double found[] = {
        test.auc[0], test.auc[1], test.variance[0], test.variance[1], test.covariance,
        test.z,      test.p};
    for (size_t i = 0; i < sizeof found / sizeof *found; ++i)
        ASSERT_NEAR(found[i], golden_r_delong[i]);
    ASSERT_NEAR(test.interval.low, golden_r_delong_interval[0]);
    ASSERT_NEAR(test.interval.high, golden_r_delong_interval[1]);
    /* Of other images variances are added, as there is no covariance. */
    ClusteredDelong alone = test_of(r_other, r_other, r_other_lesion, NULL, R_OTHER_IMAGES);
    ASSERT_NEAR(alone.auc[0], golden_r_unpaired[0]);
    ASSERT_NEAR(alone.variance[0], golden_r_unpaired[1]);
    ASSERT_NEAR((test.auc[0] - alone.auc[0]) / sqrt(test.variance[0] + alone.variance[0]),
                golden_r_unpaired[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_images_agree_with_r),
        cmocka_unit_test(patients_agree_with_obuchowskis_double_loops),
        cmocka_unit_test(patients_agree_with_rs_survival),
        cmocka_unit_test(single_images_give_delongs_variance),
        cmocka_unit_test(single_images_agree_with_the_double_loop_over_pairs),
        cmocka_unit_test(a_test_does_not_differ_from_itself),
        cmocka_unit_test(one_kind_or_one_patient_of_it_leaves_the_test_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

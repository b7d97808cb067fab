#include "../unit.h"

#include "eval/roc.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"

static void points_and_area_agree_with_scikit_learn_under_ties(void **state)
{
    (void)state;
    Roc roc;
    assert_int_equal(roc_init(&roc, roc_scores_a, roc_positive, ROC_IMAGES), STATUS_OK);
    assert_int_equal(roc.count, ROC_POINTS);
    for (size_t i = 0; i < roc.count; ++i) {
        ASSERT_NEAR(roc.threshold[i], golden_thresholds[i]);
        ASSERT_NEAR(roc.false_positive_rate[i], golden_fpr[i]);
        ASSERT_NEAR(roc.true_positive_rate[i], golden_tpr[i]);
    }
    ASSERT_NEAR(roc.auc, golden_auc_a);
    roc_clear(&roc);
    assert_int_equal(roc_init(&roc, roc_scores_b, roc_positive, ROC_IMAGES), STATUS_OK);
    ASSERT_NEAR(roc.auc, golden_auc_b);
    roc_clear(&roc);
}

static void all_scores_tied_give_one_half(void **state)
{
    (void)state;
    const double scores[] = {0.5, 0.5, 0.5};
    const bool positive[] = {true, false, true};
    Roc roc;
    assert_int_equal(roc_init(&roc, scores, positive, 3), STATUS_OK);
    assert_int_equal(roc.count, 2);
    ASSERT_NEAR(roc.auc, 0.5);
    roc_clear(&roc);
}

static void one_kind_only_has_no_curve(void **state)
{
    (void)state;
    const double scores[] = {0.2, 0.4};
    const bool positive[] = {true, true}, negative[] = {false, false};
    Roc roc;
    assert_int_equal(roc_init(&roc, scores, positive, 2), STATUS_OK);
    assert_int_equal(roc.count, 0);
    assert_true(isnan(roc.auc));
    roc_clear(&roc);
    assert_int_equal(roc_init(&roc, scores, negative, 2), STATUS_OK);
    assert_true(isnan(roc.auc));
    roc_clear(&roc);
    assert_int_equal(roc_init(&roc, NULL, NULL, 0), STATUS_OK);
    assert_true(isnan(roc.auc));
    roc_clear(&roc);
}

static void a_score_that_is_not_a_number_is_refused(void **state)
{
    (void)state;
    const double scores[] = {0.2, (double)NAN};
    const bool positive[] = {true, false};
    Roc roc;
    assert_int_equal(roc_init(&roc, scores, positive, 2), STATUS_ARGUMENT);
}

static void youden_takes_the_highest_threshold_of_equal_ones(void **state)
{
    (void)state;
    /* J = 1/2 at 0.9, 0 at 0.8 and 0.7, 1/2 at 0.7, 0 at the end: ordered +, -, +, -. */
    const double scores[] = {0.9, 0.8, 0.7, 0.6};
    const bool positive[] = {true, false, true, false};
    Roc roc;
    assert_int_equal(roc_init(&roc, scores, positive, 4), STATUS_OK);
    ASSERT_NEAR(roc.threshold[roc_youden(&roc)], 0.9);
    roc_clear(&roc);
    const bool better_later[] = {false, true, true, false};
    assert_int_equal(roc_init(&roc, scores, better_later, 4), STATUS_OK);
    ASSERT_NEAR(roc.threshold[roc_youden(&roc)], 0.7);
    roc_clear(&roc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_and_area_agree_with_scikit_learn_under_ties),
        cmocka_unit_test(all_scores_tied_give_one_half),
        cmocka_unit_test(one_kind_only_has_no_curve),
        cmocka_unit_test(a_score_that_is_not_a_number_is_refused),
        cmocka_unit_test(youden_takes_the_highest_threshold_of_equal_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

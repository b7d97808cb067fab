#include "../unit.h"

#include "eval/fixed_points.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/evidence.inc"
#include "near.h"

static void the_best_threshold_that_a_bound_allows(void **state)
{
    (void)state;
    RocRepeats roc;
    assert_int_equal(roc_repeats_init(&roc, calibration_score, calibration_truth, FRAMES),
                     STATUS_OK);
    for (int weighted = 0; weighted < 2; ++weighted) {
        const double *golden = weighted ? golden_weighted_points : golden_plain_points;
        const size_t *weights = weighted ? calibration_weight : NULL;
        ASSERT_NEAR(sensitivity_at_specificity(&roc, weights, 0.9), golden[0]);
        ASSERT_NEAR(specificity_at_sensitivity(&roc, weights, 0.9), golden[1]);
        ASSERT_NEAR(sensitivity_at_specificity(&roc, weights, 0.95), golden[2]);
        ASSERT_NEAR(specificity_at_sensitivity(&roc, weights, 0.95), golden[3]);
    }
    roc_repeats_clear(&roc);
}

static void predictive_values_and_net_benefit_at_a_prevalence(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; ++weighted) {
        const double *golden = weighted ? golden_weighted_values : golden_plain_values;
        const ThresholdShares shares =
            threshold_shares(calibration_score, calibration_truth,
                             weighted ? calibration_weight : NULL, FRAMES, 0.3);
        const PredictiveValues values =
            predictive_values(shares.sensitivity, shares.specificity, 0.07);
        ASSERT_NEAR(shares.sensitivity, golden[0]);
        ASSERT_NEAR(shares.specificity, golden[1]);
        ASSERT_NEAR(values.positive, golden[2]);
        ASSERT_NEAR(values.negative, golden[3]);
        ASSERT_NEAR(net_benefit(shares, 0.07, 0.3), golden[4]);
    }
}

static void acting_on_all_or_none(void **state)
{
    (void)state;
    ASSERT_NEAR(net_benefit((ThresholdShares){1, 0}, 0.2, 0.2), 0);
    ASSERT_NEAR(net_benefit((ThresholdShares){0, 1}, 0.2, 0.5), 0);
    assert_true(isnan(predictive_values(0, 1, 0.2).positive)); /* nothing is called */
}

static void frames_of_one_kind_have_no_points(void **state)
{
    (void)state;
    const double scores[] = {0.1, 0.2};
    const bool positive[] = {true, true};
    RocRepeats roc;
    assert_int_equal(roc_repeats_init(&roc, scores, positive, 2), STATUS_OK);
    assert_true(isnan(sensitivity_at_specificity(&roc, NULL, 0.9)));
    roc_repeats_clear(&roc);
    assert_true(isnan(threshold_shares(scores, positive, NULL, 2, 0.15).specificity));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_threshold_that_a_bound_allows),
        cmocka_unit_test(predictive_values_and_net_benefit_at_a_prevalence),
        cmocka_unit_test(acting_on_all_or_none),
        cmocka_unit_test(frames_of_one_kind_have_no_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

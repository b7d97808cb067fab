#include "../unit.h"

#include "eval/calibration.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/evidence.inc"
#include "../../golden/patients_r.inc"
#include "near.h"

/* What is found by steps, here and there. */
#define ASSERT_CLOSE(a, b)                                                                         \
    do {                                                                                           \
        if (!(fabs((a) - (b)) <= 1e-9 * fmax(1, fabs(b)))) {                                       \
            print_error("%s = %.17g, expected %.17g\n", #a, (a), (b));                             \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

static void the_parts_of_brier_are_scikit_learns_isotonic_regression(void **state)
{
    (void)state;
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, calibration_score, calibration_truth, FRAMES),
                     STATUS_OK);
    for (int weighted = 0; weighted < 2; ++weighted) {
        const double *golden = weighted ? golden_weighted_brier : golden_plain_brier;
        const BrierParts parts =
            calibration_brier(&calibration, weighted ? calibration_weight : NULL);
        ASSERT_NEAR(parts.brier, golden[0]);
        ASSERT_NEAR(parts.miscalibration, golden[1]);
        ASSERT_NEAR(parts.discrimination, golden[2]);
        ASSERT_NEAR(parts.uncertainty, golden[3]);
        ASSERT_NEAR(parts.miscalibration - parts.discrimination + parts.uncertainty, parts.brier);
    }
    calibration_clear(&calibration);
}

static void recalibration_is_statsmodels_regression(void **state)
{
    (void)state;
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, calibration_score, calibration_truth, FRAMES),
                     STATUS_OK);
    for (int weighted = 0; weighted < 2; ++weighted) {
        const double *golden = weighted ? golden_weighted_fit : golden_plain_fit;
        static const Recalibration far = {.intercept = -4, .slope = 9, .in_the_large = 7};
        const size_t *weights = weighted ? calibration_weight : NULL;
        const Recalibration founds[] = {calibration_fit(&calibration, weights, NULL),
                                        calibration_fit(&calibration, weights, &far)};
        for (size_t i = 0; i < 2; ++i) {
            ASSERT_CLOSE(founds[i].intercept, golden[0]);
            ASSERT_CLOSE(founds[i].slope, golden[1]);
            ASSERT_CLOSE(founds[i].in_the_large, golden[2]);
        }
    }
    calibration_clear(&calibration);
}

static void recalibration_and_brier_are_rs(void **state)
{
    (void)state;
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, r_score, r_truth, R_FRAMES), STATUS_OK);
    for (int weighted = 0; weighted < 2; ++weighted) {
        const double *line = weighted ? golden_r_weighted_line : golden_r_plain_line;
        const double *rms = weighted ? golden_r_weighted_rms : golden_r_plain_rms;
        const size_t *weights = weighted ? r_times : NULL;
        const Recalibration found = calibration_fit(&calibration, weights, NULL);
        ASSERT_CLOSE(found.intercept, line[0]);
        ASSERT_CLOSE(found.slope, line[1]);
        ASSERT_CLOSE(found.in_the_large, line[2]);
        ASSERT_CLOSE(calibration_temperature(&calibration, weights), line[3]);
        ASSERT_CLOSE(calibration_brier(&calibration, weights).brier, rms[1]);
    }
    calibration_clear(&calibration);
}

static Recalibration fit(const double *scores, const bool *positive, size_t rows)
{
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, scores, positive, rows), STATUS_OK);
    const Recalibration found = calibration_fit(&calibration, NULL, NULL);
    calibration_clear(&calibration);
    return found;
}

static void an_infinite_slope_is_undefined(void **state)
{
    (void)state;
    const double scores[] = {0, 0.2, 0.6, 1};
    const bool apart[] = {false, false, true, true}, touching[] = {false, true, false, true},
               lesions[] = {true, true, true, true};
    Recalibration found = fit(scores, apart, 4);
    assert_true(isnan(found.slope) && isnan(found.intercept));
    assert_true(isfinite(found.in_the_large));
    found = fit(scores, touching, 4);
    assert_true(isfinite(found.slope));
    const double tied[] = {0.2, 0.3, 0.3, 0.9}; /* lesions from 0.3 up, others up to 0.3 */
    found = fit(tied, touching, 4);
    assert_true(isnan(found.slope));
    found = fit(scores, lesions, 4);
    assert_true(isnan(found.in_the_large) && isnan(found.slope));
}

static void a_temperature_is_statsmodels_slope_without_an_intercept(void **state)
{
    (void)state;
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, calibration_score, calibration_truth, FRAMES),
                     STATUS_OK);
    const double plain = calibration_temperature(&calibration, NULL);
    const double weighted = calibration_temperature(&calibration, calibration_weight);
    calibration_clear(&calibration);
    assert_true(fabs(plain - golden_plain_temperature) < 1e-9);
    assert_true(fabs(weighted - golden_weighted_temperature) < 1e-9);
    ASSERT_NEAR(calibration_at(0.8, 2), 2.0 / 3); /* odds of 4 become 2 */
    ASSERT_NEAR(calibration_at(0.5, 7), 0.5);
}

static double temperature_of(const double *scores, const bool *positive, size_t rows)
{
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, scores, positive, rows), STATUS_OK);
    const double temperature = calibration_temperature(&calibration, NULL);
    calibration_clear(&calibration);
    return temperature;
}

static void no_temperature_mends_scores_that_say_nothing_or_are_never_wrong(void **state)
{
    (void)state;
    const double scores[] = {0.1, 0.4, 0.6, 0.9};
    const bool right[] = {false, false, true, true}, wrong[] = {true, true, false, false},
               lesions[] = {true, true, true, true};
    assert_true(isnan(temperature_of(scores, right, 4)));
    assert_true(isnan(temperature_of(scores, wrong, 4)));
    assert_true(isnan(temperature_of(scores, lesions, 4)));
}

static void no_frames_have_no_score_and_scores_are_probabilities(void **state)
{
    (void)state;
    const double scores[] = {0.5, 1.5}, half = 0.5;
    const bool positive[] = {true, false};
    const size_t none[] = {0};
    Calibration calibration;
    assert_int_equal(calibration_init(&calibration, scores, positive, 2), STATUS_ARGUMENT);
    assert_int_equal(calibration_init(&calibration, &half, positive, 1), STATUS_OK);
    assert_true(isnan(calibration_brier(&calibration, none).brier));
    calibration_clear(&calibration);
}

static void a_logit_is_finite_at_the_ends(void **state)
{
    (void)state;
    ASSERT_NEAR(calibration_logit(0.8), log(4));
    ASSERT_NEAR(calibration_logit(0), log(CALIBRATION_LEAST / (1 - CALIBRATION_LEAST)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_brier_are_scikit_learns_isotonic_regression),
        cmocka_unit_test(recalibration_is_statsmodels_regression),
        cmocka_unit_test(recalibration_and_brier_are_rs),
        cmocka_unit_test(an_infinite_slope_is_undefined),
        cmocka_unit_test(a_temperature_is_statsmodels_slope_without_an_intercept),
        cmocka_unit_test(no_temperature_mends_scores_that_say_nothing_or_are_never_wrong),
        cmocka_unit_test(no_frames_have_no_score_and_scores_are_probabilities),
        cmocka_unit_test(a_logit_is_finite_at_the_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

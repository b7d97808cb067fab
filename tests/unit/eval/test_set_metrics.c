#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "eval/set_metrics.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"

static const char *const names[] = {"GC", "GU", "CG"};

static int64_t truth[OUTCOME_IMAGES], predicted[OUTCOME_IMAGES];

static OutcomeInput input_of(const double *scores, const int32_t *of, size_t images)
{
    return (OutcomeInput){.images = images,
                          .classes = OUTCOME_CLASSES,
                          .scores = scores,
                          .truth = of,
                          .class_names = names,
                          .operating_point = outcome_point};
}

static SetAnswers golden_answers(void)
{
    const OutcomeInput input = input_of(outcome_scores, outcome_truth, OUTCOME_IMAGES);
    Outcome outcome;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_OK);
    for (size_t i = 0; i < OUTCOME_IMAGES; ++i) {
        truth[i] = outcome_truth[i];
        predicted[i] = outcome.predicted[i];
    }
    outcome_clear(&outcome);
    return (SetAnswers){.given.images = OUTCOME_IMAGES,
                        .given.classes = OUTCOME_CLASSES,
                        .scores = outcome_scores,
                        .given.truth = truth,
                        .given.predicted = predicted,
                        .class_names = names};
}

static double value_of(const SetMetrics *metrics, const double *values, const char *name)
{
    for (size_t i = 0; i < set_metrics_count(metrics); ++i)
        if (strcmp(set_metrics_name(metrics, i), name) == 0)
            return values[i];
    fail_msg("no metric %s", name);
    return 0;
}

static void every_image_once_agrees_with_scikit_learn(void **state)
{
    (void)state;
    const SetAnswers answers = golden_answers();
    SetMetrics *metrics;
    size_t ones[OUTCOME_IMAGES];
    double values[64];
    for (size_t i = 0; i < OUTCOME_IMAGES; ++i)
        ones[i] = 1;
    assert_int_equal(set_metrics_new(&answers, &metrics), STATUS_OK);
    assert_in_range(set_metrics_count(metrics), 1, 64);
    assert_int_equal(set_metrics_compute(metrics, ones, values), STATUS_OK);
    for (size_t i = 0; i < sizeof golden_metrics / sizeof *golden_metrics; ++i)
        ASSERT_NEAR(value_of(metrics, values, golden_metrics[i].name), golden_metrics[i].value);
    set_metrics_free(metrics);
}

/* Image i stands i % 4 times. */
static void weights_agree_with_images_written_several_times(void **state)
{
    (void)state;
    const SetAnswers answers = golden_answers();
    SetMetrics *metrics;
    Outcome outcome;
    size_t weights[OUTCOME_IMAGES], count = 0;
    double values[64];
    double *scores = calloc(4 * OUTCOME_IMAGES * OUTCOME_CLASSES, sizeof *scores);
    int32_t *of = calloc(4 * OUTCOME_IMAGES, sizeof *of);
    for (size_t i = 0; i < OUTCOME_IMAGES; ++i) {
        weights[i] = i % 4;
        for (size_t k = 0; k < weights[i]; ++k, ++count) {
            memcpy(scores + count * OUTCOME_CLASSES, outcome_scores + i * OUTCOME_CLASSES,
                   OUTCOME_CLASSES * sizeof *scores);
            of[count] = outcome_truth[i];
        }
    }
    const OutcomeInput input = input_of(scores, of, count);
    assert_int_equal(outcome_init(&outcome, &input), STATUS_OK);
    assert_int_equal(set_metrics_new(&answers, &metrics), STATUS_OK);
    assert_int_equal(set_metrics_compute(metrics, weights, values), STATUS_OK);
    assert_int_equal(set_metrics_count(metrics), outcome.metric_count);
    for (size_t i = 0; i < outcome.metric_count; ++i) {
        assert_string_equal(set_metrics_name(metrics, i), outcome.metrics[i].name);
        ASSERT_NEAR(values[i], outcome.metrics[i].value);
    }
    outcome_clear(&outcome);
    set_metrics_free(metrics);
    free(scores);
    free(of);
}

/* Four images: normal with a false mask, normal, and two lesions, the second without a mask. */
static void masks_and_boxes_are_averaged_by_weight(void **state)
{
    (void)state;
    const double scores[] = {0.2, 0.1, 0.9, 0.8}, dice[] = {NAN, NAN, 0.5, NAN};
    const double share[] = {0.25, 0, 0.1, 0.1}, overlap[] = {NAN, NAN, 0.65, 0.85};
    const int64_t is[] = {-1, -1, 0, 0}, said[] = {-1, -1, 0, 0};
    const FoundBox found[] = {{2, 0, 0.9, {0, 0, 10, 10}}, {3, 0, 0.8, {50, 50, 60, 60}}};
    const AnnotatedBox annotated[] = {{2, 0, {0, 0, 10, 10}}, {3, 0, {0, 0, 10, 10}}};
    const DetectionSet boxes = {found, 2, annotated, 2};
    const SetAnswers answers = {.given.images = 4,
                                .given.classes = 1,
                                .scores = scores,
                                .given.truth = is,
                                .given.predicted = said,
                                .class_names = names,
                                .dice = dice,
                                .mask_iou = dice,
                                .mask_share = share,
                                .box_overlap = overlap,
                                .boxes = &boxes};
    const size_t weights[] = {3, 1, 1, 3};
    double values[64];
    SetMetrics *metrics;
    assert_int_equal(set_metrics_new(&answers, &metrics), STATUS_OK);
    assert_int_equal(set_metrics_compute(metrics, weights, values), STATUS_OK);
    ASSERT_NEAR(value_of(metrics, values, "dice"), 0.5);
    ASSERT_NEAR(value_of(metrics, values, "mask_specificity"), 0.25);
    ASSERT_NEAR(value_of(metrics, values, "mask_false_share"), 0.1875);
    ASSERT_NEAR(value_of(metrics, values, "overlap_60"), 1);
    ASSERT_NEAR(value_of(metrics, values, "overlap_70"), 0.75);
    ASSERT_NEAR(value_of(metrics, values, "overlap_90"), 0);
    ASSERT_NEAR(value_of(metrics, values, "ap_50"), 0.25); /* one of four, before any mistake */
    ASSERT_NEAR(value_of(metrics, values, "GC_ap_50"), 0.25);
    set_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_image_once_agrees_with_scikit_learn),
        cmocka_unit_test(weights_agree_with_images_written_several_times),
        cmocka_unit_test(masks_and_boxes_are_averaged_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

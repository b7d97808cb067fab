#include "../unit.h"

#include <stdbool.h>

#include "eval/image_metrics.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/statistics.inc"

static ImageAnswers answers(void)
{
    return (ImageAnswers){.given.images = CLUSTER_IMAGES,
                          .given.classes = 3,
                          .lesion_score = cluster_score_a,
                          .given.truth = cluster_truth,
                          .given.predicted = cluster_predicted,
                          .dice = cluster_dice};
}

static void metrics_of_repeated_images_are_scikit_learns(void **state)
{
    (void)state;
    ImageAnswers given = answers();
    ImageMetrics *metrics = NULL;
    double values[IMAGE_METRICS];
    assert_int_equal(image_metrics_new(&given, &metrics), STATUS_OK);
    assert_int_equal(image_metrics_compute(metrics, cluster_weight, values), STATUS_OK);
    for (size_t i = 0; i < IMAGE_METRICS; ++i)
        ASSERT_NEAR(values[i], golden_image_metrics[i]);
    assert_int_equal(image_metrics_compute(metrics, cluster_weight, values),
                     STATUS_OK); /* nothing is left of before */
    ASSERT_NEAR(values[IMAGE_METRIC_F1], golden_image_metrics[IMAGE_METRIC_F1]);
    image_metrics_free(metrics);
}

static void what_no_image_tells_is_undefined(void **state)
{
    (void)state;
    ImageAnswers given = answers();
    ImageMetrics *metrics = NULL;
    double values[IMAGE_METRICS];
    size_t weights[CLUSTER_IMAGES] = {0};
    given.dice = NULL;
    assert_int_equal(image_metrics_new(&given, &metrics), STATUS_OK);
    assert_int_equal(image_metrics_compute(metrics, weights, values), STATUS_OK);
    for (size_t i = 0; i < IMAGE_METRICS; ++i)
        assert_true(isnan(values[i]));
    image_metrics_free(metrics);
}

static void classes_out_of_range_are_refused(void **state)
{
    (void)state;
    ImageAnswers given = answers();
    ImageMetrics *metrics = NULL;
    given.given.classes = 2;
    assert_int_equal(image_metrics_new(&given, &metrics), STATUS_ARGUMENT);
    assert_null(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_of_repeated_images_are_scikit_learns),
        cmocka_unit_test(what_no_image_tells_is_undefined),
        cmocka_unit_test(classes_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

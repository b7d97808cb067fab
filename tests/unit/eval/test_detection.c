#include "../unit.h"

#include "eval/detection.h"
#include "near.h"

#include "../../golden/box_precision.inc"

static double average_precision(const DetectionSet *set, uint32_t class_index, double iou)
{
    double value = -1;
    assert_int_equal(detection_average_precision(set, class_index, iou, &value), STATUS_OK);
    return value;
}

static void the_area_is_taken_under_the_precision_envelope(void **state)
{
    (void)state;
    /* Ranked right, wrong, right, wrong, right of 4 annotated: precisions at the right ones are
     * 1, 2/3, 3/5, each at a further quarter of recall, and the last quarter is never reached. */
    const Box lesion = {10, 10, 20, 20}, elsewhere = {50, 50, 60, 60};
    const AnnotatedBox annotated[] = {
        {0, 0, lesion}, {1, 0, lesion}, {2, 0, lesion}, {3, 0, lesion}};
    const FoundBox found[] = {{2, 0, 0.5, lesion},
                              {0, 0, 0.9, lesion},
                              {0, 0, 0.8, elsewhere},
                              {1, 0, 0.7, elsewhere},
                              {1, 0, 0.75, lesion}};
    DetectionSet set = {found, 5, annotated, 4};
    ASSERT_NEAR(average_precision(&set, 0, 0.5), (1 + 2.0 / 3 + 3.0 / 5) / 4);
}

static void a_dip_in_precision_is_filled_from_the_right(void **state)
{
    (void)state;
    /* Ranked wrong, right, right: precisions 0, 1/2, 2/3; the envelope lifts all to 2/3. */
    const Box lesion = {10, 10, 20, 20}, elsewhere = {50, 50, 60, 60};
    const AnnotatedBox annotated[] = {{0, 0, lesion}, {1, 0, lesion}};
    const FoundBox found[] = {{0, 0, 0.9, elsewhere}, {0, 0, 0.8, lesion}, {1, 0, 0.7, lesion}};
    DetectionSet set = {found, 3, annotated, 2};
    ASSERT_NEAR(average_precision(&set, 0, 0.5), 2.0 / 3);
}

static void two_boxes_on_one_lesion_are_one_right_and_one_wrong(void **state)
{
    (void)state;
    const Box lesion = {10, 10, 20, 20};
    const AnnotatedBox annotated[] = {{0, 0, lesion}, {1, 0, lesion}};
    const FoundBox found[] = {{0, 0, 0.9, lesion}, {0, 0, 0.8, lesion}, {1, 0, 0.7, lesion}};
    DetectionSet set = {found, 3, annotated, 2};
    ASSERT_NEAR(average_precision(&set, 0, 0.5), 0.5 * 1 + 0.5 * 2.0 / 3);
}

static void boxes_of_other_images_and_classes_do_not_match(void **state)
{
    (void)state;
    const Box lesion = {10, 10, 20, 20};
    const AnnotatedBox annotated[] = {{0, 0, lesion}, {1, 1, lesion}};
    const FoundBox found[] = {{1, 0, 0.9, lesion}, {0, 1, 0.8, lesion}};
    DetectionSet set = {found, 2, annotated, 2};
    ASSERT_NEAR(average_precision(&set, 0, 0.5), 0);
    ASSERT_NEAR(average_precision(&set, 1, 0.5), 0);
    assert_true(isnan(average_precision(&set, 2, 0.5)));
}

static void nothing_found_is_0_and_nothing_annotated_is_undefined(void **state)
{
    (void)state;
    const Box lesion = {10, 10, 20, 20};
    const AnnotatedBox annotated[] = {{0, 0, lesion}};
    const FoundBox found[] = {{0, 0, 0.9, lesion}};
    DetectionSet nothing_found = {NULL, 0, annotated, 1}, nothing_annotated = {found, 1, NULL, 0};
    ASSERT_NEAR(average_precision(&nothing_found, 0, 0.5), 0);
    assert_true(isnan(average_precision(&nothing_annotated, 0, 0.5)));
    DetectionMeans means;
    assert_int_equal(detection_means(&nothing_annotated, 3, &means, NULL), STATUS_OK);
    assert_true(isnan(means.ap_50) && isnan(means.ap_50_95));
}

static void the_mean_over_thresholds_and_classes(void **state)
{
    (void)state;
    /* IoU 0.7 counts at 0.50, 0.55, 0.60, 0.65, 0.70: 5 of 10 thresholds. */
    const Box lesion = {0, 0, 10, 10}, shorter = {0, 0, 10, 7};
    const AnnotatedBox annotated[] = {{0, 0, lesion}, {0, 2, lesion}};
    const FoundBox found[] = {{0, 0, 0.9, shorter}, {0, 2, 0.9, lesion}};
    DetectionSet set = {found, 2, annotated, 2};
    double value = 0;
    assert_int_equal(detection_average_precision_50_95(&set, 0, &value), STATUS_OK);
    ASSERT_NEAR(value, 0.5);
    DetectionMeans means;
    double each[3];
    assert_int_equal(detection_means(&set, 3, &means, each), STATUS_OK);
    ASSERT_NEAR(means.ap_50, 1);
    ASSERT_NEAR(means.ap_50_95, 0.75);
    assert_true(each[0] == 1 && isnan(each[1]) && each[2] == 1);
}

static void overlap_judges_the_highest_scoring_box_of_the_class(void **state)
{
    (void)state;
    const Box lesion = {0, 0, 10, 10}, half = {0, 0, 10, 5};
    const AnnotatedBox annotated[] = {{4, 1, lesion}};
    const FoundBox found[] = {
        {4, 1, 0.3, lesion}, {4, 1, 0.6, half}, {4, 0, 0.9, lesion}, {5, 1, 0.9, lesion}};
    DetectionSet set = {found, 4, annotated, 1}, none = {NULL, 0, annotated, 1};
    ASSERT_NEAR(detection_overlap(&set, 4, 1), 0.5);
    ASSERT_NEAR(detection_overlap(&none, 4, 1), 0);
    assert_true(isnan(detection_overlap(&set, 4, 0)));
}

/* Drawing images with repeats is the same as a set in which their boxes stand as often. */
static void repeated_images_count_as_often_as_they_stand(void **state)
{
    (void)state;
    const Box lesion = {0, 0, 10, 10}, half = {0, 0, 10, 6}, away = {30, 30, 40, 40};
    const AnnotatedBox annotated[] = {{0, 0, lesion}, {1, 0, lesion}, {2, 1, lesion}};
    const FoundBox found[] = {{0, 0, 0.9, half},   {1, 0, 0.8, away},   {0, 0, 0.7, lesion},
                              {1, 0, 0.6, lesion}, {2, 1, 0.5, lesion}, {2, 1, 0.9, away}};
    const size_t weights[3][3] = {{1, 1, 1}, {2, 0, 3}, {1, 3, 0}};
    DetectionSet set = {found, 6, annotated, 3};
    DetectionRepeats *repeats;
    assert_int_equal(detection_repeats_new(&set, 2, 3, &repeats), STATUS_OK);
    for (size_t k = 0; k < 3; ++k) {
        AnnotatedBox all_annotated[16];
        FoundBox all_found[32];
        size_t annotated_count = 0, found_count = 0;
        uint32_t image = 0;
        for (uint32_t i = 0; i < 3; ++i)
            for (size_t copy = 0; copy < weights[k][i]; ++copy, ++image) {
                for (size_t b = 0; b < 3; ++b)
                    if (annotated[b].image == i) {
                        all_annotated[annotated_count] = annotated[b];
                        all_annotated[annotated_count++].image = image;
                    }
                for (size_t b = 0; b < 6; ++b)
                    if (found[b].image == i) {
                        all_found[found_count] = found[b];
                        all_found[found_count++].image = image;
                    }
            }
        DetectionSet whole = {all_found, found_count, all_annotated, annotated_count};
        double each[2], wanted[2];
        DetectionMeans expected, got = detection_repeats_means(repeats, weights[k], each);
        assert_int_equal(detection_means(&whole, 2, &expected, wanted), STATUS_OK);
        ASSERT_NEAR(got.ap_50, expected.ap_50);
        ASSERT_NEAR(got.ap_50_95, expected.ap_50_95);
        for (size_t c = 0; c < 2; ++c)
            assert_true(isnan(wanted[c]) ? isnan(each[c]) : fabs(each[c] - wanted[c]) < 1e-12);
    }
    detection_repeats_free(repeats);
}

static void average_precisions_are_those_of_plain_python(void **state)
{
    (void)state;
    static FoundBox found[BOX_FOUND];
    static AnnotatedBox annotated[BOX_LESIONS];
    const DetectionSet set = {found, BOX_FOUND, annotated, BOX_LESIONS};
    DetectionRepeats *repeats;
    size_t ones[BOX_IMAGES];
    for (size_t i = 0; i < BOX_IMAGES; ++i)
        ones[i] = 1;
    for (size_t i = 0; i < BOX_FOUND; ++i) {
        const int *of = box_found[i];
        found[i] = (FoundBox){(uint32_t)of[0],
                              (uint32_t)of[1],
                              box_score[i],
                              {(float)of[2], (float)of[3], (float)of[4], (float)of[5]}};
    }
    for (size_t i = 0; i < BOX_LESIONS; ++i) {
        const int *of = box_lesion[i];
        annotated[i] = (AnnotatedBox){(uint32_t)of[0],
                                      (uint32_t)of[1],
                                      {(float)of[2], (float)of[3], (float)of[4], (float)of[5]}};
    }
    assert_int_equal(detection_repeats_new(&set, BOX_CLASSES, BOX_IMAGES, &repeats), STATUS_OK);
    double each[3][BOX_CLASSES];
    DetectionMeans means[3] = {[1] = detection_repeats_means(repeats, ones, each[1]),
                               [2] = detection_repeats_means(repeats, box_weight, each[2])};
    assert_int_equal(detection_means(&set, BOX_CLASSES, &means[0], each[0]), STATUS_OK);
    for (size_t k = 0; k < 3; ++k) {
        const double *golden = k < 2 ? golden_plain_boxes : golden_weighted_boxes;
        for (size_t c = 0; c < BOX_CLASSES; ++c)
            ASSERT_NEAR(each[k][c], golden[c]);
        ASSERT_NEAR(means[k].ap_50, golden[BOX_CLASSES]);
        ASSERT_NEAR(means[k].ap_50_95, golden[BOX_CLASSES + 1]);
    }
    detection_repeats_free(repeats);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_area_is_taken_under_the_precision_envelope),
        cmocka_unit_test(a_dip_in_precision_is_filled_from_the_right),
        cmocka_unit_test(two_boxes_on_one_lesion_are_one_right_and_one_wrong),
        cmocka_unit_test(boxes_of_other_images_and_classes_do_not_match),
        cmocka_unit_test(nothing_found_is_0_and_nothing_annotated_is_undefined),
        cmocka_unit_test(the_mean_over_thresholds_and_classes),
        cmocka_unit_test(repeated_images_count_as_often_as_they_stand),
        cmocka_unit_test(average_precisions_are_those_of_plain_python),
        cmocka_unit_test(overlap_judges_the_highest_scoring_box_of_the_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <string.h>

#include "eval/froc.h"
#include "eval/precision_recall.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/evidence.inc"

static FoundBox places[MARK_PLACES];
static AnnotatedBox lesions[MARK_LESIONS];
static const DetectionSet set = {places, MARK_PLACES, lesions, MARK_LESIONS};

static int make_boxes(void **state)
{
    (void)state;
    for (size_t i = 0; i < MARK_PLACES; ++i) {
        const int *row = golden_place[i];
        places[i] = (FoundBox){.image = (uint32_t)row[0],
                               .class_index = (uint32_t)i % 3,
                               .score = golden_place_score[i],
                               .box = {(float)row[1], (float)row[2], (float)row[3], (float)row[4]}};
    }
    for (size_t i = 0; i < MARK_LESIONS; ++i) {
        const int *row = golden_lesion[i];
        lesions[i] =
            (AnnotatedBox){.image = (uint32_t)row[0],
                           .box = {(float)row[1], (float)row[2], (float)row[3], (float)row[4]}};
    }
    return 0;
}

/* What the golden script says of a rule. */
typedef struct {
    HitRule rule;
    const int *hit;
    const double *curve_x, *curve_y, *all, *group, *at, *average_precision;
} Golden;
static const Golden goldens[] = {
    {HIT_OVERLAP, golden_overlap_hit, golden_overlap_false_positives, golden_overlap_sensitivity,
     golden_overlap_all_froc, golden_overlap_group_froc, golden_overlap_at,
     golden_overlap_average_precision},
    {HIT_CENTRE, golden_centre_hit, golden_centre_false_positives, golden_centre_sensitivity,
     golden_centre_all_froc, golden_centre_group_froc, golden_centre_at,
     golden_centre_average_precision}};

static void marks_make(Marks *marks, HitRule rule)
{
    assert_int_equal(marks_init(marks, &set, MARK_IMAGES, rule, 0.5), STATUS_OK);
}

static void marks_hit_what_they_overlap_or_centre_on(void **state)
{
    (void)state;
    for (size_t r = 0; r < 2; ++r) {
        Marks marks;
        size_t hits = 0, golden_hits = 0;
        marks_make(&marks, goldens[r].rule);
        for (size_t i = 0; i < marks.count; ++i) {
            const Mark *mark = &marks.marks[i];
            bool known = false; /* a place of this image, score and hit */
            for (size_t k = 0; k < MARK_PLACES; ++k)
                known |= places[k].image == mark->image && places[k].score == mark->score &&
                         goldens[r].hit[k] == (mark->lesion == SIZE_MAX ? -1 : (int)mark->lesion);
            assert_true(known);
            assert_true(i == 0 || marks.marks[i - 1].score >= mark->score);
            hits += mark->kind != MARK_FALSE;
        }
        for (size_t k = 0; k < MARK_PLACES; ++k)
            golden_hits += goldens[r].hit[k] >= 0;
        assert_int_equal(hits, golden_hits);
        marks_clear(&marks);
    }
}

static void froc_curves_are_those_of_every_threshold(void **state)
{
    (void)state;
    for (size_t r = 0; r < 2; ++r) {
        Marks marks;
        Froc froc;
        marks_make(&marks, goldens[r].rule);
        const FrocGroup all = {&marks, NULL};
        assert_int_equal(froc_init(&froc, &all), STATUS_OK);
        for (size_t i = 0; i < froc.count; ++i) {
            ASSERT_NEAR(froc.false_positives[i], goldens[r].curve_x[i]);
            ASSERT_NEAR(froc.sensitivity[i], goldens[r].curve_y[i]);
        }
        froc_clear(&froc);
        marks_clear(&marks);
    }
}

static void areas_and_sensitivities_up_to_a_number_of_false_positives(void **state)
{
    (void)state;
    static const double limits[] = {0.25, 1, 10};
    for (size_t r = 0; r < 2; ++r) {
        Marks marks;
        marks_make(&marks, goldens[r].rule);
        const FrocGroup all = {&marks, NULL}, group = {&marks, mark_group};
        FrocArea plain[3], drawn[3];
        froc_areas(&all, NULL, limits, 3, plain);
        froc_areas(&group, mark_weight, limits, 3, drawn);
        for (size_t i = 0; i < 3; ++i) {
            ASSERT_NEAR(plain[i].area, goldens[r].all[2 * i]);
            ASSERT_NEAR(plain[i].sensitivity, goldens[r].all[2 * i + 1]);
            ASSERT_NEAR(drawn[i].area, goldens[r].group[2 * i]);
            ASSERT_NEAR(drawn[i].sensitivity, goldens[r].group[2 * i + 1]);
        }
        const FrocPoint at = froc_at(&all, mark_weight, 0.6);
        ASSERT_NEAR(at.sensitivity, goldens[r].at[0]);
        ASSERT_NEAR(at.false_positives, goldens[r].at[1]);
        ASSERT_NEAR(at.precision, goldens[r].at[2]);
        marks_clear(&marks);
    }
}

static void average_precision_of_places(void **state)
{
    (void)state;
    for (size_t r = 0; r < 2; ++r) {
        Marks marks;
        const double *golden = goldens[r].average_precision;
        marks_make(&marks, goldens[r].rule);
        ASSERT_NEAR(precision_recall_average(&marks, NULL, false), golden[0]);
        ASSERT_NEAR(precision_recall_average(&marks, NULL, true), golden[1]);
        ASSERT_NEAR(precision_recall_average(&marks, mark_weight, false), golden[2]);
        ASSERT_NEAR(precision_recall_average(&marks, mark_weight, true), golden[3]);
        marks_clear(&marks);
    }
}

static void precision_and_recall_of_frames_are_scikit_learns(void **state)
{
    (void)state;
    Marks marks;
    PrecisionRecall curve;
    assert_int_equal(marks_of_images(&marks, frame_score, frame_positive, MARK_IMAGES), STATUS_OK);
    assert_int_equal(precision_recall_init(&curve, &marks), STATUS_OK);
    assert_true(curve.count >= sizeof golden_frame_recall / sizeof(double));
    for (size_t i = 0; i < sizeof golden_frame_recall / sizeof(double); ++i) {
        ASSERT_NEAR(curve.precision[i], golden_frame_precision[i]);
        ASSERT_NEAR(curve.recall[i], golden_frame_recall[i]);
    }
    ASSERT_NEAR(precision_recall_average(&marks, NULL, false), golden_frame_average_precision);
    ASSERT_NEAR(precision_recall_average(&marks, mark_weight, false),
                golden_frame_weighted_average_precision);
    precision_recall_clear(&curve);
    marks_clear(&marks);
}

static void nothing_to_find_has_no_sensitivity(void **state)
{
    (void)state;
    const DetectionSet none = {places, MARK_PLACES, NULL, 0};
    const bool nobody[MARK_LESIONS] = {false};
    const double one_a_frame = 1;
    Marks marks;
    PrecisionRecall curve;
    FrocArea area;
    assert_int_equal(marks_init(&marks, &none, MARK_IMAGES, HIT_OVERLAP, 0.5), STATUS_OK);
    const FrocGroup all = {&marks, NULL};
    froc_areas(&all, NULL, &one_a_frame, 1, &area);
    assert_true(isnan(area.area) && isnan(area.sensitivity));
    assert_true(isnan(froc_at(&all, NULL, 0.5).sensitivity));
    assert_true(isnan(precision_recall_average(&marks, NULL, true)));
    assert_int_equal(precision_recall_init(&curve, &marks), STATUS_OK);
    assert_int_equal(curve.count, 0);
    precision_recall_clear(&curve);
    marks_clear(&marks);
    marks_make(&marks, HIT_OVERLAP);
    const FrocGroup empty = {&marks, nobody};
    froc_areas(&empty, NULL, &one_a_frame, 1, &area);
    assert_true(isnan(area.area));
    assert_true(isnan(froc_at(&empty, NULL, 2).precision)); /* no mark scores so high */
    marks_clear(&marks);
}

static void scores_that_are_not_numbers_are_refused(void **state)
{
    (void)state;
    Marks marks;
    const double scores[] = {0.5, (double)NAN};
    const bool positive[] = {true, false};
    assert_int_equal(marks_of_images(&marks, scores, positive, 2), STATUS_ARGUMENT);
    FoundBox wrong = places[0];
    wrong.score = (double)NAN;
    const DetectionSet one = {&wrong, 1, lesions, MARK_LESIONS};
    assert_int_equal(marks_init(&marks, &one, MARK_IMAGES, HIT_CENTRE, 0), STATUS_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_hit_what_they_overlap_or_centre_on),
        cmocka_unit_test(froc_curves_are_those_of_every_threshold),
        cmocka_unit_test(areas_and_sensitivities_up_to_a_number_of_false_positives),
        cmocka_unit_test(average_precision_of_places),
        cmocka_unit_test(precision_and_recall_of_frames_are_scikit_learns),
        cmocka_unit_test(nothing_to_find_has_no_sensitivity),
        cmocka_unit_test(scores_that_are_not_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, make_boxes, NULL);
}

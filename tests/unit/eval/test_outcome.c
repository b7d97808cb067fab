#include "../unit.h"

#include <string.h>

#include "base/status.h"
#include "eval/outcome.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"

static const char *const names[] = {"GC", "GU", "CG"};

/* The metric of a name; NULL if there is none. */
static const OutcomeMetric *find(const Outcome *outcome, const char *name)
{
    for (size_t i = 0; i < outcome->metric_count; ++i)
        if (strcmp(outcome->metrics[i].name, name) == 0)
            return &outcome->metrics[i];
    return NULL;
}

static OutcomeInput golden_input(size_t replicates)
{
    return (OutcomeInput){.images = OUTCOME_IMAGES,
                          .classes = OUTCOME_CLASSES,
                          .scores = outcome_scores,
                          .truth = outcome_truth,
                          .class_names = names,
                          .operating_point = outcome_point,
                          .replicates = replicates,
                          .seed = 1};
}

static void metrics_agree_with_scikit_learn(void **state)
{
    (void)state;
    OutcomeInput input = golden_input(200);
    Outcome outcome;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_OK);
    for (size_t i = 0; i < sizeof golden_metrics / sizeof *golden_metrics; ++i) {
        const OutcomeMetric *metric = find(&outcome, golden_metrics[i].name);
        assert_non_null(metric);
        ASSERT_NEAR(metric->value, golden_metrics[i].value);
        assert_true(metric->low < metric->value && metric->value < metric->high);
    }
    assert_null(find(&outcome, "no such metric"));
    ASSERT_NEAR(outcome.roc.auc, find(&outcome, "auc")->value);
    ASSERT_NEAR(outcome.class_roc[2].auc, find(&outcome, "CG_auc")->value);
    outcome_clear(&outcome);
}

static void every_metric_has_a_name_of_its_own(void **state)
{
    (void)state;
    OutcomeInput input = golden_input(0);
    Outcome outcome;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_OK);
    for (size_t i = 0; i < outcome.metric_count; ++i) {
        assert_true(outcome.metrics[i].name[0] != '\0');
        assert_ptr_equal(find(&outcome, outcome.metrics[i].name), &outcome.metrics[i]);
        assert_true(isnan(outcome.metrics[i].low));
    }
    outcome_clear(&outcome);
}

static void the_operating_point_decides_between_normal_and_the_best_class(void **state)
{
    (void)state;
    const double scores[] = {0.5, 0.7, /* */ 0.69, 0.2, /* */ 0, 0, /* */ 0.8, 0.8};
    const int32_t truth[] = {1, 0, OUTCOME_NORMAL, 1};
    OutcomeInput input = {.images = 4,
                          .classes = 2,
                          .scores = scores,
                          .truth = truth,
                          .class_names = names,
                          .operating_point = 0.7};
    Outcome outcome;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_OK);
    assert_int_equal(outcome.predicted[0], 1); /* reaches the point exactly */
    assert_int_equal(outcome.predicted[1], OUTCOME_NORMAL);
    assert_int_equal(outcome.predicted[2], OUTCOME_NORMAL);
    assert_int_equal(outcome.predicted[3], 0); /* the first of equals */
    assert_int_equal(confusion_count(&outcome.confusion, 1, 0), 1);
    assert_int_equal(confusion_count(&outcome.lesion_confusion, 0, 0), 1);
    assert_int_equal(confusion_total(&outcome.lesion_confusion), 3);
    outcome_clear(&outcome);
}

static void an_image_without_any_box_is_normal_at_every_operating_point(void **state)
{
    (void)state;
    const double scores[] = {0, 0};
    const int32_t truth[] = {0};
    OutcomeInput input = {.images = 1,
                          .classes = 2,
                          .scores = scores,
                          .truth = truth,
                          .class_names = names,
                          .operating_point = 0};
    Outcome outcome;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_OK);
    assert_int_equal(outcome.predicted[0], OUTCOME_NORMAL);
    assert_true(isnan(find(&outcome, "auc")->value));
    outcome_clear(&outcome);
}

static void the_operating_point_comes_from_the_youden_index_or_a_stated_default(void **state)
{
    (void)state;
    const double scores[] = {0.9, 0.1, /* */ 0.3, 0.6, /* */ 0.2, 0.4};
    const int32_t mixed[] = {0, 1, OUTCOME_NORMAL}, lesions[] = {0, 1, 1},
                  normals[] = {OUTCOME_NORMAL, OUTCOME_NORMAL, OUTCOME_NORMAL};
    double point = 0;
    assert_int_equal(outcome_operating_point(scores, mixed, 3, 2, &point), STATUS_OK);
    ASSERT_NEAR(point, 0.6);
    assert_int_equal(outcome_operating_point(scores, lesions, 3, 2, &point), STATUS_OK);
    ASSERT_NEAR(point, OUTCOME_POINT_ANY);
    assert_int_equal(outcome_operating_point(scores, normals, 3, 2, &point), STATUS_OK);
    ASSERT_NEAR(point, OUTCOME_POINT_DEFAULT);
}

static void bad_input_is_refused_by_the_image(void **state)
{
    (void)state;
    double scores[] = {0.9, 0.1, 0.3, 0.6};
    int32_t truth[] = {0, 2};
    OutcomeInput input = {
        .images = 2, .classes = 2, .scores = scores, .truth = truth, .class_names = names};
    Outcome outcome;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "image 1"));
    truth[1] = 1;
    scores[2] = (double)NAN;
    assert_int_equal(outcome_init(&outcome, &input), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "image 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_agree_with_scikit_learn),
        cmocka_unit_test(every_metric_has_a_name_of_its_own),
        cmocka_unit_test(the_operating_point_decides_between_normal_and_the_best_class),
        cmocka_unit_test(an_image_without_any_box_is_normal_at_every_operating_point),
        cmocka_unit_test(the_operating_point_comes_from_the_youden_index_or_a_stated_default),
        cmocka_unit_test(bad_input_is_refused_by_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* From scores to every reported number.
 *
 * All metrics are computed by one function from a list of rows; the point values come from the list
 * of all rows, the intervals from the bootstrap's lists, so both are the same arithmetic.
 */
#include "eval/outcome.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/interval.h"

/* The places of the metrics: COMMON_COUNT ones, then four a class (normal first), then one a lesion
 * class. */
enum {
    ACCURACY,
    F1,
    SENSITIVITY,
    SPECIFICITY,
    PRECISION,
    AUC,
    CLASS_AUC,
    LESION_ACCURACY,
    LESION_F1,
    LESION_SENSITIVITY,
    LESION_SPECIFICITY,
    LESION_PRECISION,
    COMMON_COUNT
};

static const char *const common_names[COMMON_COUNT] = {
    "accuracy",           "f1",
    "sensitivity",        "specificity",
    "precision",          "auc",
    "class_auc",          "lesion_accuracy",
    "lesion_f1",          "lesion_sensitivity",
    "lesion_specificity", "lesion_precision",
};

static size_t count_metrics(size_t classes)
{
    return COMMON_COUNT + 4 * (classes + 1) + classes;
}

/* What computing the metrics of a list of rows needs. */
typedef struct {
    const OutcomeInput *input;
    const Outcome *outcome; /* its lesion_score and predicted are filled */
    Confusion confusion;    /* K + 1 classes */
    Confusion binary;
    size_t room;    /* rows that the arrays below hold */
    double *scores; /* room */
    bool *positive; /* room */
    size_t *order;  /* room */
} MetricWork;

static void work_clear(MetricWork *work)
{
    confusion_clear(&work->confusion);
    confusion_clear(&work->binary);
    free(work->scores);
    free(work->positive);
    free(work->order);
}

static Status work_reserve(MetricWork *work, size_t rows)
{
    if (rows <= work->room)
        return STATUS_OK;
    free(work->scores);
    free(work->positive);
    free(work->order);
    work->scores = NULL;
    work->positive = NULL;
    work->order = NULL;
    work->room = 0;
    TRY(MEMORY_NEW(&work->scores, 2 * rows));
    TRY(MEMORY_NEW(&work->positive, 2 * rows));
    TRY(MEMORY_NEW(&work->order, 2 * rows));
    work->room = 2 * rows;
    return STATUS_OK;
}

/* The area of the lesion score (class_index OUTCOME_NORMAL) or of one class's score. */
static double area(MetricWork *work, const size_t *rows, size_t count, int32_t class_index)
{
    const OutcomeInput *input = work->input;
    for (size_t i = 0; i < count; ++i) {
        size_t row = rows[i];
        bool lesion = class_index == OUTCOME_NORMAL;
        work->scores[i] = lesion ? work->outcome->lesion_score[row]
                                 : input->scores[row * input->classes + (size_t)class_index];
        work->positive[i] =
            lesion ? input->truth[row] != OUTCOME_NORMAL : input->truth[row] == class_index;
    }
    return roc_auc(work->scores, work->positive, count, work->order);
}

/* The IntervalStatistic: all metrics of a list of rows. */
static Status compute_metrics(void *context, const size_t *rows, size_t count, double *values)
{
    MetricWork *work = context;
    const size_t classes = work->input->classes;
    TRY(work_reserve(work, count));
    confusion_reset(&work->confusion);
    for (size_t i = 0; i < count; ++i)
        confusion_add(&work->confusion, (size_t)(work->input->truth[rows[i]] + 1),
                      (size_t)(work->outcome->predicted[rows[i]] + 1));
    confusion_to_binary(&work->confusion, 0, &work->binary);
    ConfusionShares macro = confusion_macro(&work->confusion);
    ConfusionShares lesion = confusion_class(&work->binary, 1);
    values[ACCURACY] = confusion_accuracy(&work->confusion);
    values[F1] = macro.f1;
    values[SENSITIVITY] = macro.sensitivity;
    values[SPECIFICITY] = macro.specificity;
    values[PRECISION] = macro.precision;
    values[AUC] = area(work, rows, count, OUTCOME_NORMAL);
    values[LESION_ACCURACY] = confusion_accuracy(&work->binary);
    values[LESION_F1] = lesion.f1;
    values[LESION_SENSITIVITY] = lesion.sensitivity;
    values[LESION_SPECIFICITY] = lesion.specificity;
    values[LESION_PRECISION] = lesion.precision;

    double *at = values + COMMON_COUNT;
    for (size_t i = 0; i <= classes; ++i) {
        ConfusionShares shares = confusion_class(&work->confusion, i);
        *at++ = shares.sensitivity;
        *at++ = shares.specificity;
        *at++ = shares.precision;
        *at++ = shares.f1;
    }
    double sum = 0;
    size_t defined = 0;
    for (size_t i = 0; i < classes; ++i) {
        *at = area(work, rows, count, (int32_t)i);
        if (!isnan(*at)) {
            sum += *at;
            ++defined;
        }
        ++at;
    }
    values[CLASS_AUC] = defined ? sum / (double)defined : (double)NAN;
    return STATUS_OK;
}

static Status check_input(const OutcomeInput *input)
{
    if (input->classes == 0 || input->classes > INT16_MAX)
        FAIL(STATUS_ARGUMENT, "outcome: 1 to %d lesion classes expected, not %zu", INT16_MAX,
             input->classes);
    if (isnan(input->operating_point))
        FAIL(STATUS_ARGUMENT, "outcome: the operating point is not a number");
    for (size_t i = 0; i < input->images; ++i) {
        if (input->truth[i] < OUTCOME_NORMAL || input->truth[i] >= (int32_t)input->classes)
            FAIL(STATUS_ARGUMENT, "outcome: class of image %zu: -1 to %zu expected, not %d", i,
                 input->classes - 1, (int)input->truth[i]);
        for (size_t c = 0; c < input->classes; ++c)
            if (isnan(input->scores[i * input->classes + c]))
                FAIL(STATUS_ARGUMENT, "outcome: score %zu of image %zu is not a number", c, i);
    }
    return STATUS_OK;
}

static size_t largest(const double *scores, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; ++i)
        if (scores[i] > scores[best])
            best = i;
    return best;
}

/* Lesion scores, predicted classes and the two confusion matrices. */
static Status decide(Outcome *outcome, const OutcomeInput *input)
{
    TRY(MEMORY_NEW(&outcome->lesion_score, input->images));
    TRY(MEMORY_NEW(&outcome->predicted, input->images));
    TRY(confusion_init(&outcome->confusion, input->classes + 1));
    TRY(confusion_init(&outcome->lesion_confusion, input->classes));
    for (size_t i = 0; i < input->images; ++i) {
        const double *scores = input->scores + i * input->classes;
        size_t best = largest(scores, input->classes);
        double score = scores[best];
        outcome->lesion_score[i] = score;
        outcome->predicted[i] =
            outcome_is_lesion(score, input->operating_point) ? (int32_t)best : OUTCOME_NORMAL;
        confusion_add(&outcome->confusion, (size_t)(input->truth[i] + 1),
                      (size_t)(outcome->predicted[i] + 1));
        if (input->truth[i] != OUTCOME_NORMAL)
            confusion_add(&outcome->lesion_confusion, (size_t)input->truth[i], best);
    }
    return STATUS_OK;
}

static Status make_curves(Outcome *outcome, const OutcomeInput *input)
{
    Status status = STATUS_OK;
    double *scores = NULL;
    bool *positive = NULL;
    TRY_GOTO(status, done, MEMORY_NEW(&scores, input->images));
    TRY_GOTO(status, done, MEMORY_NEW(&positive, input->images));
    TRY_GOTO(status, done, MEMORY_NEW(&outcome->class_roc, input->classes));
    for (size_t i = 0; i < input->images; ++i)
        positive[i] = input->truth[i] != OUTCOME_NORMAL;
    TRY_GOTO(status, done, roc_init(&outcome->roc, outcome->lesion_score, positive, input->images));
    for (size_t c = 0; c < input->classes; ++c) {
        for (size_t i = 0; i < input->images; ++i) {
            scores[i] = input->scores[i * input->classes + c];
            positive[i] = input->truth[i] == (int32_t)c;
        }
        TRY_GOTO(status, done, roc_init(&outcome->class_roc[c], scores, positive, input->images));
    }

done:
    free(scores);
    free(positive);
    return status;
}

static void name_metrics(Outcome *outcome, const OutcomeInput *input)
{
    static const char *const shares[] = {"sensitivity", "specificity", "precision", "f1"};
    OutcomeMetric *metric = outcome->metrics;
    for (size_t i = 0; i < COMMON_COUNT; ++i)
        snprintf((metric++)->name, OUTCOME_NAME_BYTES, "%s", common_names[i]);
    for (size_t i = 0; i <= input->classes; ++i)
        for (size_t j = 0; j < 4; ++j)
            snprintf((metric++)->name, OUTCOME_NAME_BYTES, "%s_%s",
                     i == 0 ? "normal" : input->class_names[i - 1], shares[j]);
    for (size_t i = 0; i < input->classes; ++i)
        snprintf((metric++)->name, OUTCOME_NAME_BYTES, "%s_auc", input->class_names[i]);
}

static Status make_metrics(Outcome *outcome, const OutcomeInput *input)
{
    const size_t count = count_metrics(input->classes);
    MetricWork work = {.input = input, .outcome = outcome};
    size_t *rows = NULL;
    double *values = NULL;
    Interval *intervals = NULL;
    Status status = STATUS_OK;
    TRY_GOTO(status, done, MEMORY_NEW(&outcome->metrics, count));
    outcome->metric_count = count;
    name_metrics(outcome, input);
    TRY_GOTO(status, done, MEMORY_NEW(&rows, input->images));
    TRY_GOTO(status, done, MEMORY_NEW(&values, count));
    TRY_GOTO(status, done, MEMORY_NEW(&intervals, count));
    TRY_GOTO(status, done, confusion_init(&work.confusion, input->classes + 1));
    TRY_GOTO(status, done, confusion_init(&work.binary, 2));
    for (size_t i = 0; i < input->images; ++i)
        rows[i] = i;
    TRY_GOTO(status, done, compute_metrics(&work, rows, input->images, values));
    BootstrapPlan plan = {
        .rows = input->images,
        .groups = input->groups,
        .replicates = input->replicates,
        .seed = input->seed,
        .statistics = count,
        .compute = compute_metrics,
        .context = &work,
    };
    TRY_GOTO(status, done, interval_bootstrap(&plan, intervals));
    for (size_t i = 0; i < count; ++i) {
        outcome->metrics[i].value = values[i];
        outcome->metrics[i].low = intervals[i].low;
        outcome->metrics[i].high = intervals[i].high;
    }

done:
    free(rows);
    free(values);
    free(intervals);
    work_clear(&work);
    return status;
}

static Status fill(Outcome *outcome, const OutcomeInput *input)
{
    TRY(decide(outcome, input));
    TRY(make_curves(outcome, input));
    return make_metrics(outcome, input);
}

Status outcome_init(Outcome *outcome, const OutcomeInput *input)
{
    *outcome = (Outcome){.images = input->images, .classes = input->classes};
    TRY(check_input(input));
    Status status = fill(outcome, input);
    if (status != STATUS_OK)
        outcome_clear(outcome);
    return status;
}

void outcome_clear(Outcome *outcome)
{
    free(outcome->lesion_score);
    free(outcome->predicted);
    confusion_clear(&outcome->confusion);
    confusion_clear(&outcome->lesion_confusion);
    roc_clear(&outcome->roc);
    for (size_t i = 0; outcome->class_roc != NULL && i < outcome->classes; ++i)
        roc_clear(&outcome->class_roc[i]);
    free(outcome->class_roc);
    free(outcome->metrics);
    *outcome = (Outcome){0};
}

Status outcome_operating_point(const double *scores, const int32_t *truth, size_t images,
                               size_t classes, double *operating_point)
{
    assert(classes > 0);
    double *lesion_score = NULL;
    bool *positive = NULL;
    Roc roc = {0};
    Status status = STATUS_OK;
    TRY_GOTO(status, done, MEMORY_NEW(&lesion_score, images));
    TRY_GOTO(status, done, MEMORY_NEW(&positive, images));
    for (size_t i = 0; i < images; ++i) {
        const double *row = scores + i * classes;
        lesion_score[i] = row[largest(row, classes)];
        positive[i] = truth[i] != OUTCOME_NORMAL;
    }
    TRY_GOTO(status, done, roc_init(&roc, lesion_score, positive, images));
    if (roc.count > 0)
        *operating_point = roc.threshold[roc_youden(&roc)];
    else
        *operating_point = roc.positives > 0 ? OUTCOME_POINT_ANY : OUTCOME_POINT_DEFAULT;

done:
    free(lesion_score);
    free(positive);
    roc_clear(&roc);
    return status;
}

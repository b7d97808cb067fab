/* See split_metrics.h. */
#include "train/split_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/interval.h"
#include "eval/quantile.h"

struct MetricRows {
    const Evaluation *evaluation;
    const double *box_overlap; /* images */
    const size_t *rows;        /* count: images, with repeats */
    size_t count;
    DetectionMeans means; /* of the rows; NaN without boxes */
    double *seconds;      /* scratch: as many as rows are ever drawn */
};

/* ---- the table ---- */

/* The mean of those that are numbers; NaN if none is. */
static double mean_of(const MetricRows *rows, const double *values)
{
    double sum = 0;
    size_t numbers = 0;
    for (size_t i = 0; i < rows->count; ++i)
        if (!isnan(values[rows->rows[i]])) {
            sum += values[rows->rows[i]];
            ++numbers;
        }
    return numbers ? sum / (double)numbers : (double)NAN;
}

static double compute_dice(const MetricRows *rows, double unused)
{
    (void)unused;
    return mean_of(rows, rows->evaluation->dice);
}

static double compute_mask_iou(const MetricRows *rows, double unused)
{
    (void)unused;
    return mean_of(rows, rows->evaluation->mask_iou);
}

/* Of the lesion-free images, the share whose mask is empty. */
static double compute_mask_specificity(const MetricRows *rows, double unused)
{
    (void)unused;
    const Evaluation *evaluation = rows->evaluation;
    size_t normal = 0, clean = 0;
    for (size_t i = 0; i < rows->count; ++i)
        if (evaluation->truth[rows->rows[i]] == OUTCOME_NORMAL) {
            ++normal;
            clean += evaluation->mask_share[rows->rows[i]] == 0;
        }
    return normal ? (double)clean / (double)normal : (double)NAN;
}

/* Of the lesion-free images, the mean share of the frame that is marked as lesion. */
static double compute_mask_false_share(const MetricRows *rows, double unused)
{
    (void)unused;
    const Evaluation *evaluation = rows->evaluation;
    size_t normal = 0;
    double sum = 0;
    for (size_t i = 0; i < rows->count; ++i)
        if (evaluation->truth[rows->rows[i]] == OUTCOME_NORMAL) {
            ++normal;
            sum += evaluation->mask_share[rows->rows[i]];
        }
    return normal ? sum / (double)normal : (double)NAN;
}

static double compute_ap_50(const MetricRows *rows, double unused)
{
    (void)unused;
    return rows->means.ap_50;
}

static double compute_ap_50_95(const MetricRows *rows, double unused)
{
    (void)unused;
    return rows->means.ap_50_95;
}

static double compute_overlap(const MetricRows *rows, double least)
{
    size_t numbers = 0, enough = 0;
    for (size_t i = 0; i < rows->count; ++i) {
        double overlap = rows->box_overlap[rows->rows[i]];
        if (!isnan(overlap)) {
            ++numbers;
            enough += overlap >= least;
        }
    }
    return numbers ? (double)enough / (double)numbers : (double)NAN;
}

static double compute_median_seconds(const MetricRows *rows, double unused)
{
    (void)unused;
    for (size_t i = 0; i < rows->count; ++i)
        rows->seconds[i] = rows->evaluation->seconds[rows->rows[i]];
    quantile_sort(rows->seconds, rows->count);
    return quantile(rows->seconds, rows->count, 0.5);
}

static double compute_mean_seconds(const MetricRows *rows, double unused)
{
    (void)unused;
    return mean_of(rows, rows->evaluation->seconds);
}

static const SplitMetric table[] = {
    {"auc", "area under the ROC curve, lesion against normal", 0, true, "AUC", NULL, 0, false},
    {"accuracy", "share of images with the right class at the epoch's operating point", 0, true,
     "accuracy", NULL, 0, false},
    {"dice", "mean Dice of the masks of lesion images", METRIC_NEEDS_MASKS, true, "Dice",
     compute_dice, 0, false},
    {"mask_iou", "mean IoU of the masks of lesion images", METRIC_NEEDS_MASKS, true, NULL,
     compute_mask_iou, 0, false},
    {"mask_specificity", "share of lesion-free images in whose mask no pixel is lesion",
     METRIC_NEEDS_MASKS, false, NULL, compute_mask_specificity, 0, false},
    {"mask_false_share", "mean share of the frame marked as lesion on lesion-free images",
     METRIC_NEEDS_MASKS, false, NULL, compute_mask_false_share, 0, false},
    {"ap_50", "average precision at IoU 0.5", METRIC_NEEDS_BOXES, true, "AP50", compute_ap_50, 0,
     true},
    {"ap_50_95", "average precision, mean over IoU 0.50 to 0.95", METRIC_NEEDS_BOXES, true, NULL,
     compute_ap_50_95, 0, true},
    {"overlap_60", "share of lesion images whose best box of the right class overlaps by 0.6",
     METRIC_NEEDS_BOXES, false, NULL, compute_overlap, 0.6, false},
    {"overlap_70", "the same by 0.7", METRIC_NEEDS_BOXES, false, NULL, compute_overlap, 0.7, false},
    {"overlap_80", "the same by 0.8", METRIC_NEEDS_BOXES, false, NULL, compute_overlap, 0.8, false},
    {"overlap_90", "the same by 0.9", METRIC_NEEDS_BOXES, false, NULL, compute_overlap, 0.9, false},
    {"median_seconds", "median seconds an image", 0, false, NULL, compute_median_seconds, 0, false},
    {"mean_seconds", "mean seconds an image", 0, false, NULL, compute_mean_seconds, 0, false},
};
enum { METRICS = sizeof table / sizeof *table };

size_t split_metric_count(void)
{
    return METRICS;
}

const SplitMetric *split_metric_at(size_t position)
{
    return &table[position];
}

bool split_metric_is_given(const SplitMetric *metric, TaskGives gives)
{
    return (gives.boxes || !(metric->needs & METRIC_NEEDS_BOXES)) &&
           (gives.masks || !(metric->needs & METRIC_NEEDS_MASKS));
}

/* ---- values and intervals ---- */

/* What the bootstrap computes from. */
typedef struct {
    MetricRows rows;
    DetectionRepeats *repeats; /* for the bootstrap; NULL without it, or without boxes */
    DetectionMeans plain;      /* of all images once; NaN with the bootstrap, or without boxes */
    size_t class_count;        /* whose average precision is told too; 0 without boxes */
    double *class_ap_50;       /* class_count: of the images drawn last, or of all */
    size_t *weights;           /* images: scratch */
    size_t given[METRICS];     /* positions in the table, given_count */
    size_t given_count;
} Statistics;

static Status compute(void *context, const size_t *drawn, size_t count, double *values)
{
    Statistics *statistics = context;
    MetricRows *rows = &statistics->rows;
    rows->rows = drawn;
    rows->count = count;
    rows->means = statistics->plain;
    if (statistics->repeats) {
        memset(statistics->weights, 0, rows->evaluation->count * sizeof *statistics->weights);
        for (size_t i = 0; i < count; ++i)
            ++statistics->weights[drawn[i]];
        rows->means = detection_repeats_means(statistics->repeats, statistics->weights,
                                              statistics->class_ap_50);
    }
    for (size_t k = 0; k < statistics->given_count; ++k) {
        const SplitMetric *metric = &table[statistics->given[k]];
        values[k] = metric->compute(rows, metric->argument);
    }
    for (size_t k = 0; k < statistics->class_count; ++k)
        values[statistics->given_count + k] = statistics->class_ap_50[k];
    return STATUS_OK;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Rows of a bootstrap may outnumber the images, if large patients are drawn often: a patient has at
 * most all images, and as many are drawn as there are. */
static Status most_rows(const Evaluation *evaluation, size_t *most)
{
    size_t largest = 0, patients = 0, run = 0;
    uint32_t *sorted;
    TRY(MEMORY_NEW(&sorted, evaluation->count));
    memcpy(sorted, evaluation->patients, evaluation->count * sizeof *sorted);
    qsort(sorted, evaluation->count, sizeof *sorted, by_number);
    for (size_t i = 0; i < evaluation->count; ++i) {
        bool first = i == 0 || sorted[i] != sorted[i - 1];
        run = first ? 1 : run + 1;
        patients += first;
        largest = run > largest ? run : largest;
    }
    free(sorted);
    *most = largest * patients;
    return STATUS_OK;
}

static Status prepare(const Evaluation *evaluation, size_t replicates, Statistics *statistics)
{
    DetectionSet boxes = evaluation_boxes(evaluation);
    size_t most = evaluation->count;
    for (size_t k = 0; k < METRICS; ++k)
        if (table[k].compute && split_metric_is_given(&table[k], evaluation->gives))
            statistics->given[statistics->given_count++] = k;
    if (replicates)
        TRY(most_rows(evaluation, &most));
    statistics->plain = (DetectionMeans){(double)NAN, (double)NAN};
    statistics->class_count = evaluation->gives.boxes ? evaluation->classes : 0;
    TRY(MEMORY_NEW(&statistics->class_ap_50, statistics->class_count));
    if (evaluation->gives.boxes && replicates)
        TRY(detection_repeats_new(&boxes, (uint32_t)evaluation->classes, evaluation->count,
                                  &statistics->repeats));
    else if (evaluation->gives.boxes)
        TRY(detection_means(&boxes, (uint32_t)evaluation->classes, &statistics->plain,
                            statistics->class_ap_50));
    TRY(MEMORY_NEW(&statistics->weights, evaluation->count));
    return MEMORY_NEW(&statistics->rows.seconds, most);
}

/* The name of statistic k. */
static void name_metric(const Statistics *statistics, size_t k, char name[OUTCOME_NAME_BYTES])
{
    if (k < statistics->given_count)
        snprintf(name, OUTCOME_NAME_BYTES, "%s", table[statistics->given[k]].name);
    else
        snprintf(name, OUTCOME_NAME_BYTES, "%s_ap_50",
                 statistics->rows.evaluation->class_names[k - statistics->given_count]);
}

/* Values and intervals of the statistics; `values`, `bca` and `intervals` are as many. */
static Status fill(const Evaluation *evaluation, size_t replicates, uint64_t seed,
                   Statistics *statistics, double *values, const bool *bca, Interval *intervals)
{
    size_t *all;
    TRY(MEMORY_NEW(&all, evaluation->count));
    for (size_t i = 0; i < evaluation->count; ++i)
        all[i] = i;
    Status status = compute(statistics, all, evaluation->count, values);
    free(all);
    TRY(status);
    const BootstrapPlan plan = {.rows = evaluation->count,
                                .groups = evaluation->patients,
                                .replicates = replicates,
                                .seed = seed,
                                .statistics = statistics->given_count + statistics->class_count,
                                .compute = compute,
                                .context = statistics,
                                .bca = bca};
    return interval_bootstrap(&plan, intervals);
}

/* Appends the statistics to the metrics. */
static Status add_metrics(const Evaluation *evaluation, size_t replicates, uint64_t seed,
                          Statistics *statistics, SplitMetrics *metrics)
{
    const size_t count = statistics->given_count + statistics->class_count;
    OutcomeMetric *metric = metrics->metrics + metrics->metric_count;
    double *values;
    bool *bca = NULL;
    Interval *intervals = NULL;
    TRY(MEMORY_NEW(&values, count));
    Status status = MEMORY_NEW(&intervals, count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&bca, count);
    for (size_t k = 0; k < count && status == STATUS_OK; ++k) /* a class' average precision too */
        bca[k] = k >= statistics->given_count || table[statistics->given[k]].bca;
    if (status == STATUS_OK)
        status = fill(evaluation, replicates, seed, statistics, values, bca, intervals);
    for (size_t k = 0; k < count && status == STATUS_OK; ++k, ++metric) {
        name_metric(statistics, k, metric->name);
        metric->value = values[k];
        metric->low = intervals[k].low;
        metric->high = intervals[k].high;
        metric->bca = bca[k];
    }
    if (status == STATUS_OK)
        metrics->metric_count += count;
    free(values);
    free(bca);
    free(intervals);
    return status;
}

static Status find_overlaps(const Evaluation *evaluation, double **overlaps)
{
    DetectionSet boxes = evaluation_boxes(evaluation);
    TRY(MEMORY_NEW(overlaps, evaluation->count));
    for (size_t i = 0; i < evaluation->count; ++i)
        (*overlaps)[i] =
            evaluation->truth[i] == OUTCOME_NORMAL
                ? (double)NAN
                : detection_overlap(&boxes, (uint32_t)i, (uint32_t)evaluation->truth[i]);
    return STATUS_OK;
}

static Status build(const Evaluation *evaluation, double operating_point, size_t replicates,
                    uint64_t seed, SplitMetrics *metrics)
{
    const OutcomeInput input = {.images = evaluation->count,
                                .classes = evaluation->classes,
                                .scores = evaluation->scores,
                                .truth = evaluation->truth,
                                .groups = evaluation->patients,
                                .class_names = evaluation->class_names,
                                .operating_point = operating_point,
                                .replicates = replicates,
                                .seed = seed};
    TRY(outcome_init(&metrics->outcome, &input));
    TRY(find_overlaps(evaluation, &metrics->box_overlap));
    metrics->metric_count = metrics->outcome.metric_count;
    TRY(MEMORY_NEW(&metrics->metrics, metrics->metric_count + METRICS + evaluation->classes));
    memcpy(metrics->metrics, metrics->outcome.metrics,
           metrics->metric_count * sizeof *metrics->metrics);
    Statistics statistics = {
        .rows = {.evaluation = evaluation, .box_overlap = metrics->box_overlap}};
    Status status = prepare(evaluation, replicates, &statistics);
    if (status == STATUS_OK)
        status = add_metrics(evaluation, replicates, seed, &statistics, metrics);
    detection_repeats_free(statistics.repeats);
    free(statistics.class_ap_50);
    free(statistics.weights);
    free(statistics.rows.seconds);
    return status;
}

Status split_metrics_init(const Evaluation *evaluation, double operating_point, size_t replicates,
                          uint64_t seed, SplitMetrics *metrics)
{
    *metrics = (SplitMetrics){0};
    Status status = build(evaluation, operating_point, replicates, seed, metrics);
    if (status != STATUS_OK)
        split_metrics_clear(metrics);
    return status;
}

void split_metrics_clear(SplitMetrics *metrics)
{
    outcome_clear(&metrics->outcome);
    free(metrics->box_overlap);
    free(metrics->metrics);
    *metrics = (SplitMetrics){0};
}

double split_metrics_value(const SplitMetrics *metrics, const char *name)
{
    for (size_t i = 0; i < metrics->metric_count; ++i)
        if (strcmp(metrics->metrics[i].name, name) == 0)
            return metrics->metrics[i].value;
    return (double)NAN;
}

/* See result_metrics.h. */
#include "train/result_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/interval.h"
#include "eval/timing.h"

enum {
    METRIC_DICE,
    METRIC_MASK_IOU,
    METRIC_AP_50,
    METRIC_AP_50_95,
    METRIC_OVERLAP_60,
    METRIC_OVERLAP_90 = METRIC_OVERLAP_60 + 3,
    METRIC_MEDIAN_SECONDS,
    METRIC_MEAN_SECONDS,
    METRICS
};

static const char *const names[METRICS] = {
    "dice",       "mask_iou",   "ap_50",      "ap_50_95",       "overlap_60",
    "overlap_70", "overlap_80", "overlap_90", "median_seconds", "mean_seconds"};

/* What the bootstrap computes from. */
typedef struct {
    const Evaluation *evaluation;
    const double *box_overlap; /* images */
    DetectionRepeats *repeats;
    size_t *weights; /* images: scratch */
    double *seconds; /* images: scratch */
} Statistics;

/* The mean of those that are numbers, over the rows drawn; NaN if none is. */
static double mean_of(const double *values, const size_t *rows, size_t count)
{
    double sum = 0;
    size_t numbers = 0;
    for (size_t i = 0; i < count; ++i)
        if (!isnan(values[rows[i]])) {
            sum += values[rows[i]];
            ++numbers;
        }
    return numbers ? sum / (double)numbers : (double)NAN;
}

static double share_of(const double *values, double least, const size_t *rows, size_t count)
{
    size_t numbers = 0, enough = 0;
    for (size_t i = 0; i < count; ++i)
        if (!isnan(values[rows[i]])) {
            ++numbers;
            enough += values[rows[i]] >= least;
        }
    return numbers ? (double)enough / (double)numbers : (double)NAN;
}

static Status compute(void *context, const size_t *rows, size_t count, double *values)
{
    const Statistics *statistics = context;
    const Evaluation *evaluation = statistics->evaluation;
    memset(statistics->weights, 0, evaluation->count * sizeof *statistics->weights);
    for (size_t i = 0; i < count; ++i)
        ++statistics->weights[rows[i]];
    DetectionMeans means = detection_repeats_means(statistics->repeats, statistics->weights);
    values[METRIC_DICE] = mean_of(evaluation->dice, rows, count);
    values[METRIC_MASK_IOU] = mean_of(evaluation->mask_iou, rows, count);
    values[METRIC_AP_50] = means.ap_50;
    values[METRIC_AP_50_95] = means.ap_50_95;
    for (int k = METRIC_OVERLAP_60; k <= METRIC_OVERLAP_90; ++k)
        values[k] = share_of(statistics->box_overlap, (60 + 10 * (k - METRIC_OVERLAP_60)) / 100.0,
                             rows, count);
    for (size_t i = 0; i < count; ++i)
        statistics->seconds[i] = evaluation->seconds[rows[i]];
    timing_sort(statistics->seconds, count);
    values[METRIC_MEDIAN_SECONDS] = timing_quantile(statistics->seconds, count, 0.5);
    values[METRIC_MEAN_SECONDS] = mean_of(evaluation->seconds, rows, count);
    return STATUS_OK;
}

/* Rows of a bootstrap may outnumber the images, if large patients are drawn often: a patient has at
 * most all images, and as many are drawn as there are. */
static size_t most_rows(const Evaluation *evaluation)
{
    size_t largest = 0, patients = 0;
    for (size_t i = 0; i < evaluation->count; ++i) {
        size_t images = 0, earlier = 0;
        for (size_t k = 0; k < evaluation->count; ++k) {
            images += evaluation->patients[k] == evaluation->patients[i];
            earlier += k < i && evaluation->patients[k] == evaluation->patients[i];
        }
        largest = images > largest ? images : largest;
        patients += earlier == 0;
    }
    return largest * patients;
}

static Status fill(const Evaluation *evaluation, uint64_t seed, Statistics *statistics,
                   OutcomeMetric *metrics)
{
    DetectionSet boxes = evaluation_boxes(evaluation);
    size_t *all;
    double values[METRICS];
    Interval intervals[METRICS];
    TRY(detection_repeats_new(&boxes, (uint32_t)evaluation->classes, evaluation->count,
                              &statistics->repeats));
    TRY(MEMORY_NEW(&statistics->weights, evaluation->count));
    TRY(MEMORY_NEW(&statistics->seconds, most_rows(evaluation)));
    TRY(MEMORY_NEW(&all, evaluation->count));
    for (size_t i = 0; i < evaluation->count; ++i)
        all[i] = i;
    Status status = compute(statistics, all, evaluation->count, values);
    free(all);
    TRY(status);
    const BootstrapPlan plan = {.rows = evaluation->count,
                                .groups = evaluation->patients,
                                .replicates = INTERVAL_REPLICATES,
                                .seed = seed,
                                .statistics = METRICS,
                                .compute = compute,
                                .context = statistics};
    TRY(interval_bootstrap(&plan, intervals));
    for (size_t k = 0; k < METRICS; ++k) {
        snprintf(metrics[k].name, sizeof metrics[k].name, "%s", names[k]);
        metrics[k].value = values[k];
        metrics[k].low = intervals[k].low;
        metrics[k].high = intervals[k].high;
    }
    return STATUS_OK;
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

static Status build(const Evaluation *evaluation, double operating_point, uint64_t seed,
                    ResultMetrics *metrics)
{
    const OutcomeInput input = {.images = evaluation->count,
                                .classes = evaluation->classes,
                                .scores = evaluation->scores,
                                .truth = evaluation->truth,
                                .groups = evaluation->patients,
                                .class_names = evaluation->class_names,
                                .operating_point = operating_point,
                                .replicates = INTERVAL_REPLICATES,
                                .seed = seed};
    TRY(outcome_init(&metrics->outcome, &input));
    TRY(find_overlaps(evaluation, &metrics->box_overlap));
    size_t own = metrics->outcome.metric_count;
    TRY(MEMORY_NEW(&metrics->metrics, own + METRICS));
    metrics->metric_count = own + METRICS;
    memcpy(metrics->metrics, metrics->outcome.metrics, own * sizeof *metrics->metrics);
    Statistics statistics = {.evaluation = evaluation, .box_overlap = metrics->box_overlap};
    Status status = fill(evaluation, seed, &statistics, metrics->metrics + own);
    detection_repeats_free(statistics.repeats);
    free(statistics.weights);
    free(statistics.seconds);
    return status;
}

Status result_metrics_init(const Evaluation *evaluation, double operating_point, uint64_t seed,
                           ResultMetrics *metrics)
{
    *metrics = (ResultMetrics){0};
    Status status = build(evaluation, operating_point, seed, metrics);
    if (status != STATUS_OK)
        result_metrics_clear(metrics);
    return status;
}

void result_metrics_clear(ResultMetrics *metrics)
{
    outcome_clear(&metrics->outcome);
    free(metrics->box_overlap);
    free(metrics->metrics);
    *metrics = (ResultMetrics){0};
}

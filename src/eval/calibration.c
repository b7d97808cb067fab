/* See calibration.h. */
#include "eval/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

double calibration_logit(double score)
{
    const double inside = fmin(fmax(score, CALIBRATION_LEAST), 1 - CALIBRATION_LEAST);
    return log(inside / (1 - inside));
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- sorting ---- */

typedef struct {
    double score;
    size_t row;
} ScoredRow;

static int compare_rising(const void *left, const void *right)
{
    const ScoredRow *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

static Status fill(Calibration *calibration, const double *scores, const bool *positive,
                   ScoredRow *sorted)
{
    const size_t rows = calibration->rows;
    TRY(MEMORY_NEW(&calibration->order, rows));
    TRY(MEMORY_NEW(&calibration->score, rows));
    TRY(MEMORY_NEW(&calibration->logit, rows));
    TRY(MEMORY_NEW(&calibration->positive, rows));
    TRY(MEMORY_NEW(&calibration->sums, 2 * rows));
    for (size_t i = 0; i < rows; ++i) {
        if (!(scores[i] >= 0 && scores[i] <= 1 + CALIBRATION_LEAST))
            FAIL(STATUS_ARGUMENT, "calibration: score %zu of %zu is not a probability", i, rows);
        sorted[i] = (ScoredRow){.score = fmin(scores[i], 1), .row = i};
    }
    qsort(sorted, rows, sizeof *sorted, compare_rising);
    for (size_t i = 0; i < rows; ++i) {
        calibration->order[i] = sorted[i].row;
        calibration->score[i] = sorted[i].score;
        calibration->logit[i] = calibration_logit(sorted[i].score);
        calibration->positive[i] = positive[sorted[i].row];
    }
    return STATUS_OK;
}

Status calibration_init(Calibration *calibration, const double *scores, const bool *positive,
                        size_t rows)
{
    ScoredRow *sorted;
    *calibration = (Calibration){.rows = rows};
    TRY(MEMORY_NEW(&sorted, rows));
    Status status = fill(calibration, scores, positive, sorted);
    free(sorted);
    if (status != STATUS_OK)
        calibration_clear(calibration);
    return status;
}

void calibration_clear(Calibration *calibration)
{
    free(calibration->order);
    free(calibration->score);
    free(calibration->logit);
    free(calibration->positive);
    free(calibration->sums);
    *calibration = (Calibration){0};
}

static double weight_of(const Calibration *calibration, const size_t *weights, size_t i)
{
    return weights ? (double)weights[calibration->order[i]] : 1;
}

/* ---- the Brier score ---- */

/* The sum over the frames of (share - truth)^2 under the best rising function: a stack of blocks,
 * each of which has its frames and its lesions, and joins the one below while its share is no
 * larger. A block's sum is lesions - lesions^2 / frames. */
static double sum_of_best(const Calibration *calibration, const size_t *weights)
{
    double *frames = calibration->sums, *lesions = calibration->sums + calibration->rows, sum = 0;
    size_t blocks = 0;
    for (size_t i = 0; i < calibration->rows;) {
        const double score = calibration->score[i];
        double own_frames = 0, own_lesions = 0;
        for (; i < calibration->rows && calibration->score[i] == score; ++i) {
            const double weight = weight_of(calibration, weights, i);
            own_frames += weight;
            own_lesions += calibration->positive[i] ? weight : 0;
        }
        if (own_frames == 0)
            continue;
        while (blocks > 0 && lesions[blocks - 1] * own_frames >= own_lesions * frames[blocks - 1]) {
            own_frames += frames[--blocks];
            own_lesions += lesions[blocks];
        }
        frames[blocks] = own_frames;
        lesions[blocks++] = own_lesions;
    }
    for (size_t k = 0; k < blocks; ++k)
        sum += lesions[k] * (1 - lesions[k] / frames[k]);
    return sum;
}

BrierParts calibration_brier(const Calibration *calibration, const size_t *weights)
{
    double frames = 0, lesions = 0, sum = 0;
    for (size_t i = 0; i < calibration->rows; ++i) {
        const double weight = weight_of(calibration, weights, i);
        const double error = calibration->score[i] - calibration->positive[i];
        frames += weight;
        lesions += calibration->positive[i] ? weight : 0;
        sum += weight * error * error;
    }
    if (frames == 0)
        return (BrierParts){(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    const double best = sum_of_best(calibration, weights) / frames;
    const double uncertainty = lesions / frames * (1 - lesions / frames);
    return (BrierParts){.brier = sum / frames,
                        .miscalibration = sum / frames - best,
                        .discrimination = uncertainty - best,
                        .uncertainty = uncertainty};
}

/* ---- recalibration ---- */

/* What of the line intercept + slope x logit is free. */
typedef enum { FIT_BOTH, FIT_INTERCEPT, FIT_SLOPE } Fit;

typedef struct {
    double intercept, slope;
} Line;

/* The frames that stand in the list: their logits, and how often, less than 0 without a lesion. */
typedef struct {
    size_t rows;
    const double *logit, *weight; /* rows */
} Listed;

/* Into the scratch. */
static Listed list(const Calibration *calibration, const size_t *weights)
{
    double *logit = calibration->sums, *weight = calibration->sums + calibration->rows;
    size_t rows = 0;
    for (size_t i = 0; i < calibration->rows; ++i) {
        const double own = weight_of(calibration, weights, i);
        logit[rows] = calibration->logit[i];
        weight[rows] = calibration->positive[i] ? own : -own;
        rows += own > 0;
    }
    return (Listed){rows, logit, weight};
}

/* Of the log-likelihood at a line: its slope, and Newton's step. */
typedef struct {
    double by_intercept, by_slope;
    Line step;
} Ascent;

static Ascent find_ascent(const Listed *listed, Line line, Fit fit)
{
    double by_intercept = 0, by_slope = 0;
    double curve[3] = {0, 0, 0}; /* of 1 x 1, 1 x logit, logit x logit */
    for (size_t i = 0; i < listed->rows; ++i) {
        const double x = listed->logit[i], weight = listed->weight[i];
        const double raised = line.intercept + line.slope * x;
        const double missed = logistic(weight > 0 ? -raised : raised); /* of certainty */
        const double bend = fabs(weight) * missed * (1 - missed);
        by_intercept += weight * missed;
        by_slope += weight * missed * x;
        curve[0] += bend;
        curve[1] += bend * x;
        curve[2] += bend * x * x;
    }
    Ascent ascent = {.by_intercept = by_intercept, .by_slope = by_slope};
    const double determinant = curve[0] * curve[2] - curve[1] * curve[1];
    if (fit == FIT_INTERCEPT)
        ascent.step = (Line){by_intercept / curve[0], 0};
    else if (fit == FIT_SLOPE)
        ascent.step = (Line){0, by_slope / curve[2]};
    else
        ascent.step = (Line){(curve[2] * by_intercept - curve[1] * by_slope) / determinant,
                             (curve[0] * by_slope - curve[1] * by_intercept) / determinant};
    return ascent;
}

/* How steep it is in a step's direction. */
static double slope_along(const Ascent *ascent, Line step)
{
    return ascent->by_intercept * step.intercept + ascent->by_slope * step.slope;
}

/* The function is concave: along a step its slope falls, and where it has become negative the top
 * lies behind. Steps that end where it falls half as steeply as it rose, or more so, are halved.
 * NaN if it does not end. */
static Line find_line(const Calibration *calibration, const size_t *weights, Fit fit, Line start)
{
    enum { TURNS = 100, HALVINGS = 30 };
    const Listed listed = list(calibration, weights);
    Line line = start;
    Ascent here = find_ascent(&listed, line, fit);
    for (int turn = 0; turn < TURNS; ++turn) {
        const Line step = here.step, from = line;
        const double rise = slope_along(&here, step);
        line = (Line){from.intercept + step.intercept, from.slope + step.slope};
        if (fabs(step.intercept) + fabs(step.slope) < 1e-7) /* the next would be its square */
            return line;
        here = find_ascent(&listed, line, fit);
        double length = 0.5;
        for (int i = 0; i < HALVINGS && !(slope_along(&here, step) > -rise / 2); ++i, length /= 2) {
            line =
                (Line){from.intercept + length * step.intercept, from.slope + length * step.slope};
            here = find_ascent(&listed, line, fit);
        }
    }
    return (Line){(double)NAN, (double)NAN};
}

/* The logits of either kind that are in the list: lowest and highest. */
typedef struct {
    double low[2], high[2];
} Ranges;

static Ranges find_ranges(const Calibration *calibration, const size_t *weights)
{
    Ranges ranges = {{(double)INFINITY, (double)INFINITY}, {-(double)INFINITY, -(double)INFINITY}};
    for (size_t i = 0; i < calibration->rows; ++i) {
        const bool kind = calibration->positive[i];
        if (weights && weights[calibration->order[i]] == 0)
            continue;
        ranges.low[kind] = fmin(ranges.low[kind], calibration->logit[i]);
        ranges.high[kind] = fmax(ranges.high[kind], calibration->logit[i]);
    }
    return ranges;
}

Recalibration calibration_fit(const Calibration *calibration, const size_t *weights,
                              const Recalibration *start)
{
    static const Recalibration right = {.intercept = 0, .slope = 1, .in_the_large = 0};
    const Recalibration from = start && !isnan(start->slope) ? *start : right;
    const Ranges ranges = find_ranges(calibration, weights);
    Recalibration found = {(double)NAN, (double)NAN, (double)NAN};
    if (ranges.low[0] > ranges.high[0] || ranges.low[1] > ranges.high[1])
        return found;
    found.in_the_large =
        find_line(calibration, weights, FIT_INTERCEPT, (Line){from.in_the_large, 1}).intercept;
    if (ranges.high[0] > ranges.low[1] && ranges.high[1] > ranges.low[0]) {
        const Line line =
            find_line(calibration, weights, FIT_BOTH, (Line){from.intercept, from.slope});
        found.intercept = line.intercept;
        found.slope = line.slope;
    }
    return found;
}

double calibration_temperature(const Calibration *calibration, const size_t *weights)
{
    const Ranges ranges = find_ranges(calibration, weights);
    if (ranges.low[0] > ranges.high[0] || ranges.low[1] > ranges.high[1])
        return (double)NAN;
    if (ranges.high[0] <= 0 && ranges.low[1] >= 0)
        return (double)NAN;
    const double slope = find_line(calibration, weights, FIT_SLOPE, (Line){0, 1}).slope;
    return slope > 0 ? 1 / slope : (double)NAN;
}

double calibration_at(double score, double temperature)
{
    return logistic(calibration_logit(score) / temperature);
}

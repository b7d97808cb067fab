/* ROC curves: one sort by falling score, then one pass over the groups of tied scores. */
#include "eval/roc.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"

static int compare_falling(const void *left, const void *right, void *context)
{
    const double *scores = context;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    if (scores[a] != scores[b])
        return scores[a] > scores[b] ? -1 : 1;
    return (a > b) - (a < b);
}

static void sort_falling(const double *scores, size_t n, size_t *order)
{
    for (size_t i = 0; i < n; ++i)
        order[i] = i;
    qsort_r(order, n, sizeof *order, compare_falling, (void *)(uintptr_t)scores);
}

/* Moves `at` past the next group of tied scores and counts its images. */
static void take_group(const double *scores, const bool *positive, const size_t *order, size_t n,
                       size_t *at, size_t *true_positives, size_t *false_positives)
{
    double score = scores[order[*at]];
    for (; *at < n && scores[order[*at]] == score; ++*at)
        ++*(positive[order[*at]] ? true_positives : false_positives);
}

double roc_auc(const double *scores, const bool *positive, size_t n, size_t *order)
{
    sort_falling(scores, n, order);
    size_t true_positives = 0, false_positives = 0;
    double twice_area = 0; /* in images x images: a whole number, exact below 2^53 */
    for (size_t at = 0; at < n;) {
        size_t tp = true_positives, fp = false_positives;
        take_group(scores, positive, order, n, &at, &true_positives, &false_positives);
        twice_area += (double)(false_positives - fp) * (double)(true_positives + tp);
    }
    if (true_positives == 0 || false_positives == 0)
        return (double)NAN;
    return twice_area / 2 / ((double)true_positives * (double)false_positives);
}

static Status allocate_points(Roc *roc, size_t n)
{
    TRY(MEMORY_NEW(&roc->threshold, n));
    TRY(MEMORY_NEW(&roc->false_positive_rate, n));
    return MEMORY_NEW(&roc->true_positive_rate, n);
}

Status roc_init(Roc *roc, const double *scores, const bool *positive, size_t n)
{
    *roc = (Roc){.auc = (double)NAN};
    for (size_t i = 0; i < n; ++i) {
        if (isnan(scores[i]))
            FAIL(STATUS_ARGUMENT, "ROC curve: score %zu of %zu is not a number", i, n);
        ++*(positive[i] ? &roc->positives : &roc->negatives);
    }
    if (roc->positives == 0 || roc->negatives == 0)
        return STATUS_OK;

    size_t *order = NULL;
    Status status = STATUS_OK;
    TRY_GOTO(status, failed, MEMORY_NEW(&order, n));
    TRY_GOTO(status, failed, allocate_points(roc, n + 1));
    roc->auc = roc_auc(scores, positive, n, order);
    roc->threshold[0] = (double)INFINITY;
    roc->count = 1;
    size_t true_positives = 0, false_positives = 0;
    for (size_t at = 0; at < n; ++roc->count) {
        roc->threshold[roc->count] = scores[order[at]];
        take_group(scores, positive, order, n, &at, &true_positives, &false_positives);
        roc->true_positive_rate[roc->count] = (double)true_positives / (double)roc->positives;
        roc->false_positive_rate[roc->count] = (double)false_positives / (double)roc->negatives;
    }
    free(order);
    return STATUS_OK;

failed:
    free(order);
    roc_clear(roc);
    return status;
}

void roc_clear(Roc *roc)
{
    free(roc->threshold);
    free(roc->false_positive_rate);
    free(roc->true_positive_rate);
    *roc = (Roc){.auc = (double)NAN};
}

size_t roc_youden(const Roc *roc)
{
    assert(roc->count > 1);
    size_t best = 1;
    double best_index = -(double)INFINITY;
    for (size_t i = 1; i < roc->count; ++i) {
        /* rates times the number of images are whole numbers up to rounding */
        double true_positives = round(roc->true_positive_rate[i] * (double)roc->positives);
        double false_positives = round(roc->false_positive_rate[i] * (double)roc->negatives);
        double index =
            true_positives * (double)roc->negatives - false_positives * (double)roc->positives;
        if (index > best_index) {
            best_index = index;
            best = i;
        }
    }
    return best;
}

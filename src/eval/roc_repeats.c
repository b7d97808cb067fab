/* See roc_repeats.h. */
#include "eval/roc_repeats.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"

typedef struct {
    double score;
    size_t row;
} ScoredRow;

static int compare_falling(const void *left, const void *right)
{
    const ScoredRow *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

static Status fill(RocRepeats *repeats, const double *scores, const bool *positive,
                   ScoredRow *sorted)
{
    const size_t rows = repeats->rows;
    TRY(MEMORY_NEW(&repeats->order, rows));
    TRY(MEMORY_NEW(&repeats->positive, rows));
    TRY(MEMORY_NEW(&repeats->last_of_tied, rows));
    for (size_t i = 0; i < rows; ++i) {
        if (isnan(scores[i]))
            FAIL(STATUS_ARGUMENT, "area under the ROC curve: score %zu of %zu is not a number", i,
                 rows);
        sorted[i] = (ScoredRow){.score = scores[i], .row = i};
    }
    qsort(sorted, rows, sizeof *sorted, compare_falling);
    for (size_t i = 0; i < rows; ++i) {
        repeats->order[i] = sorted[i].row;
        repeats->positive[i] = positive[sorted[i].row];
        repeats->last_of_tied[i] = i + 1 == rows || sorted[i + 1].score != sorted[i].score;
    }
    return STATUS_OK;
}

Status roc_repeats_init(RocRepeats *repeats, const double *scores, const bool *positive,
                        size_t rows)
{
    ScoredRow *sorted;
    *repeats = (RocRepeats){.rows = rows};
    TRY(MEMORY_NEW(&sorted, rows));
    Status status = fill(repeats, scores, positive, sorted);
    free(sorted);
    if (status != STATUS_OK)
        roc_repeats_clear(repeats);
    return status;
}

void roc_repeats_clear(RocRepeats *repeats)
{
    free(repeats->order);
    free(repeats->positive);
    free(repeats->last_of_tied);
    *repeats = (RocRepeats){0};
}

double roc_repeats_auc(const RocRepeats *repeats, const size_t *weights)
{
    size_t counts[2] = {0, 0}, tied[2] = {0, 0}; /* negatives and positives, so far and tied */
    double twice_area = 0; /* in images x images: a whole number, exact below 2^53 */
    for (size_t i = 0; i < repeats->rows; ++i) {
        tied[repeats->positive[i]] += weights[repeats->order[i]];
        if (!repeats->last_of_tied[i])
            continue;
        twice_area += (double)tied[0] * (double)(2 * counts[1] + tied[1]);
        for (size_t kind = 0; kind < 2; ++kind) {
            counts[kind] += tied[kind];
            tied[kind] = 0;
        }
    }
    if (counts[0] == 0 || counts[1] == 0)
        return (double)NAN;
    return twice_area / 2 / ((double)counts[1] * (double)counts[0]);
}

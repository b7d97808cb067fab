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
    size_t negatives = 0, positives = 0, tied = 0, tied_positives = 0;
    size_t twice_area = 0; /* in images x images */
    for (size_t i = 0; i < repeats->rows; ++i) {
        const size_t weight = weights[repeats->order[i]];
        tied += weight;
        tied_positives += repeats->positive[i] ? weight : 0;
        if (!repeats->last_of_tied[i])
            continue;
        twice_area += (tied - tied_positives) * (2 * positives + tied_positives);
        negatives += tied - tied_positives;
        positives += tied_positives;
        tied = tied_positives = 0;
    }
    if (negatives == 0 || positives == 0)
        return (double)NAN;
    return (double)twice_area / 2 / ((double)positives * (double)negatives);
}

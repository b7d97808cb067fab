/* The area under the ROC curve of a test set in which images stand several times or not at all, as
 * a bootstrap draws them: scores are sorted once, and each drawing takes one pass. */
#ifndef GISD_EVAL_ROC_REPEATS_H
#define GISD_EVAL_ROC_REPEATS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Owned through roc_repeats_clear(). */
typedef struct {
    size_t rows;
    size_t *order;      /* rows: by falling score */
    bool *positive;     /* rows, in that order */
    bool *last_of_tied; /* rows, in that order: the next one's score is lower */
} RocRepeats;

/* Scores that are NaN are STATUS_ARGUMENT. */
Status roc_repeats_init(RocRepeats *repeats, const double *scores /* rows */,
                        const bool *positive /* rows */, size_t rows);
void roc_repeats_clear(RocRepeats *repeats);

/* What roc_auc() gives for a list in which row i stands weights[i] times; NaN if all of those are
 * of one kind. */
double roc_repeats_auc(const RocRepeats *repeats, const size_t *weights /* rows */);

#endif

/* Precision against recall, of frames or of places (marks.h).
 *
 * At each distinct score the recall is the share of lesions found by marks of at least that score,
 * the precision the share of those marks that found one: a second mark on a lesion is wrong, as in
 * PASCAL VOC. Average precision is the sum of (R_n - R_(n-1)) P_n; `envelope` takes for P_n the
 * best precision at that recall or a higher one, as detection.h does for boxes of a class.
 */
#ifndef GISD_EVAL_PRECISION_RECALL_H
#define GISD_EVAL_PRECISION_RECALL_H

#include "eval/marks.h"

/* A point for each distinct score, scores falling. Owned through precision_recall_clear(); no
 * points if there is nothing to find. */
typedef struct {
    size_t count;
    double *precision, *recall; /* count */
} PrecisionRecall;

Status precision_recall_init(PrecisionRecall *curve, const Marks *marks);
void precision_recall_clear(PrecisionRecall *curve);

/* Average precision; image i stands weights[i] times (NULL: once). NaN if there is nothing to find.
 * Marks of one score move together, but for the copies of a mark. */
double precision_recall_average(const Marks *marks, const size_t *weights /* images */,
                                bool envelope);

#endif

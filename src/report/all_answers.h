/* All that a cell said of its test images, read anew of its file: what every metric is computed
 * from (eval/set_metrics.h), for paired intervals of all of them. Scores of every class, masks and
 * boxes are not kept of every cell, for most cells are never compared so.
 */
#ifndef GISD_REPORT_ALL_ANSWERS_H
#define GISD_REPORT_ALL_ANSWERS_H

#include "eval/set_metrics.h"
#include "report/cell_result.h"

/* Owned through all_answers_clear(); NULL what the file lacks. */
typedef struct {
    const CellResult *result;                    /* borrowed */
    double *scores;                              /* images x lesion classes */
    double *mask_iou, *mask_share, *box_overlap; /* images */
    FoundBox *found;
    AnnotatedBox *annotated;
    DetectionSet boxes; /* of them; only if `annotated` */
} AllAnswers;

/* `result` was read from the same file, and answers_has(). */
Status all_answers_read(const char *path, const CellResult *result, AllAnswers *answers);
void all_answers_clear(AllAnswers *answers);

/* The answers, borrowed, as metrics are computed from them. */
SetAnswers all_answers_set(const AllAnswers *answers);

#endif

/* The one cell that stands for a whole results folder, where a network is to be used and not
 * compared: of the variants that the report chooses for its runs (experiment.h) the one with the
 * best validation, and of its seeds the best. Nothing of the test split takes part.
 */
#ifndef GISD_REPORT_BEST_CELL_H
#define GISD_REPORT_BEST_CELL_H

#include <stddef.h>

#include "base/status.h"
#include "report/cell_result.h"
#include "report/labels.h"

/* Owned through best_cell_clear(). */
typedef struct {
    char *checkpoint; /* path */
    char id[RECORD_ID_BYTES];
    char name[RECORD_NAME_BYTES];
    char label[LABEL_TITLE_BYTES];        /* its settings, as the report calls it */
    char measure[CELL_RESULT_NAME_BYTES]; /* what was compared: "validation_auc", ... */
    double validation;                    /* the cell's own; NaN if no cell has any */
    double mean;                          /* over its settings' finished seeds */
    size_t seeds;                         /* these */
    char second[LABEL_TITLE_BYTES];       /* a cell of the settings that came second; "": none */
    double second_mean;                   /* their validation */
    bool on_validation;                   /* the validation images stand for test images */
    double test, test_low, test_high;     /* the same metric there; NaN where not given; the
                                           * interval is the report's if a metric was asked for */
    size_t finished;                      /* cells that there were to choose from */
    size_t cells;                         /* planned */
} BestCell;

/* `metric`: of the validation images ("auc", "dice", ...; the larger the better), by which to
 * choose; NULL: what the report chooses by. STATUS_MISSING: not a results folder, or none of its
 * cells is finished. STATUS_ARGUMENT: no finished cell has the metric; the message lists those
 * that there are. */
Status best_cell_find(const char *folder, const char *metric, BestCell *best);
void best_cell_clear(BestCell *best);

/* Prints what was chosen and why, a line each: cell, checkpoint, chosen, test. */
void best_cell_print(const BestCell *best);

#endif

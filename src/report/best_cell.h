/* The one cell that stands for a whole results folder, where a network is to be used and not
 * compared: of the variants that the report chooses for its runs (experiment.h) the one with the
 * best validation, and of its seeds the best. Nothing of the test split takes part.
 */
#ifndef GISD_REPORT_BEST_CELL_H
#define GISD_REPORT_BEST_CELL_H

#include <stddef.h>

#include "base/status.h"
#include "results/records.h"

/* Owned through best_cell_clear(). */
typedef struct {
    char *checkpoint; /* path */
    char name[RECORD_NAME_BYTES];
    const char *measure; /* what was compared: "validation_auc", ... */
    double validation;   /* the cell's own; NaN if no cell has any */
    size_t finished;     /* cells that there were to choose from */
    size_t cells;        /* planned */
} BestCell;

/* STATUS_MISSING: not a results folder, or none of its cells is finished. */
Status best_cell_find(const char *folder, BestCell *best);
void best_cell_clear(BestCell *best);

#endif

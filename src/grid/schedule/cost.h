/* How long cells take: a count of their networks' multiply-adds, corrected by what was measured.
 *
 * Cells of one network, batch and precision are of one kind and take the same time a step. A kind
 * that has been measured takes that; another one its multiply-adds over the mean speed of those
 * that were, or over a guess while none was. All times are seconds on one rank.
 */
#ifndef GISD_GRID_SCHEDULE_COST_H
#define GISD_GRID_SCHEDULE_COST_H

#include "grid/experiment/cells.h"

/* Owned through cost_model_clear(). */
typedef struct {
    size_t cell_count, kind_count;
    size_t *kinds; /* cell_count: the kind of each cell */
    double *macs;  /* kind_count: multiply-adds of one training step; more if narrow, thus slow */
    double *measured; /* kind_count: seconds a step; 0: not measured */
    double guess;     /* multiply-adds a second, until something is measured */
} CostModel;

/* Counts the multiply-adds of every kind without running anything. `classes`: of the data, for
 * cells that do not know theirs. `threads`: of a rank, for the guess. */
Status cost_model_init(CostModel *model, const GridCells *cells, size_t classes, size_t threads);
void cost_model_clear(CostModel *model);

/* Takes a measurement of a cell's kind; the newest counts most. */
void cost_model_measure(CostModel *model, size_t cell, double step_seconds);

double cost_model_step_seconds(const CostModel *model, size_t cell);

/* Whether anything has been measured. */
bool cost_model_calibrated(const CostModel *model);

#endif

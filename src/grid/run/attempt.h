/* One attempt at a cell by one group: its log, its lock, its training. */
#ifndef GISD_GRID_RUN_ATTEMPT_H
#define GISD_GRID_RUN_ATTEMPT_H

#include "grid/run/job.h"
#include "train/cell.h"

/* Trains a cell of the job in the group. The group's rank 0 appends to cells/ID/log.txt, which it
 * keeps locked: a rank left over from an earlier job or attempt ends first. `number`: of the
 * attempt, for the log. Collective over the group; errors as cell_run(). */
Status attempt_run(const Job *job, size_t cell, unsigned number, MPI_Comm group,
                   const CellHooks *hooks, CellEnd *end);

#endif

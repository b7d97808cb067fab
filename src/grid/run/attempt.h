/* One attempt at a cell by one group: its log, its lock, its training, or, once it is done, its
 * test on one of the job's test sets. */
#ifndef GISD_GRID_RUN_ATTEMPT_H
#define GISD_GRID_RUN_ATTEMPT_H

#include "grid/run/job.h"
#include "train/cell.h"

typedef struct {
    size_t cell;       /* of the job */
    unsigned number;   /* of the attempt, for the log */
    size_t saved_step; /* of the cell's last checkpoint by the journal; 0: there is none */
    size_t test;       /* 1 + the test set that a finished cell is tested on; 0: it is trained */
} Attempt;

/* Trains a cell of the job in the group, or tests it, which a group of one rank does. The group's
 * rank 0 appends to cells/ID/log.txt, which it keeps locked: a rank left over from an earlier job
 * or attempt ends first. Collective over the group; errors as cell_run(). A test that was asked to
 * stop leaves nothing: CELL_STOPPED. */
Status attempt_run(const Job *job, const Attempt *attempt, MPI_Comm group, const CellHooks *hooks,
                   CellEnd *end);

#endif

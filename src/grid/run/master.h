/* Rank 0: gives cells to groups of workers, keeps the journal, shows the progress.
 *
 * One loop that never waits: take messages, act on them, look who lives, give orders, show the
 * state, nap. Only the master writes the journal. With no other rank it trains the cells itself,
 * one after the other.
 */
#ifndef GISD_GRID_RUN_MASTER_H
#define GISD_GRID_RUN_MASTER_H

#include "grid/experiment/search.h"
#include "grid/run/job.h"
#include "grid/run/link.h"
#include "grid/run/nodes.h"
#include "grid/run/results_folder.h"
#include "grid/schedule/scheduler.h"

typedef struct {
    size_t ranks_per_cell; /* of a group, where there are so many; 0: as the work asks for */
    double silence;        /* seconds after which a rank that says nothing counts as dead */
    double seconds;        /* until the job must have ended; INFINITY: no limit */
    bool retry;            /* failed cells are run again */
    const Search *search;  /* which cells go on at its rungs */
    const bool *selected;  /* one for each cell of the job; NULL: all */
    Nodes *nodes;          /* where the ranks are; borrowed */
} MasterSettings;

typedef struct {
    size_t done, failed, dropped, left; /* of the selected cells */
    size_t untested;                    /* done ones, one of whose test sets could not be tested */
    bool broken;                        /* a worker is dead, so that MPI cannot be finalised */
} MasterEnd;

/* How the master schedules: `workers` ranks that train, on those nodes (NULL: wherever), groups as
 * MasterSettings says. */
SchedulerSettings master_scheduling(size_t workers, size_t ranks_per_cell,
                                    const SchedulerNodes *nodes);

/* Runs what is left of the job in its open folder. The workers stay until they are let go. */
Status master_run(const MasterSettings *settings, Link *link, const Job *job, ResultsFolder *folder,
                  MasterEnd *end);

/* Lets the workers go, also after an error. */
void master_let_go(Link *link, const MasterEnd *end);

#endif

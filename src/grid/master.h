/* Rank 0: gives cells to groups of workers, keeps the journal, shows the progress.
 *
 * One loop that never waits: take messages, act on them, give orders, show the state, nap. Only the
 * master writes the journal. With no other rank it trains the cells itself, one after the other.
 */
#ifndef GISD_GRID_MASTER_H
#define GISD_GRID_MASTER_H

#include "grid/job.h"
#include "grid/link.h"
#include "grid/results_folder.h"

typedef struct {
    size_t ranks_per_cell; /* of a group, where there are so many */
} MasterSettings;

typedef struct {
    size_t done, failed, left; /* cells */
    bool stopped;              /* by a signal, before all was done */
} MasterEnd;

/* Runs what is left of the job in its open folder; then lets the workers go. */
Status master_run(const MasterSettings *settings, Link *link, const Job *job, ResultsFolder *folder,
                  MasterEnd *end);

#endif

/* A rank that trains: waits for the master's word, joins a group, trains a cell, says how it ended.
 *
 * It never waits for a dead rank: while it waits for its group it listens to the master, who knows
 * who is dead, and it looks after the master itself. When that is gone, so is the job.
 */
#ifndef GISD_GRID_RUN_WORKER_H
#define GISD_GRID_RUN_WORKER_H

#include "grid/run/job.h"
#include "grid/run/link.h"

/* Serves until the master lets it go. *broken: some rank is dead, so that MPI cannot be finalised.
 * STATUS_LOST: the master is dead, or silent for `silence` seconds. */
Status worker_run(Link *link, const Job *job, double silence, bool *broken);

#endif

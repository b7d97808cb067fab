/* A rank that trains: waits for the master's word, joins a group, trains a cell, says how it ended.
 */
#ifndef GISD_GRID_WORKER_H
#define GISD_GRID_WORKER_H

#include "grid/job.h"
#include "grid/link.h"

/* Serves until the master lets it go. */
Status worker_run(Link *link, const Job *job);

#endif

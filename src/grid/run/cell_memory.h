/* What the cells of a job take on each rank of their groups, for the scheduler; and what a node
 * holds besides.
 */
#ifndef GISD_GRID_RUN_CELL_MEMORY_H
#define GISD_GRID_RUN_CELL_MEMORY_H

#include "grid/run/job.h"
#include "grid/run/nodes.h"
#include "grid/schedule/scheduler.h"
#include "train/memory_need.h"

enum { CELL_MEMORY_TEXT_BYTES = 384 };

/* Fills rank_bytes and alone_bytes of the cells that have work, for ranks of so many threads. A
 * cell whose network cannot be set up takes nothing: it fails when it runs. `models`: by cell, what
 * the numbers came from, with no shards of cells that take nothing; NULL. */
Status cell_memory_fill(const Job *job, size_t threads, SchedulerCell *cells, MemoryModel *models);

/* Bytes of all images and masks: what a node holds besides the program on each rank. */
double cell_memory_data(const Job *job);

/* Why no group has room for the cell, with the numbers. */
void cell_memory_refusal(const Job *job, const Nodes *nodes, const SchedulerCell *cell,
                         char text[CELL_MEMORY_TEXT_BYTES]);

#endif

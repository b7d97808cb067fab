/* What the scheduler knows of memory: how much the ranks of each node hold for the cells that they
 * run, and how many more ranks of a node have room.
 *
 * With nodes that are not told everything has room, on one node.
 */
#ifndef GISD_GRID_SCHEDULE_SCHEDULER_MEMORY_H
#define GISD_GRID_SCHEDULE_SCHEDULER_MEMORY_H

#include "grid/schedule/scheduler.h"

typedef struct {
    const SchedulerNodes *nodes; /* borrowed; may be NULL */
    double *held;                /* by rank: bytes for the cell that it runs */
    double *used, *most;         /* by node: of its ranks, now and at the most */
    size_t *places;              /* by node: scratch */
    bool *eligible;              /* by rank: scratch of the scheduler's */
} SchedulerMemory;

/* scheduler_memory_clear() takes what failed. */
Status scheduler_memory_init(SchedulerMemory *memory, const SchedulerNodes *nodes, size_t ranks);
void scheduler_memory_clear(SchedulerMemory *memory);

/* Counts, for scheduler_memory_take_place(), how many ranks of so many bytes each node has room
 * for. */
void scheduler_memory_count(const SchedulerMemory *memory, double bytes);
bool scheduler_memory_take_place(const SchedulerMemory *memory, size_t rank);

void scheduler_memory_hold(SchedulerMemory *memory, size_t rank, double bytes);
void scheduler_memory_release(SchedulerMemory *memory, size_t rank);

/* On how many ranks there is room where nothing runs, up to `most`. */
size_t scheduler_memory_places(const SchedulerNodes *nodes, size_t ranks, double bytes,
                               size_t most);

#endif

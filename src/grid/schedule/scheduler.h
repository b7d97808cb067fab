/* Which ranks train which cell, and when: the master's decisions as plain code, without MPI, clocks
 * or files, so that a simulator can run it against thousands of imagined ranks.
 *
 * Cells are moldable: a cell of w seconds on one rank takes w / (g e^log2(g)) on a group of g, a
 * power of two up to the cell's own limit, where e is what one doubling keeps of its gain. Longest
 * cells start first. A group is as large as the cell needs to be done in the time that all the work
 * left would take all the living ranks, its fair share, so that long cells are not left over at the
 * end. Where idle ranks were too few for that, or a cell is slower than was thought, the running
 * cell that would end last is asked to save and is started again on twice the ranks as soon as they
 * are idle, before any cell that waits (its bits do not depend on their number). So are all others
 * when nothing waits.
 *
 * A cell may wait for another one, its source: it does not start before that is done, and sources
 * start before all others. Until then it counts as work to come, not as work that ranks could do:
 * the fair share is that of what could run.
 *
 * Ranks stand on nodes, whose memory their cells share. A cell starts only on ranks whose nodes
 * have room for it beside what runs there already: on a smaller group than it was to get, or, where
 * the ranks of that take too much each, on a larger one.
 *
 * Invariants: a rank is in at most one group; a node's ranks hold no more than it has room for; a
 * cell is in one state; only the functions below change either. All times are seconds.
 */
#ifndef GISD_GRID_SCHEDULE_SCHEDULER_H
#define GISD_GRID_SCHEDULE_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { SCHEDULER_GROUP_MOST = 256, SCHEDULER_GROUP_SIZES = 9 }; /* 1, 2, 4, ..., 256 */

/* Where ranks stand. Borrowed by all who schedule. */
typedef struct {
    size_t count;
    const size_t *of_rank; /* node of each rank */
    const double *room;    /* by node: bytes that its ranks' cells may hold together; INFINITY */
} SchedulerNodes;

typedef struct {
    double work;       /* left, on one rank */
    double interval;   /* of that work, from one checkpoint to the next */
    size_t most_ranks; /* a power of two: the cell's shards */
    size_t source;     /* 1 + the cell that must be done before this one starts; 0: none. That one
                          has no source itself */
    double rank_bytes[SCHEDULER_GROUP_SIZES]; /* that each rank of a group of 2^k holds */
    double alone_bytes; /* that a rank holds for the work of scheduler_restore_alone() */
} SchedulerCell;

typedef struct {
    size_t ranks;        /* numbered from 0; all alive and idle at first */
    size_t fixed_group;  /* ranks a cell, where there are so many; 0: as the work left asks for */
    double doubling;     /* e of the text above, in (0.5, 1] */
    double restart_cost; /* seconds to save a cell and start it again */
    const SchedulerNodes *nodes; /* NULL: memory is no matter */
} SchedulerSettings;

typedef enum {
    SCHEDULER_WAITING,
    SCHEDULER_RUNNING,
    SCHEDULER_DONE, /* or failed, or given up: nothing more to do */
} SchedulerState;

/* What to do next. */
typedef struct {
    enum {
        ORDER_NOTHING, /* until something ends, is lost or is freed */
        ORDER_START,   /* the cell on the ranks, which now belong to it */
        ORDER_WIDEN,   /* ask the cell to save and stop; it will be started on more ranks */
    } kind;
    size_t cell;
    size_t rank_count;
    size_t ranks[SCHEDULER_GROUP_MOST]; /* rank_count, ascending */
} SchedulerOrder;

typedef struct Scheduler Scheduler;

/* `cells`: copied. Those with no work left are done from the start. */
Status scheduler_new(const SchedulerSettings *settings, size_t count, const SchedulerCell *cells,
                     Scheduler **scheduler);
void scheduler_free(Scheduler *scheduler);

/* The next order; to be called until there is nothing to do. `now` runs from any start. */
void scheduler_next(Scheduler *scheduler, double now, SchedulerOrder *order);

/* No cell starts that cannot reach its next checkpoint by then, but for one, if else none at all
 * would start; INFINITY is no limit. */
void scheduler_set_end(Scheduler *scheduler, double end);

/* The work left in a cell, as measured; a running cell's as of `now`. */
void scheduler_set_work(Scheduler *scheduler, size_t cell, double work, double now);

/* A running cell has ended: its group is dissolved, and each of its ranks is busy until
 * scheduler_rank_idle(). With `again` it goes back to the queue with the work that it has left. */
void scheduler_ended(Scheduler *scheduler, size_t cell, bool again, double now);

/* A waiting cell will never run: its source has failed. */
void scheduler_give_up(Scheduler *scheduler, size_t cell);

/* A cell that was done shall go on, with that work: a search has kept it. */
void scheduler_restore(Scheduler *scheduler, size_t cell, double work);

/* A cell that was done shall go on with work that one rank alone can do. */
void scheduler_restore_alone(Scheduler *scheduler, size_t cell, double work);

/* A rank whose cell has ended can take another. */
void scheduler_rank_idle(Scheduler *scheduler, size_t rank);

/* Cells are no longer started on a rank that lives, as long as there are others; and are again. */
void scheduler_rank_avoid(Scheduler *scheduler, size_t rank);
void scheduler_rank_trust(Scheduler *scheduler, size_t rank);

/* A rank is dead; so is its place in a group, which the caller ends with scheduler_ended(). */
void scheduler_rank_lost(Scheduler *scheduler, size_t rank);

SchedulerState scheduler_state(const Scheduler *scheduler, size_t cell);
size_t scheduler_idle_ranks(const Scheduler *scheduler);
size_t scheduler_living_ranks(const Scheduler *scheduler);

/* Seconds until all is done, if all goes well: the work left over the ranks, or the longest cell.
 */
double scheduler_time_left(const Scheduler *scheduler, double now);

/* Seconds of work left in a cell as of `now`, on one rank. */
double scheduler_work_left(const Scheduler *scheduler, size_t cell, double now);

/* The smallest group on which the cell has room where nothing else runs;
 * 0: on none. */
size_t scheduler_smallest_group(const SchedulerSettings *settings, const SchedulerCell *cell);

/* The most that a node's cells have held together so far. */
double scheduler_node_most(const Scheduler *scheduler, size_t node);

/* Speed of a group against one rank. */
double scheduler_speed(const SchedulerSettings *settings, size_t ranks);

#endif

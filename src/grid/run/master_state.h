/* What the master knows; shared by the files master*.c alone. */
#ifndef GISD_GRID_RUN_MASTER_STATE_H
#define GISD_GRID_RUN_MASTER_STATE_H

#include "grid/run/master.h"
#include "grid/run/peer.h"
#include "grid/run/progress.h"
#include "grid/schedule/cost.h"
#include "grid/schedule/pace.h"
#include "grid/schedule/scheduler.h"

/* A cell as the master sees it. */
typedef struct {
    bool selected; /* this job is to do it */
    CellStanding standing;
    size_t steps_per_epoch, steps, step;
    size_t epoch;         /* finished ones */
    double score;         /* for a search, after that epoch; NaN: none */
    size_t kept_epoch;    /* of the last decision of a search that kept it */
    size_t saved_step;    /* of the last checkpoint by the journal; 0: there is none */
    size_t losses;        /* attempts ended by dead or silent ranks, in this job */
    unsigned attempt;     /* the running one; 0: none */
    size_t testing;       /* it is a test on that test set, from 1; 0: training */
    TestSetMask untested, /* sets on which it is still to be tested once it is done, ... */
        unfit;            /* ... and those on which it could not be, in this job */
    size_t rank_count;
    uint16_t ranks[SCHEDULER_GROUP_MOST];
    size_t members_left; /* of the group, which have not ended the attempt yet */
    bool finished;       /* the leader says that the result is complete */
    bool spare;          /* its checkpoint before the last goes once the journal has its end */
    bool broken;         /* a rank of the group is dead */
    Status status;       /* of the members that have ended, the one that tells most */
    bool heard;          /* that member only heard of the error */
    char cause[MESSAGE_TEXT_BYTES];
    double call_off; /* when to call off those that have not ended; 0: no need */
    double images_per_second;
    double measured_since; /* the last checkpoint, or the first progress of the attempt, ... */
    size_t measured_step;  /* ... and its step */
} MasterCell;

typedef struct {
    Peer peer;
    bool dead;
    double heard;
    bool busy; /* in the attempt at `cell`, which it has not ended */
    size_t cell;
} MasterWorker;

typedef struct {
    const MasterSettings *settings;
    Link *link;
    const Job *job;
    ResultsFolder *folder;
    SchedulerSettings scheduling;
    Scheduler *scheduler;
    CostModel cost;
    size_t cell_count;
    MasterCell *cells; /* cell_count */
    size_t worker_count, dead_count;
    PaceRank *paces;       /* worker_count */
    MasterWorker *workers; /* worker_count: worker w is rank w + 1, or rank 0 if that is alone */
    size_t running;
    unsigned attempts;
    size_t record_count, record_room;
    cJSON **records; /* record_count, which the journal is still to get */
    size_t spares;   /* cells of which something goes then */
    bool alone;
    bool stopping;
    double looked, told; /* when the workers' health was looked at, and they were told of ours */
    double end;          /* of the walltime, on the clock; INFINITY: none */
    Progress progress;
} Master;

static inline int master_rank(const Master *master, size_t worker)
{
    return (int)worker + (master->alone ? 0 : 1);
}

static inline size_t master_worker(const Master *master, int rank)
{
    return (size_t)(rank - (master->alone ? 0 : 1));
}

static inline const GridCell *master_grid_cell(const Master *master, size_t cell)
{
    return &master->job->cells.cells[cell];
}

/* Whether there is something left to do: the last step of it may be a test. */
static inline bool master_is_left(const MasterCell *cell)
{
    return !cell_standing_settled(cell->standing) ||
           (cell->standing == CELL_DONE && cell->untested);
}

/* master.c: somebody or the walltime asks to save and end. */
bool master_must_stop(const Master *master);

/* master_records.c: the journal. Records are gathered until they are written. */
Status master_record(Master *master, const Event *event);
Status master_record_start(Master *master, size_t cell);
Status master_record_save(Master *master, size_t cell, const CellProgress *progress,
                          double step_seconds);
Status master_record_slow(Master *master, int rank, const char *host, double factor);
Status master_record_end(Master *master, size_t cell, EventKind event, const char *kind,
                         const char *cause);

/* Of a test on a set; kind NULL: it is tested. */
Status master_record_test(Master *master, size_t cell, size_t set, const char *kind,
                          const char *cause);

/* Brings what was gathered to disk. */
Status master_write_records(Master *master);

/* master_cells.c: what happens to cells. */
double master_work_left(const Master *master, size_t cell);
/* A cell that cannot be started fails, for that cause: there is no room for it in memory. */
Status master_refuse(Master *master, size_t cell, const char *cause);
/* What starts from the parameters of a failed pretraining fails with it; nothing else does. */
Status master_fail_dependents(Master *master, size_t cell);
Status master_begin(Master *master, const SchedulerOrder *order);
Status master_progress(Master *master, size_t cell, const CellProgress *progress);

/* The epoch at whose end the cell waits for the search's next decision; 0: none. */
size_t master_stop_epoch(const Master *master, size_t cell);

/* A member of the cell's group has ended the attempt, or died (STATUS_LOST). */
typedef struct {
    Status status;
    bool heard; /* the error is another member's, which tells more of it */
    CellEnd end;
    const char *cause;
} MasterEnded;
Status master_member_ended(Master *master, size_t cell, size_t worker, const MasterEnded *ended);

/* Asks a running cell's group to save and stop. */
Status master_ask_to_stop(Master *master, size_t cell);

/* Tells the members that are still in the attempt to end it at once. */
Status master_call_off(Master *master, size_t cell, const char *reason);

/* master_search.c: the rungs of a search. A failed cell is not run again if the search has gone on
 * without it. */
Status master_search_recall(Master *master);

/* Decides the next rung of the cell's group, if that is due. */
Status master_search(Master *master, size_t cell);

/* master_tests.c: which of the finished cells' tests on test sets are left, by the journal. */
Status master_recall_tests(Master *master);

/* The work in the next test of a finished cell, and its set, from 1; 0: none is left. */
double master_test_work(const Master *master, size_t cell);
size_t master_next_test(const MasterCell *cell);

/* The attempt at a test has ended. */
Status master_close_test(Master *master, size_t cell);

/* master_health.c: who is dead, silent, slow or must be told that the master lives. */
Status master_check_health(Master *master, double now);

/* A worker's seconds an image at its present cell: a slow one is avoided, and its cell moved. */
Status master_take_pace(Master *master, size_t worker, double image_seconds);

#endif

/* The records of journal.jsonl: what the runner writes there, and what it makes of it later.
 *
 *     opened    a job has taken the folder: version, host, ranks, experiment, data
 *     planned   a cell of the grid, with its settings; once for each cell
 *     started   an attempt at a cell: its ranks and their hosts
 *     saved     a checkpoint of it: epochs, steps, speed, validation
 *     stopped   it was asked to stop, and its checkpoint holds the last step
 *     lost      its ranks died or fell silent; it goes back to the queue
 *     finished  its result.h5 is complete
 *     failed    it failed for a reason of its own, the cause
 *     slow      a rank is much slower than the others and avoided: its number, host, how much
 *     decided   a rung of a search: its epoch, the cells that go on and those that do not
 *     closed    the job has ended in order: exit code, cells done, failed and left
 *
 * Every record has a "time" (UTC) and, from "planned" to "failed", a "cell". The last one of a cell
 * decides its state. Reading needs only the journal, and works while a job writes it.
 */
#ifndef GISD_GRID_RECORDS_H
#define GISD_GRID_RECORDS_H

#include <stdbool.h>
#include <time.h>

#include "grid/cells.h"
#include "store/journal.h"

typedef enum {
    CELL_NEW,     /* planned, never started */
    CELL_PARTIAL, /* started and not ended: it goes on from its checkpoint, if there is one */
    CELL_DONE,
    CELL_FAILED,
    CELL_DROPPED, /* by a search: it is not trained any further */
} CellStanding;

enum { RECORD_CAUSE_BYTES = 512, RECORD_HOSTS_BYTES = 256, RECORD_SETTING_BYTES = 64 };

/* What the journal tells of a cell. */
typedef struct {
    char id[CELL_ID_BYTES];
    char name[CELL_NAME_BYTES];
    char backbone[RECORD_SETTING_BYTES], tuning[RECORD_SETTING_BYTES];
    CellStanding standing;
    bool running; /* in the journal's last job: started and neither ended nor lost */
    char cause[RECORD_CAUSE_BYTES];    /* of the failure, or why it was lost */
    char kind[RECORD_SETTING_BYTES];   /* class of the failure: "diverged", "no memory", ... */
    char hosts[RECORD_HOSTS_BYTES];    /* of the last attempt */
    size_t ranks;                      /* of the last attempt */
    size_t attempts, losses;           /* starts; of these ended by dead ranks */
    size_t epoch, epochs, step, steps; /* of the last checkpoint */
    double images_per_second;          /* at the last checkpoint; 0: not known */
    double validation_auc;             /* of the last checkpoint; NaN: not known */
    double validation_dice;            /* the same */
    size_t kept_epoch;                 /* of the last decision of a search that kept it */
    double step_seconds;               /* measured seconds a step on one rank; 0: not known */
    time_t changed;                    /* of the last record */
} CellRecord;

/* Owned through grid_records_clear(). */
typedef struct {
    size_t count, room;
    CellRecord *cells; /* in the order of planning */
    size_t *slots;     /* 2 room, a hash table: 1 + the place in `cells`, or 0 */
    bool opened;       /* some job has taken the folder */
    bool closed;       /* the last job has ended in order, with exit code `code` */
    int code;
    char experiment[EXPERIMENT_NAME_BYTES];
    char *data;        /* of the last job; NULL if none */
    char *fingerprint; /* of the data, those of all sizes one after the other; NULL if none */
    bool halving;      /* the last job searched */
    int arithmetic;    /* version of the last job */
    char host[RECORD_HOSTS_BYTES];
    int pid;
    size_t job_ranks;
    char slow[RECORD_CAUSE_BYTES]; /* ranks of the last job that are avoided: "rank 3 on n1 (4 times
                                      slower), ..." */
    time_t since;                  /* when the last job opened the folder */
    time_t last;                   /* of the last record */
    bool torn;                     /* the journal's last line was cut short and does not count */
} GridRecords;

Status grid_records_read(const char *journal_path, GridRecords *records);
void grid_records_clear(GridRecords *records);

/* The record of a cell, or NULL. */
CellRecord *grid_records_find(const GridRecords *records, const char *id);

/* Nothing is left to do in it. */
static inline bool cell_standing_settled(CellStanding standing)
{
    return standing == CELL_DONE || standing == CELL_FAILED || standing == CELL_DROPPED;
}

/* "new", "partial", "done", "failed", "dropped". */
const char *cell_standing_name(CellStanding standing);

/* A record of an event, about a cell if `id` is not NULL, with the present time; the caller adds
 * what else it says and gives it to record_append(). NULL: no memory. */
cJSON *record_new(const char *event, const char *id);

/* Appends a record and releases it. */
Status record_append(Journal *journal, cJSON *record);

/* The record that plans a cell. */
cJSON *record_planned(const GridCell *cell);

#endif

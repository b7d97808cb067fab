/* What the events of journal.jsonl come to: every cell of an experiment and how far it is.
 *
 * Pretrainings are cells too, of which tables and counts of the grid's cells know nothing: they
 * come after those.
 *
 * The last event of a cell decides its state. Reading needs only the journal, takes one pass over
 * it, and works while a job writes it.
 */
#ifndef GISD_RESULTS_RECORDS_H
#define GISD_RESULTS_RECORDS_H

#include <stdbool.h>
#include <time.h>

#include "base/hash.h"
#include "base/text_map.h"
#include "results/events.h"

typedef enum {
    CELL_NEW,     /* planned, never started */
    CELL_PARTIAL, /* started and not ended, or failed for the storage's sake alone: it goes on from
                     its checkpoint, if there is one */
    CELL_DONE,
    CELL_FAILED,
    CELL_DROPPED, /* by a search: it is not trained any further */
    CELL_STANDINGS
} CellStanding;

enum { RECORD_ID_BYTES = 48, RECORD_NAME_BYTES = 512 };
enum { RECORD_CAUSE_BYTES = 512, RECORD_HOSTS_BYTES = 256, RECORD_KIND_BYTES = 64 };

/* What the journal tells of a cell on a test set. */
typedef struct {
    char name[RECORD_KIND_BYTES];
    bool done;                         /* its test_NAME.h5 is complete, ... */
    char fingerprint[HASH_TEXT_BYTES]; /* ... of these images */
    char kind[RECORD_KIND_BYTES];      /* of the fault, if it is not done */
    char cause[RECORD_CAUSE_BYTES];
} TestRecord;

/* What the journal tells of a cell. */
typedef struct {
    char id[RECORD_ID_BYTES];       /* names its folder */
    char identity[RECORD_ID_BYTES]; /* the id, or the one under which a later version adopted it */
    char name[RECORD_NAME_BYTES];
    size_t setting_count;
    EventSetting *settings;       /* setting_count, as planned; one block with their texts */
    char source[RECORD_ID_BYTES]; /* the pretraining from whose parameters it starts; "": none */
    bool pretrains;               /* it is a pretraining, and none of the grid's cells */
    CellStanding standing;
    bool superseded; /* while reading: another record is the same cell, and stands for it */
    bool running;    /* in the journal's last job: started and neither ended nor lost */
    char cause[RECORD_CAUSE_BYTES];    /* of the failure, or why it was lost */
    char kind[RECORD_KIND_BYTES];      /* class of the failure: "diverged", "no memory", ... */
    char hosts[RECORD_HOSTS_BYTES];    /* of the last attempt */
    size_t ranks;                      /* of the last attempt */
    size_t attempts, losses;           /* starts; of these ended by dead ranks */
    size_t epoch, epochs, step, steps; /* of the last checkpoint */
    double images_per_second;          /* at the last checkpoint; 0: not known */
    double validation_auc;             /* of the last checkpoint; NaN: not known */
    double validation_dice;            /* the same */
    size_t kept_epoch;                 /* of the last decision of a search that kept it */
    double step_seconds;               /* measured seconds a step on one rank; 0: not known */
    time_t started;                    /* when the first attempt was; 0: never */
    time_t changed;                    /* of the last record, but for adoptions */
    double seconds;                    /* of all attempts, each to its last record */
    double rank_seconds;               /* the same, each times its ranks */
    size_t test_count;
    TestRecord *tests; /* test_count: sets on which it was tested, or could not be */
} CellRecord;

/* Owned through records_clear(). */
typedef struct {
    size_t count, room;       /* cells of the grid */
    size_t pretraining_count; /* of them there are so many after those of the grid */
    CellRecord *cells; /* count + pretraining_count, each in the order of planning; no superseded
                          ones */
    TextMap places;    /* of ids and identities in `cells` */
    bool opened;       /* some job has taken the folder */
    bool closed;       /* the last job has ended in order, with exit code `code` */
    int code;
    char *experiment;  /* name; of the last job, as all below; NULL if there was none */
    char *data;        /* the same */
    char *fingerprint; /* of the data, those of all sizes one after the other; the same */
    char *test_sets;   /* names, a blank between two; "": there are none; the same */
    bool halving;      /* it searched */
    int arithmetic;    /* its version */
    char host[RECORD_HOSTS_BYTES];
    int pid;
    size_t job_ranks;
    char slow[RECORD_CAUSE_BYTES]; /* ranks of the last job that are avoided: "rank 3 on n1 (4 times
                                      slower), ..." */
    time_t since;                  /* when the last job opened the folder */
    time_t last;                   /* of the last record */
    bool torn;                     /* the journal's last line was cut short and does not count */
} Records;

/* STATUS_FORMAT: the journal is damaged, or says something of a cell that was never planned; the
 * message names the line. */
Status records_read(const char *journal_path, Records *records);
void records_clear(Records *records);

/* Those of the grid and the pretrainings. */
static inline size_t records_all(const Records *records)
{
    return records->count + records->pretraining_count;
}

/* The record of a cell by its id or by the identity under which it was adopted, or NULL. */
CellRecord *records_find(const Records *records, const char *id);

/* What the journal tells of a cell on the test set of that name; NULL: nothing. */
const TestRecord *record_test(const CellRecord *cell, const char *name);

/* The text of a setting of a cell, or NULL if it was planned without. */
const char *record_setting(const CellRecord *cell, const char *key);

/* Gives a cell that was planned without settings those of its configuration, one "key: value" a
 * line; does nothing for others. */
Status record_complete(CellRecord *cell, const char *config);

/* Nothing is left to do in it. */
static inline bool cell_standing_settled(CellStanding standing)
{
    return standing == CELL_DONE || standing == CELL_FAILED || standing == CELL_DROPPED;
}

/* "new", "partial", "done", "failed", "dropped". */
const char *cell_standing_name(CellStanding standing);

#endif

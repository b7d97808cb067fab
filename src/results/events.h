/* The events of journal.jsonl: the one place that knows how each is written and read.
 *
 *     opened    a job has taken the folder: experiment, data, fingerprint of the data (those of all
 *               sizes one after the other), version of the arithmetic, search ("grid" or
 *               "halving"), version of gisd, host, pid, ranks; test_sets if there are any: their
 *               names, a blank between two
 *     planned   a cell of the grid, once for each: settings (key and value of each), name; role
 *               ("pretraining") if it is none of the grid, source (a cell) if it starts from the
 *               parameters of a pretraining
 *     adopted   a cell that an earlier version planned goes on under another identity; its folder
 *               keeps the name "cell". Several may be one cell now: the first adopted stands for it
 *     started   an attempt at a cell: attempt (of its job), ranks, first_rank, hosts
 *     saved     a checkpoint of it: epoch, epochs, step, steps, images_per_second, step_seconds (on
 *               one rank), validation_auc, validation_dice; the last four if they are known
 *     stopped   it was asked to stop, and its checkpoint holds the last step
 *     lost      its ranks died or fell silent (kind "lost rank"), or the storage refused its last
 *               save as the job ended ("storage"); it goes back to the queue: kind, cause
 *     finished  its result.h5 is complete
 *     failed    it failed for a reason of its own: kind ("diverged", "no memory", ...), cause; or
 *               the storage refused it for as long as it was tried again: kind "storage"; or its
 *               pretraining did: kind "pretraining", or "storage"
 *     tested    its test_NAME.h5 is complete: test_set (NAME), fingerprint of its images. It has
 *               finished before, and stays so
 *     untested  it could not be made, or is to be made again: test_set, kind, cause
 *     slow      a rank is much slower than the others and avoided: rank, host, factor
 *     decided   a rung of a search: epoch, and the cells kept and dropped, each with its score
 *     closed    the job has ended in order: code (of exit), cells done, failed, dropped and left
 *
 * Every record has an "event", a "time" (UTC) and, from "planned" to "untested", a "cell": the name
 * of its folder. A reader takes what it knows: other events, other fields and missing ones are no
 * error, so journals of earlier and later versions can be read.
 */
#ifndef GISD_RESULTS_EVENTS_H
#define GISD_RESULTS_EVENTS_H

#include <stdbool.h>
#include <time.h>

#include "store/journal.h"

typedef enum {
    EVENT_OTHER, /* of another version, or no event at all */
    EVENT_OPENED,
    EVENT_PLANNED,
    EVENT_ADOPTED,
    EVENT_STARTED,
    EVENT_SAVED,
    EVENT_STOPPED,
    EVENT_LOST,
    EVENT_FINISHED,
    EVENT_FAILED,
    EVENT_TESTED,
    EVENT_UNTESTED,
    EVENT_SLOW,
    EVENT_DECIDED,
    EVENT_CLOSED,
    EVENT_KINDS
} EventKind;

/* A setting of a planned cell. */
typedef struct {
    const char *key, *text;
} EventSetting;

/* What a search decided about a cell; NaN is a score that it lacks. */
typedef struct {
    const char *cell;
    bool kept;
    double score;
} EventDecision;

/* An event with the fields of its kind; those of other kinds are not looked at. A text that is not
 * given is "" when read, and may be NULL to be written; a number that is not given is NaN, a count
 * 0. */
typedef struct {
    EventKind kind;
    const char *name; /* of the kind as read; when writing it follows from the kind */
    const char *time; /* as read; writing takes the present time */
    const char *cell;
    const char *experiment, *data, *fingerprint, *search, *version, *host;
    const char *cell_name, *identity, *hosts, *failure /* its kind */, *cause;
    const char *role, *source;                /* planned */
    const char *test_sets;                    /* opened */
    const char *test_set;                     /* tested, untested */
    size_t arithmetic, pid, ranks;            /* opened; ranks also started */
    size_t attempt, first_rank;               /* started */
    size_t epoch, epochs, step, steps;        /* saved; epoch also decided */
    double images_per_second, step_seconds;   /* saved; 0: not known */
    double validation_auc, validation_dice;   /* saved */
    size_t rank;                              /* slow */
    double factor;                            /* slow */
    size_t code, done, failed, dropped, left; /* closed */
    size_t setting_count;
    EventSetting *settings; /* planned: setting_count; once read, one block with their texts */
    size_t decision_count;
    EventDecision *decisions; /* decided: decision_count */
} Event;

/* The record of an event, which the caller releases; NULL: no memory. */
cJSON *event_write(const Event *event);

/* Appends an event with the present time. */
Status event_append(Journal *journal, const Event *event);

/* Reads a record. Texts are borrowed from it; the lists are owned through event_clear(). */
Status event_read(const cJSON *record, Event *event);
void event_clear(Event *event);

/* A setting's value as event_read() gives it, in whatever form its number was written: in `room`,
 * or `text` itself if it is none. */
enum { EVENT_NUMBER_BYTES = 32 };
const char *event_setting_text(const char *text, char room[EVENT_NUMBER_BYTES]);

/* When the event was; 0 if it does not say. */
time_t event_time(const Event *event);

#endif

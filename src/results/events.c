/* See events.h. */
#include "results/events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

static const char *const kind_names[EVENT_KINDS] = {
    [EVENT_OPENED] = "opened",   [EVENT_PLANNED] = "planned",   [EVENT_ADOPTED] = "adopted",
    [EVENT_STARTED] = "started", [EVENT_SAVED] = "saved",       [EVENT_STOPPED] = "stopped",
    [EVENT_LOST] = "lost",       [EVENT_FINISHED] = "finished", [EVENT_FAILED] = "failed",
    [EVENT_TESTED] = "tested",   [EVENT_UNTESTED] = "untested", [EVENT_SLOW] = "slow",
    [EVENT_DECIDED] = "decided", [EVENT_CLOSED] = "closed",
};

typedef enum {
    FIELD_TEXT,
    FIELD_COUNT,
    FIELD_NUMBER,  /* left out if it is NaN */
    FIELD_POSITIVE /* a number left out unless it is above 0 */
} FieldKind;

/* A field of a record, and the events that have it. Lists are written by hand. */
typedef struct {
    const char *name;
    FieldKind kind;
    size_t offset;
    unsigned events; /* bits 1 << EventKind */
} Field;

#define ON(kind)   (1u << EVENT_##kind)
#define AT(member) offsetof(Event, member)
#define ENDS       (ON(STOPPED) | ON(LOST) | ON(FINISHED) | ON(FAILED) | ON(UNTESTED))

/* In the order in which they are written. */
static const Field fields[] = {
    {"experiment", FIELD_TEXT, AT(experiment), ON(OPENED)},
    {"data", FIELD_TEXT, AT(data), ON(OPENED)},
    {"test_set", FIELD_TEXT, AT(test_set), ON(TESTED) | ON(UNTESTED)},
    {"fingerprint", FIELD_TEXT, AT(fingerprint), ON(OPENED) | ON(TESTED)},
    {"arithmetic", FIELD_COUNT, AT(arithmetic), ON(OPENED)},
    {"search", FIELD_TEXT, AT(search), ON(OPENED)},
    {"test_sets", FIELD_TEXT, AT(test_sets), ON(OPENED)},
    {"version", FIELD_TEXT, AT(version), ON(OPENED)},
    {"rank", FIELD_COUNT, AT(rank), ON(SLOW)},
    {"host", FIELD_TEXT, AT(host), ON(OPENED) | ON(SLOW)},
    {"pid", FIELD_COUNT, AT(pid), ON(OPENED)},
    {"attempt", FIELD_COUNT, AT(attempt), ON(STARTED)},
    {"ranks", FIELD_COUNT, AT(ranks), ON(OPENED) | ON(STARTED)},
    {"first_rank", FIELD_COUNT, AT(first_rank), ON(STARTED)},
    {"hosts", FIELD_TEXT, AT(hosts), ON(STARTED)},
    {"name", FIELD_TEXT, AT(cell_name), ON(PLANNED)},
    {"role", FIELD_TEXT, AT(role), ON(PLANNED)},
    {"source", FIELD_TEXT, AT(source), ON(PLANNED)},
    {"identity", FIELD_TEXT, AT(identity), ON(ADOPTED)},
    {"epoch", FIELD_COUNT, AT(epoch), ON(SAVED) | ON(DECIDED)},
    {"epochs", FIELD_COUNT, AT(epochs), ON(SAVED)},
    {"step", FIELD_COUNT, AT(step), ON(SAVED)},
    {"steps", FIELD_COUNT, AT(steps), ON(SAVED)},
    {"images_per_second", FIELD_POSITIVE, AT(images_per_second), ON(SAVED)},
    {"step_seconds", FIELD_POSITIVE, AT(step_seconds), ON(SAVED)},
    {"validation_auc", FIELD_NUMBER, AT(validation_auc), ON(SAVED)},
    {"validation_dice", FIELD_NUMBER, AT(validation_dice), ON(SAVED)},
    {"kind", FIELD_TEXT, AT(failure), ENDS},
    {"cause", FIELD_TEXT, AT(cause), ENDS},
    {"factor", FIELD_NUMBER, AT(factor), ON(SLOW)},
    {"code", FIELD_COUNT, AT(code), ON(CLOSED)},
    {"done", FIELD_COUNT, AT(done), ON(CLOSED)},
    {"failed", FIELD_COUNT, AT(failed), ON(CLOSED)},
    {"dropped", FIELD_COUNT, AT(dropped), ON(CLOSED)},
    {"left", FIELD_COUNT, AT(left), ON(CLOSED)},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static const char *const decisions[] = {"dropped", "kept"}; /* by EventDecision.kept */

/* ---- writing ---- */

/* The text that a setting's number is read back as: with all the digits that it has. */
static void number_text(double number, char text[EVENT_NUMBER_BYTES])
{
    snprintf(text, EVENT_NUMBER_BYTES, "%.15g", number);
    if (strtod(text, NULL) != number)
        snprintf(text, EVENT_NUMBER_BYTES, "%.17g", number);
}

/* Numbers are written as numbers, but for whole ones with more digits than a reader would keep. */
static bool is_number(const char *text)
{
    char *end, again[EVENT_NUMBER_BYTES];
    double number = strtod(text, &end);
    bool whole = text[strspn(text, "0123456789")] == '\0';
    if (end == text || *end || !isfinite(number) || text[strspn(text, "-0123456789.eE+")])
        return false;
    number_text(number, again);
    return !whole || strcmp(text, again) == 0;
}

const char *event_setting_text(const char *text, char room[EVENT_NUMBER_BYTES])
{
    if (!is_number(text))
        return text;
    number_text(strtod(text, NULL), room);
    return room;
}

static bool write_settings(cJSON *record, const Event *event)
{
    cJSON *settings = cJSON_AddObjectToObject(record, "settings");
    bool fine = settings != NULL;
    for (size_t i = 0; i < event->setting_count && fine; ++i) {
        const EventSetting *setting = &event->settings[i];
        fine = is_number(setting->text)
                   ? cJSON_AddRawToObject(settings, setting->key, setting->text) != NULL
                   : cJSON_AddStringToObject(settings, setting->key, setting->text) != NULL;
    }
    return fine;
}

static bool write_decisions(cJSON *record, const Event *event, bool kept)
{
    cJSON *list = cJSON_AddArrayToObject(record, decisions[kept]);
    bool fine = list != NULL;
    for (size_t i = 0; i < event->decision_count && fine; ++i) {
        if (event->decisions[i].kept != kept)
            continue;
        cJSON *entry = cJSON_CreateObject();
        fine = entry && cJSON_AddItemToArray(list, entry) &&
               cJSON_AddStringToObject(entry, "cell", event->decisions[i].cell) &&
               cJSON_AddNumberToObject(entry, "score", event->decisions[i].score); /* null if NaN */
    }
    return fine;
}

static bool write_number(cJSON *record, const Field *field, double number)
{
    bool known = isfinite(number) && (field->kind != FIELD_POSITIVE || number > 0);
    return !known || cJSON_AddNumberToObject(record, field->name, number);
}

static bool write_field(cJSON *record, const Event *event, const Field *field)
{
    const void *at = (const char *)event + field->offset;
    const char *text;
    switch (field->kind) {
    case FIELD_TEXT:
        text = *(const char *const *)at;
        return !text || cJSON_AddStringToObject(record, field->name, text);
    case FIELD_COUNT:
        return cJSON_AddNumberToObject(record, field->name, (double)*(const size_t *)at);
    case FIELD_NUMBER:
    case FIELD_POSITIVE:
    default:
        return write_number(record, field, *(const double *)at);
    }
}

cJSON *event_write(const Event *event)
{
    char now[CLOCK_TEXT_BYTES];
    cJSON *record = cJSON_CreateObject();
    clock_text(now);
    bool fine = record && cJSON_AddStringToObject(record, "event", kind_names[event->kind]) &&
                (!event->cell || cJSON_AddStringToObject(record, "cell", event->cell)) &&
                cJSON_AddStringToObject(record, "time", now);
    if (fine && event->kind == EVENT_PLANNED)
        fine = write_settings(record, event);
    for (size_t i = 0; i < FIELDS && fine; ++i)
        if (fields[i].events >> event->kind & 1)
            fine = write_field(record, event, &fields[i]);
    if (fine && event->kind == EVENT_DECIDED)
        fine = write_decisions(record, event, true) && write_decisions(record, event, false);
    if (!fine) {
        cJSON_Delete(record);
        return NULL;
    }
    return record;
}

Status event_append(Journal *journal, const Event *event)
{
    cJSON *record = event_write(event);
    if (!record)
        FAIL(STATUS_NO_MEMORY, "no memory for a record of the journal");
    Status status = journal_append(journal, record);
    cJSON_Delete(record);
    return status;
}

/* ---- reading ---- */

static const cJSON *item_of(const cJSON *record, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(record, name);
}

static const char *text_of(const cJSON *record, const char *name)
{
    const char *text = cJSON_GetStringValue(item_of(record, name));
    return text ? text : "";
}

static const double count_most = 9007199254740992; /* beyond, JSON's numbers are not exact */

static void read_field(const cJSON *record, const Field *field, Event *event)
{
    void *at = (char *)event + field->offset;
    double number = cJSON_GetNumberValue(item_of(record, field->name)); /* NaN if there is none */
    switch (field->kind) {
    case FIELD_TEXT:
        *(const char **)at = text_of(record, field->name);
        break;
    case FIELD_COUNT:
        *(size_t *)at = number > 0 && number <= count_most ? (size_t)number : 0;
        break;
    case FIELD_NUMBER:
        *(double *)at = number;
        break;
    case FIELD_POSITIVE:
    default:
        *(double *)at = number > 0 ? number : 0;
        break;
    }
}

/* The text of a setting: that of the record, or in `room`. */
static const char *setting_text(const cJSON *item, char room[EVENT_NUMBER_BYTES])
{
    if (cJSON_IsString(item))
        return item->valuestring;
    if (cJSON_IsBool(item))
        return cJSON_IsTrue(item) ? "true" : "false";
    room[0] = '\0';
    if (cJSON_IsNumber(item))
        number_text(item->valuedouble, room);
    return room;
}

/* Two passes: how much they need at most, then the texts behind the array. */
static Status read_settings(const cJSON *settings, Event *event)
{
    size_t bytes = 0;
    char room[EVENT_NUMBER_BYTES], *block;
    const cJSON *item;
    cJSON_ArrayForEach(item, settings)
    {
        if (!item->string)
            continue;
        ++event->setting_count;
        bytes += sizeof(EventSetting) + strlen(item->string) + 1 +
                 (cJSON_IsString(item) ? strlen(item->valuestring) + 1 : EVENT_NUMBER_BYTES);
    }
    TRY(MEMORY_NEW(&block, bytes));
    event->settings = (EventSetting *)(void *)block;
    char *text = block + event->setting_count * sizeof(EventSetting);
    EventSetting *setting = event->settings;
    cJSON_ArrayForEach(item, settings)
    {
        if (!item->string)
            continue;
        setting->key = text;
        text = stpcpy(text, item->string) + 1;
        setting->text = text;
        text = stpcpy(text, setting_text(item, room)) + 1;
        ++setting;
    }
    return STATUS_OK;
}

static Status read_decisions(const cJSON *record, Event *event)
{
    size_t count = 0;
    for (size_t kept = 0; kept < 2; ++kept)
        count += (size_t)cJSON_GetArraySize(item_of(record, decisions[kept]));
    TRY(MEMORY_NEW(&event->decisions, count));
    for (size_t kept = 2; kept-- > 0;) {
        const cJSON *entry;
        cJSON_ArrayForEach(entry, item_of(record, decisions[kept]))
            event->decisions[event->decision_count++] =
            (EventDecision){.cell = text_of(entry, "cell"),
                            .kept = kept,
                            .score = cJSON_GetNumberValue(item_of(entry, "score"))};
    }
    return STATUS_OK;
}

Status event_read(const cJSON *record, Event *event)
{
    *event = (Event){.name = text_of(record, "event"),
                     .time = text_of(record, "time"),
                     .cell = text_of(record, "cell")};
    for (EventKind kind = EVENT_OPENED; kind < EVENT_KINDS; ++kind)
        if (strcmp(event->name, kind_names[kind]) == 0)
            event->kind = kind;
    for (size_t i = 0; i < FIELDS; ++i)
        if (fields[i].events >> event->kind & 1)
            read_field(record, &fields[i], event);
    if (event->kind == EVENT_PLANNED)
        return read_settings(item_of(record, "settings"), event);
    return event->kind == EVENT_DECIDED ? read_decisions(record, event) : STATUS_OK;
}

void event_clear(Event *event)
{
    free(event->settings);
    free(event->decisions);
    *event = (Event){0};
}

time_t event_time(const Event *event)
{
    struct tm utc = {0};
    return strptime(event->time, "%Y-%m-%dT%H:%M:%SZ", &utc) ? timegm(&utc) : 0;
}

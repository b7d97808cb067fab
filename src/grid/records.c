/* See records.h. */
#include "grid/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"

/* ---- writing ---- */

cJSON *record_new(const char *event, const char *id)
{
    char now[CLOCK_TEXT_BYTES];
    cJSON *record = cJSON_CreateObject();
    if (!record)
        return NULL;
    clock_text(now);
    cJSON_AddStringToObject(record, "event", event);
    if (id)
        cJSON_AddStringToObject(record, "cell", id);
    cJSON_AddStringToObject(record, "time", now);
    return record;
}

Status record_append(Journal *journal, cJSON *record)
{
    if (!record)
        FAIL(STATUS_NO_MEMORY, "no memory for a record of the journal");
    Status status = journal_append(journal, record);
    cJSON_Delete(record);
    return status;
}

/* Numbers keep all their digits. */
static void add_setting(cJSON *settings, const char *key, const char *text)
{
    char *end;
    strtod(text, &end);
    if (*text && *end == '\0')
        cJSON_AddRawToObject(settings, key, text);
    else
        cJSON_AddStringToObject(settings, key, text);
}

cJSON *record_planned(const GridCell *cell)
{
    cJSON *record = record_new("planned", cell->id);
    cJSON *settings = record ? cJSON_AddObjectToObject(record, "settings") : NULL;
    if (!settings) {
        cJSON_Delete(record);
        return NULL;
    }
    cJSON_AddStringToObject(record, "name", cell->name);
    for (size_t i = 0; i < setting_count(); ++i) {
        char text[SETTING_TEXT_BYTES];
        setting_write(&cell->settings, i, text);
        if (setting_applies(&cell->settings, i))
            add_setting(settings, setting_name(i), text);
    }
    return record;
}

/* ---- reading ---- */

const char *cell_standing_name(CellStanding standing)
{
    static const char *const names[] = {"new", "partial", "done", "failed", "dropped"};
    return names[standing];
}

static const char *text_of(const cJSON *record, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(record, key));
    return text ? text : "";
}

/* NaN if it is not there. */
static double number_of(const cJSON *record, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(record, key));
}

static size_t count_of(const cJSON *record, const char *key)
{
    double number = number_of(record, key);
    return number > 0 ? (size_t)number : 0;
}

static time_t time_of(const cJSON *record)
{
    struct tm utc = {0};
    return strptime(text_of(record, "time"), "%Y-%m-%dT%H:%M:%SZ", &utc) ? timegm(&utc) : 0;
}

/* The slot of the cell, or the free one that it would take: half of them are always free. */
static size_t *find_slot(const GridRecords *records, const char *id)
{
    size_t last = 2 * records->room - 1; /* room is a power of two */
    size_t i = hash_bytes(id, strlen(id), 0) & last;
    while (records->slots[i] && strcmp(records->cells[records->slots[i] - 1].id, id) != 0)
        i = (i + 1) & last;
    return &records->slots[i];
}

CellRecord *grid_records_find(const GridRecords *records, const char *id)
{
    size_t place = records->room ? *find_slot(records, id) : 0;
    return place ? &records->cells[place - 1] : NULL;
}

static Status make_room(GridRecords *records)
{
    GridRecords larger = *records;
    larger.room = records->room ? 2 * records->room : 64;
    TRY(MEMORY_NEW(&larger.cells, larger.room));
    Status status = MEMORY_NEW(&larger.slots, 2 * larger.room);
    if (status != STATUS_OK) {
        free(larger.cells);
        return status;
    }
    for (size_t i = 0; i < records->count; ++i) {
        larger.cells[i] = records->cells[i];
        *find_slot(&larger, larger.cells[i].id) = i + 1;
    }
    free(records->cells);
    free(records->slots);
    *records = larger;
    return STATUS_OK;
}

static Status add_cell(GridRecords *records, const cJSON *record)
{
    if (records->count == records->room)
        TRY(make_room(records));
    CellRecord *cell = &records->cells[records->count++];
    const cJSON *settings = cJSON_GetObjectItemCaseSensitive(record, "settings");
    *cell = (CellRecord){.validation_auc = (double)NAN,
                         .validation_dice = (double)NAN,
                         .epochs = count_of(settings, "epochs")};
    snprintf(cell->id, sizeof cell->id, "%s", text_of(record, "cell"));
    snprintf(cell->name, sizeof cell->name, "%s", text_of(record, "name"));
    snprintf(cell->backbone, sizeof cell->backbone, "%s", text_of(settings, "backbone"));
    snprintf(cell->tuning, sizeof cell->tuning, "%s", text_of(settings, "tuning"));
    *find_slot(records, cell->id) = records->count;
    return STATUS_OK;
}

static Status read_opened(GridRecords *records, const cJSON *record)
{
    free(records->data);
    free(records->fingerprint);
    records->data = records->fingerprint = NULL;
    TRY(memory_copy_text(text_of(record, "data"), &records->data));
    TRY(memory_copy_text(text_of(record, "fingerprint"), &records->fingerprint));
    snprintf(records->experiment, sizeof records->experiment, "%s", text_of(record, "experiment"));
    snprintf(records->host, sizeof records->host, "%s", text_of(record, "host"));
    records->pid = (int)count_of(record, "pid");
    records->job_ranks = count_of(record, "ranks");
    records->arithmetic = (int)count_of(record, "arithmetic");
    records->halving = strcmp(text_of(record, "search"), "halving") == 0;
    records->since = time_of(record);
    records->opened = true;
    records->slow[0] = '\0';
    records->closed = false;
    for (size_t i = 0; i < records->count; ++i)
        records->cells[i].running = false;
    return STATUS_OK;
}

static void read_started(CellRecord *cell, const cJSON *record)
{
    cell->standing = CELL_PARTIAL;
    cell->running = true;
    cell->ranks = count_of(record, "ranks");
    ++cell->attempts;
    snprintf(cell->hosts, sizeof cell->hosts, "%s", text_of(record, "hosts"));
}

static void read_saved(CellRecord *cell, const cJSON *record)
{
    double speed = number_of(record, "images_per_second");
    double seconds = number_of(record, "step_seconds");
    cell->epoch = count_of(record, "epoch");
    cell->epochs = count_of(record, "epochs");
    cell->step = count_of(record, "step");
    cell->steps = count_of(record, "steps");
    cell->validation_auc = number_of(record, "validation_auc");
    cell->validation_dice = number_of(record, "validation_dice");
    if (speed > 0)
        cell->images_per_second = speed;
    if (seconds > 0)
        cell->step_seconds = seconds;
}

static void end_attempt(CellRecord *cell, CellStanding standing, const cJSON *record)
{
    cell->standing = standing;
    cell->running = false;
    snprintf(cell->cause, sizeof cell->cause, "%s", text_of(record, "cause"));
    snprintf(cell->kind, sizeof cell->kind, "%s", text_of(record, "kind"));
}

static void read_cell_event(CellRecord *cell, const char *event, const cJSON *record)
{
    cell->changed = time_of(record);
    if (strcmp(event, "started") == 0)
        read_started(cell, record);
    else if (strcmp(event, "saved") == 0)
        read_saved(cell, record);
    else if (strcmp(event, "stopped") == 0)
        end_attempt(cell, CELL_PARTIAL, record);
    else if (strcmp(event, "lost") == 0) {
        end_attempt(cell, CELL_PARTIAL, record);
        ++cell->losses;
    } else if (strcmp(event, "finished") == 0)
        end_attempt(cell, CELL_DONE, record);
    else if (strcmp(event, "failed") == 0)
        end_attempt(cell, CELL_FAILED, record);
}

static void read_slow(GridRecords *records, const cJSON *record)
{
    size_t used = strlen(records->slow);
    snprintf(records->slow + used, sizeof records->slow - used,
             "%srank %zu on %s (%.1f times slower)", used ? ", " : "", count_of(record, "rank"),
             text_of(record, "host"), number_of(record, "factor"));
}

static void read_decided(GridRecords *records, const cJSON *record)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(record, "kept"))
    {
        CellRecord *cell = grid_records_find(records, text_of(entry, "cell"));
        if (cell)
            cell->kept_epoch = count_of(record, "epoch");
    }
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(record, "dropped"))
    {
        CellRecord *cell = grid_records_find(records, text_of(entry, "cell"));
        if (cell)
            cell->standing = CELL_DROPPED;
    }
}

static Status read_record(GridRecords *records, const cJSON *record, const char *path, size_t line)
{
    const char *event = text_of(record, "event"), *id = text_of(record, "cell");
    time_t time = time_of(record);
    if (time)
        records->last = time;
    if (strcmp(event, "opened") == 0)
        return read_opened(records, record);
    if (strcmp(event, "closed") == 0) {
        records->closed = true;
        records->code = (int)count_of(record, "code");
        return STATUS_OK;
    }
    if (strcmp(event, "slow") == 0)
        read_slow(records, record);
    if (strcmp(event, "decided") == 0)
        read_decided(records, record);
    if (!*id)
        return STATUS_OK;
    CellRecord *cell = grid_records_find(records, id);
    if (strcmp(event, "planned") == 0)
        return cell ? STATUS_OK : add_cell(records, record);
    if (!cell)
        FAIL(STATUS_FORMAT,
             "%s:%zu: cell '%s' was never planned; put the file back from a copy, or, without a "
             "search, delete every line of this cell: it goes on from its checkpoint",
             path, line, id);
    read_cell_event(cell, event, record);
    return STATUS_OK;
}

Status grid_records_read(const char *journal_path, GridRecords *records)
{
    JournalRecords lines;
    *records = (GridRecords){0};
    TRY(journal_read(journal_path, &lines));
    Status status = STATUS_OK;
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i)
        status = read_record(records, lines.records[i], journal_path, i + 1);
    records->torn = lines.torn;
    journal_clear(&lines);
    if (status != STATUS_OK)
        grid_records_clear(records);
    return status;
}

void grid_records_clear(GridRecords *records)
{
    free(records->cells);
    free(records->slots);
    free(records->data);
    free(records->fingerprint);
    *records = (GridRecords){0};
}

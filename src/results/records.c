/* See records.h. */
#include "results/records.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

const char *cell_standing_name(CellStanding standing)
{
    static const char *const names[CELL_STANDINGS] = {"new", "partial", "done", "failed",
                                                      "dropped"};
    return names[standing];
}

CellRecord *records_find(const Records *records, const char *id)
{
    size_t place;
    return text_map_find(&records->places, id, &place) ? &records->cells[place] : NULL;
}

const char *record_setting(const CellRecord *cell, const char *key)
{
    for (size_t i = 0; i < cell->setting_count; ++i)
        if (strcmp(cell->settings[i].key, key) == 0)
            return cell->settings[i].text;
    return NULL;
}

/* ---- events of a cell ---- */

/* A cell's identity names its folder below cells/, and must not lead anywhere else. */
static Status check_id(const char *id, const char *path, size_t line)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    size_t length = strlen(id);
    if (length == 0 || length >= RECORD_ID_BYTES || strspn(id, plain) != length)
        FAIL(STATUS_FORMAT,
             "%s:%zu: the identity of a cell is '%.64s', expected less than %d letters and digits, "
             "as it names a folder",
             path, line, id, RECORD_ID_BYTES);
    return STATUS_OK;
}

static Status add_cell(Records *records, Event *event, const char *path, size_t line)
{
    size_t place = records->count;
    TRY(check_id(event->cell, path, line));
    TRY(MEMORY_GROW(&records->cells, records->count + 1, &records->room));
    TRY(text_map_add(&records->places, event->cell, &place));
    CellRecord *cell = &records->cells[records->count++];
    *cell = (CellRecord){.setting_count = event->setting_count,
                         .settings = event->settings,
                         .validation_auc = (double)NAN,
                         .validation_dice = (double)NAN};
    event->settings = NULL; /* taken over */
    const char *epochs = record_setting(cell, "epochs");
    cell->epochs = epochs ? strtoull(epochs, NULL, 10) : 0;
    snprintf(cell->id, sizeof cell->id, "%s", event->cell);
    snprintf(cell->identity, sizeof cell->identity, "%s", event->cell);
    snprintf(cell->name, sizeof cell->name, "%s", event->cell_name);
    snprintf(cell->source, sizeof cell->source, "%s", event->source);
    cell->pretrains = strcmp(event->role, "pretraining") == 0;
    return STATUS_OK;
}

/* A cell that has another's id keeps it. The first of several that are adopted under one identity
 * stands for them all. */
static Status read_adopted(Records *records, CellRecord *cell, const Event *event)
{
    const size_t own = (size_t)(cell - records->cells);
    size_t place = own;
    snprintf(cell->identity, sizeof cell->identity, "%s", event->identity);
    TRY(text_map_add(&records->places, event->identity, &place));
    cell->superseded = place != own && strcmp(records->cells[place].identity, event->identity) == 0;
    return STATUS_OK;
}

static void read_started(CellRecord *cell, const Event *event)
{
    cell->standing = CELL_PARTIAL;
    cell->running = true;
    cell->ranks = event->ranks;
    ++cell->attempts;
    cell->cause[0] = cell->kind[0] = '\0';
    snprintf(cell->hosts, sizeof cell->hosts, "%s", event->hosts);
}

static void read_saved(CellRecord *cell, const Event *event)
{
    cell->epoch = event->epoch;
    cell->epochs = event->epochs;
    cell->step = event->step;
    cell->steps = event->steps;
    cell->validation_auc = event->validation_auc;
    cell->validation_dice = event->validation_dice;
    if (event->images_per_second > 0)
        cell->images_per_second = event->images_per_second;
    if (event->step_seconds > 0)
        cell->step_seconds = event->step_seconds;
}

static void read_end(CellRecord *cell, const Event *event)
{
    /* What only the storage has held up, the next job goes on with. */
    bool failed =
        event->kind == EVENT_FAILED && strcmp(event->failure, status_name(STATUS_STORAGE)) != 0;
    cell->standing = event->kind == EVENT_FINISHED ? CELL_DONE
                     : failed                      ? CELL_FAILED
                                                   : CELL_PARTIAL;
    cell->losses += event->kind == EVENT_LOST;
    cell->running = false;
    snprintf(cell->cause, sizeof cell->cause, "%s", event->cause);
    snprintf(cell->kind, sizeof cell->kind, "%s", event->failure);
}

const TestRecord *record_test(const CellRecord *cell, const char *name)
{
    for (size_t i = 0; i < cell->test_count; ++i)
        if (strcmp(cell->tests[i].name, name) == 0)
            return &cell->tests[i];
    return NULL;
}

/* The last word on a test set counts. */
static Status read_tested(CellRecord *cell, const Event *event)
{
    size_t place = 0, room = cell->test_count;
    while (place < cell->test_count && strcmp(cell->tests[place].name, event->test_set) != 0)
        ++place;
    if (place == cell->test_count) {
        TRY(MEMORY_GROW(&cell->tests, cell->test_count + 1, &room));
        ++cell->test_count;
    }
    TestRecord *test = &cell->tests[place];
    *test = (TestRecord){.done = event->kind == EVENT_TESTED};
    snprintf(test->name, sizeof test->name, "%s", event->test_set);
    if (test->done)
        snprintf(test->fingerprint, sizeof test->fingerprint, "%s", event->fingerprint);
    else
        snprintf(test->kind, sizeof test->kind, "%s", event->failure);
    snprintf(test->cause, sizeof test->cause, "%s", test->done ? "" : event->cause);
    return STATUS_OK;
}

static void take_time(CellRecord *cell, const Event *event)
{
    const time_t now = event_time(event);
    if (cell->running && event->kind != EVENT_STARTED && now > cell->changed && cell->changed) {
        cell->seconds += difftime(now, cell->changed);
        cell->rank_seconds += difftime(now, cell->changed) * (double)cell->ranks;
    }
    if (event->kind == EVENT_STARTED && !cell->attempts)
        cell->started = now;
    cell->changed = now;
}

static Status read_cell_event(Records *records, const Event *event, const char *path, size_t line)
{
    CellRecord *cell = records_find(records, event->cell);
    if (!cell)
        FAIL(STATUS_FORMAT,
             "%s:%zu: cell '%s' was never planned; put the file back from a copy, or, without a "
             "search, delete every line of this cell: it goes on from its checkpoint",
             path, line, event->cell);
    if (event->kind == EVENT_ADOPTED) {
        TRY(check_id(event->identity, path, line));
        return read_adopted(records, cell, event);
    }
    if (event->kind == EVENT_TESTED || event->kind == EVENT_UNTESTED)
        return read_tested(cell, event);
    take_time(cell, event);
    if (event->kind == EVENT_STARTED)
        read_started(cell, event);
    else if (event->kind == EVENT_SAVED)
        read_saved(cell, event);
    else
        read_end(cell, event);
    return STATUS_OK;
}

/* ---- events of a job ---- */

static Status replace_text(char **text, const char *other)
{
    free(*text);
    *text = NULL;
    return memory_copy_text(other, text);
}

static Status read_opened(Records *records, const Event *event)
{
    TRY(replace_text(&records->experiment, event->experiment));
    TRY(replace_text(&records->data, event->data));
    TRY(replace_text(&records->fingerprint, event->fingerprint));
    TRY(replace_text(&records->test_sets, event->test_sets));
    snprintf(records->host, sizeof records->host, "%s", event->host);
    records->pid = (int)event->pid;
    records->job_ranks = event->ranks;
    records->arithmetic = (int)event->arithmetic;
    records->halving = strcmp(event->search, "halving") == 0;
    records->since = event_time(event);
    records->opened = true;
    records->slow[0] = '\0';
    records->closed = false;
    for (size_t i = 0; i < records->count; ++i)
        records->cells[i].running = false;
    return STATUS_OK;
}

static void read_slow(Records *records, const Event *event)
{
    size_t used = strlen(records->slow);
    snprintf(records->slow + used, sizeof records->slow - used,
             "%srank %zu on %s (%.1f times slower)", used ? ", " : "", event->rank, event->host,
             event->factor);
}

static void read_decided(Records *records, const Event *event)
{
    for (size_t i = 0; i < event->decision_count; ++i) {
        CellRecord *cell = records_find(records, event->decisions[i].cell);
        if (cell && event->decisions[i].kept)
            cell->kept_epoch = event->epoch;
        else if (cell)
            cell->standing = CELL_DROPPED;
    }
}

static Status read_event(Records *records, Event *event, const char *path, size_t line)
{
    time_t time = event_time(event);
    if (time)
        records->last = time;
    switch (event->kind) {
    case EVENT_OPENED:
        return read_opened(records, event);
    case EVENT_PLANNED: /* a second time changes nothing */
        return !*event->cell || records_find(records, event->cell)
                   ? STATUS_OK
                   : add_cell(records, event, path, line);
    case EVENT_SLOW:
        read_slow(records, event);
        return STATUS_OK;
    case EVENT_DECIDED:
        read_decided(records, event);
        return STATUS_OK;
    case EVENT_CLOSED:
        records->closed = true;
        records->code = (int)event->code;
        return STATUS_OK;
    case EVENT_OTHER:
        return STATUS_OK;
    default:
        return read_cell_event(records, event, path, line);
    }
}

/* ---- the whole ---- */

static void clear_cell(CellRecord *cell)
{
    free(cell->settings);
    free(cell->tests);
}

/* Whether a cell has its place before or after the others', or none at all. */
static bool is_plain(const CellRecord *cell)
{
    return !cell->superseded && !cell->pretrains;
}

/* Moves the grid's cells to the front, the pretrainings behind them, and drops what is superseded.
 */
static Status move_cells(Records *records)
{
    const size_t all = records->count;
    CellRecord *ordered;
    size_t count = 0;
    TRY(MEMORY_NEW(&ordered, all));
    for (size_t i = 0; i < all; ++i)
        if (is_plain(&records->cells[i]))
            ordered[count++] = records->cells[i];
    records->count = count;
    for (size_t i = 0; i < all; ++i) {
        if (records->cells[i].superseded)
            clear_cell(&records->cells[i]);
        else if (records->cells[i].pretrains)
            ordered[count++] = records->cells[i];
    }
    free(records->cells);
    records->cells = ordered;
    records->room = all;
    records->pretraining_count = count - records->count;
    return STATUS_OK;
}

/* Until here all cells count, in the order of planning. */
static Status put_in_order(Records *records)
{
    size_t plain = 0;
    while (plain < records->count && is_plain(&records->cells[plain]))
        ++plain;
    if (plain == records->count)
        return STATUS_OK;
    TRY(move_cells(records));
    text_map_clear(&records->places);
    for (size_t i = 0; i < records_all(records); ++i) {
        size_t place = i;
        TRY(text_map_add(&records->places, records->cells[i].id, &place));
        TRY(text_map_add(&records->places, records->cells[i].identity, &place));
    }
    return STATUS_OK;
}

Status records_read(const char *journal_path, Records *records)
{
    JournalRecords lines;
    *records = (Records){0};
    TRY(journal_read(journal_path, &lines));
    Status status = STATUS_OK;
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i) {
        Event event;
        status = event_read(lines.records[i], &event);
        if (status == STATUS_OK)
            status = read_event(records, &event, journal_path, i + 1);
        event_clear(&event);
    }
    records->torn = lines.torn;
    journal_clear(&lines);
    if (status == STATUS_OK)
        status = put_in_order(records);
    if (status != STATUS_OK)
        records_clear(records);
    return status;
}

void records_clear(Records *records)
{
    for (size_t i = 0; i < records_all(records); ++i)
        clear_cell(&records->cells[i]);
    free(records->cells);
    text_map_clear(&records->places);
    free(records->experiment);
    free(records->data);
    free(records->fingerprint);
    free(records->test_sets);
    *records = (Records){0};
}

/* ---- a configuration ---- */

/* The key and the value of a "key: value", perhaps in quotes, both without blanks around them;
 * false if the line is none. */
static bool split_line(const char *line, int *key_length, const char **value, int *value_length)
{
    size_t length = strcspn(line, " :#\n");
    if (length == 0 || line[length] != ':')
        return false;
    *key_length = (int)length;
    *value = line + length + 1;
    *value += strspn(*value, " \"'");
    *value_length = (int)strcspn(*value, " \"'\n");
    return true;
}

/* Copies a value in the form in which event_read() gives it, and returns what follows it. */
static char *copy_value(char *text, const char *value, int length)
{
    char number[EVENT_NUMBER_BYTES];
    sprintf(text, "%.*s", length, value);
    const char *known = event_setting_text(text, number);
    if (known != text)
        strcpy(text, known);
    return text + strlen(text) + 1;
}

/* Like what event_read() gives: the texts stand behind the array. */
Status record_complete(CellRecord *cell, const char *config)
{
    char *block;
    size_t lines = 1;
    if (cell->setting_count)
        return STATUS_OK;
    for (const char *at = config; *at; ++at)
        lines += *at == '\n';
    TRY(MEMORY_NEW(&block,
                   lines * (sizeof(EventSetting) + 2 + EVENT_NUMBER_BYTES) + strlen(config)));
    free(cell->settings);
    cell->settings = (EventSetting *)(void *)block;
    char *text = block + lines * sizeof(EventSetting);
    for (const char *line = config; line; line = strchr(line, '\n')) {
        const char *value;
        int key_length, value_length;
        line += strspn(line, " \n");
        if (!split_line(line, &key_length, &value, &value_length))
            continue;
        EventSetting *setting = &cell->settings[cell->setting_count++];
        setting->key = text;
        text += sprintf(text, "%.*s", key_length, line) + 1;
        setting->text = text;
        text = copy_value(text, value, value_length);
    }
    return STATUS_OK;
}

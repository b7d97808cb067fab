/* From journal records to the states of cells; see cells.h. */
#include "report/cells.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/journal.h"

static const char *text_field(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

/* A setting as text, in `text`; "" if it is not there. */
static void setting_text(const cJSON *settings, const char *key, char *text, size_t room)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(settings, key);
    text[0] = '\0';
    if (cJSON_IsString(item))
        snprintf(text, room, "%s", item->valuestring);
    else if (cJSON_IsNumber(item))
        snprintf(text, room, "%.15g", item->valuedouble);
    else if (cJSON_IsBool(item))
        snprintf(text, room, "%s", cJSON_IsTrue(item) ? "true" : "false");
}

static double text_number(const char *text)
{
    char *end = NULL;
    double value = strtod(text, &end);
    return *text && *end == '\0' ? value : (double)NAN;
}

/* A number under any of the two keys; NaN if there is none. */
static double number_field(const cJSON *settings, const char *key, const char *other)
{
    char text[64];
    setting_text(settings, key, text, sizeof text);
    if (text[0] == '\0')
        setting_text(settings, other, text, sizeof text);
    return text_number(text);
}

static ReportCell *find_cell(ReportCells *cells, const char *id)
{
    for (size_t i = 0; i < cells->count; ++i)
        if (strcmp(cells->cells[i].id, id) == 0)
            return &cells->cells[i];
    return NULL;
}

static Status add_cell(ReportCells *cells, const char *id, const cJSON *settings)
{
    if (cells->count == cells->room) {
        ReportCell *grown = NULL;
        size_t room = 2 * cells->room + 32;
        TRY(MEMORY_NEW(&grown, room));
        if (cells->count > 0)
            memcpy(grown, cells->cells, cells->count * sizeof *grown);
        free(cells->cells);
        cells->cells = grown;
        cells->room = room;
    }
    ReportCell *cell = &cells->cells[cells->count++];
    *cell = (ReportCell){.focal_alpha = number_field(settings, "focal_alpha", "alpha"),
                         .focal_gamma = number_field(settings, "focal_gamma", "gamma"),
                         .seed = number_field(settings, "seed", "seed"),
                         .state = CELL_STATE_PLANNED};
    snprintf(cell->id, sizeof cell->id, "%s", id);
    snprintf(cell->backbone, sizeof cell->backbone, "%s", text_field(settings, "backbone"));
    snprintf(cell->tuning, sizeof cell->tuning, "%s", text_field(settings, "tuning"));
    return STATUS_OK;
}

static Status apply_record(ReportCells *cells, const cJSON *record, const char *path, size_t line)
{
    const char *event = text_field(record, "event"), *id = text_field(record, "cell");
    if (strcmp(event, "planned") == 0) {
        const cJSON *settings = cJSON_GetObjectItemCaseSensitive(record, "settings");
        if (*id == '\0' || !cJSON_IsObject(settings))
            FAIL(STATUS_FORMAT, "%s:%zu: a planned cell needs 'cell' and 'settings'", path, line);
        return find_cell(cells, id) ? STATUS_OK : add_cell(cells, id, settings);
    }
    const cJSON *entry;
    cJSON_ArrayForEach(entry, cJSON_GetObjectItemCaseSensitive(record, "dropped"))
    {
        ReportCell *cell = find_cell(cells, text_field(entry, "cell"));
        if (cell != NULL)
            cell->state = CELL_STATE_DROPPED;
    }
    static const struct {
        const char *event;
        CellState state;
    } changes[] = {{"started", CELL_STATE_STARTED},
                   {"finished", CELL_STATE_DONE},
                   {"failed", CELL_STATE_FAILED}};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; ++i) {
        if (strcmp(event, changes[i].event) != 0)
            continue;
        ReportCell *cell = find_cell(cells, id);
        if (cell == NULL)
            FAIL(STATUS_FORMAT, "%s:%zu: cell '%s' was never planned", path, line, id);
        cell->state = changes[i].state;
        snprintf(cell->cause, sizeof cell->cause, "%s", text_field(record, "cause"));
    }
    return STATUS_OK;
}

/* Whether a setting has a field of its own in ReportCell. */
static bool has_field(const char *key)
{
    static const char *const keys[] = {"backbone",    "tuning",      "alpha", "gamma",
                                       "focal_alpha", "focal_gamma", "seed"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
        if (strcmp(keys[i], key) == 0)
            return true;
    return false;
}

/* The settings with which a cell was planned first; NULL if there is no such record. */
static const cJSON *settings_of(const JournalRecords *records, const char *id)
{
    for (size_t i = 0; i < records->count; ++i)
        if (strcmp(text_field(records->records[i], "event"), "planned") == 0 &&
            strcmp(text_field(records->records[i], "cell"), id) == 0)
            return cJSON_GetObjectItemCaseSensitive(records->records[i], "settings");
    return NULL;
}

/* Whether the cells disagree about a setting. */
static bool varies(const JournalRecords *records, const ReportCells *cells, const char *key)
{
    char first[REPORT_OTHERS_BYTES], text[REPORT_OTHERS_BYTES];
    setting_text(settings_of(records, cells->cells[0].id), key, first, sizeof first);
    for (size_t i = 1; i < cells->count; ++i) {
        setting_text(settings_of(records, cells->cells[i].id), key, text, sizeof text);
        if (strcmp(text, first) != 0)
            return true;
    }
    return false;
}

/* Settings that vary over the grid and have no field of their own keep cells apart by their text.
 */
static void find_other_axes(const JournalRecords *records, ReportCells *cells)
{
    const cJSON *first = cells->count ? settings_of(records, cells->cells[0].id) : NULL;
    const cJSON *item;
    cJSON_ArrayForEach(item, first)
    {
        if (has_field(item->string) || !varies(records, cells, item->string))
            continue;
        for (size_t i = 0; i < cells->count; ++i) {
            char text[REPORT_OTHERS_BYTES];
            char *others = cells->cells[i].others;
            size_t used = strlen(others);
            setting_text(settings_of(records, cells->cells[i].id), item->string, text, sizeof text);
            snprintf(others + used, REPORT_OTHERS_BYTES - used, "%s%s=%s", used ? ", " : "",
                     item->string, text);
        }
    }
}

Status report_cells_read(const char *journal_path, ReportCells *cells)
{
    *cells = (ReportCells){0};
    JournalRecords records;
    TRY(journal_read(journal_path, &records));
    Status status = STATUS_OK;
    for (size_t i = 0; i < records.count && status == STATUS_OK; ++i)
        status = apply_record(cells, records.records[i], journal_path, i + 1);
    if (status == STATUS_OK)
        find_other_axes(&records, cells);
    journal_clear(&records);
    if (status != STATUS_OK)
        report_cells_clear(cells);
    return status;
}

/* The value of "key: value" on a line of its own; "" if there is none. */
static void config_value(const char *config, const char *key, char *text, size_t room)
{
    size_t length = strlen(key);
    text[0] = '\0';
    for (const char *line = config; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        line += strspn(line, " ");
        if (strncmp(line, key, length) != 0 || line[length] != ':')
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " \"'");
        snprintf(text, room, "%.*s", (int)strcspn(value, " \"'\n"), value);
        return;
    }
}

void report_cell_complete(ReportCell *cell, const char *config)
{
    char text[64];
    if (cell->backbone[0] != '\0')
        return;
    config_value(config, "backbone", cell->backbone, sizeof cell->backbone);
    config_value(config, "tuning", cell->tuning, sizeof cell->tuning);
    config_value(config, "alpha", text, sizeof text);
    cell->focal_alpha = text_number(text);
    config_value(config, "gamma", text, sizeof text);
    cell->focal_gamma = text_number(text);
    config_value(config, "seed", text, sizeof text);
    cell->seed = text_number(text);
}

void report_cells_clear(ReportCells *cells)
{
    free(cells->cells);
    *cells = (ReportCells){0};
}

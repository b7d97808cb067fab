/* From journal records to the states of cells; see cells.h. */
#include "report/cells.h"

#include <math.h>
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

/* A number under any of the two keys; NaN if there is none. */
static double number_field(const cJSON *object, const char *key, const char *other)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    if (!cJSON_IsNumber(item))
        item = cJSON_GetObjectItemCaseSensitive(object, other);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
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

Status report_cells_read(const char *journal_path, ReportCells *cells)
{
    *cells = (ReportCells){0};
    JournalRecords records;
    TRY(journal_read(journal_path, &records));
    Status status = STATUS_OK;
    for (size_t i = 0; i < records.count && status == STATUS_OK; ++i)
        status = apply_record(cells, records.records[i], journal_path, i + 1);
    journal_clear(&records);
    if (status != STATUS_OK)
        report_cells_clear(cells);
    return status;
}

void report_cells_clear(ReportCells *cells)
{
    free(cells->cells);
    *cells = (ReportCells){0};
}

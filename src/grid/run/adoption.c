/* See adoption.h. That a record is the same cell but for settings that do not matter is not taken
 * from its settings alone: its own identity must come out of them, of the cell's data and of the
 * path of its initial weights. */
#include "grid/run/adoption.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- records by identity ---- */

/* What has been adopted is known by its present identity only, in which the content of the initial
 * weights counts. */
static bool waits_for_adoption(const CellRecord *record)
{
    return !record_setting(record, "architecture") && strcmp(record->id, record->identity) == 0;
}

static const CellRecord *record_of(const Records *records, const GridCell *cell)
{
    const CellRecord *record = records_find(records, cell->identity);
    if (record || !*cell->former_id)
        return record;
    record = records_find(records, cell->former_id);
    return record && waits_for_adoption(record) ? record : NULL;
}

/* ---- records by settings ---- */

/* What cells and records have in common that train the same on the same data. */
static Status essence(const CellSettings *settings, const char *initial, char text[CELL_ID_BYTES])
{
    return cell_identity(settings, initial, "", text);
}

static Status map_cells(const ExperimentFile *experiment, const Job *job, TextMap *map)
{
    const size_t initial = setting_find("model", "initial");
    for (size_t i = 0; i < job->cells.count; ++i) {
        char written[SETTING_TEXT_BYTES], text[CELL_ID_BYTES];
        size_t place = i;
        if (job->cells.cells[i].pretrains || job->cells.cells[i].source)
            continue; /* those versions had none */
        grid_cell_text(experiment, &job->cells.cells[i], initial, written);
        TRY(essence(&job->cells.cells[i].settings, written, text));
        TRY(text_map_add(map, text, &place));
    }
    return STATUS_OK;
}

/* The record's settings and, as written, its initial weights; *known is false if it has one that
 * this version cannot read. */
static void read_record(const CellRecord *record, const ExperimentFile *experiment,
                        CellSettings *settings, const char **initial, bool *known)
{
    *settings = setting_defaults(0);
    setting_take_back(settings); /* what the record does not name was not there yet */
    settings->test_on_validation = experiment->test_on_validation;
    *initial = "";
    *known = record->setting_count > 0;
    for (size_t i = 0; i < record->setting_count && *known; ++i) {
        const EventSetting *given = &record->settings[i];
        size_t setting = setting_find_name(given->key);
        *known = setting < setting_count();
        if (*known && setting_is_path(setting))
            *initial = given->text;
        else if (*known)
            *known = setting_read(settings, setting, given->text) == STATUS_OK;
    }
}

static Status find_owner(const CellRecord *record, const ExperimentFile *experiment, const Job *job,
                         const TextMap *map, size_t *owner)
{
    CellSettings settings;
    const char *initial;
    char text[CELL_ID_BYTES];
    bool known;
    size_t place;
    read_record(record, experiment, &settings, &initial, &known);
    if (!known)
        return STATUS_OK;
    TRY(essence(&settings, initial, text));
    if (!text_map_find(map, text, &place))
        return STATUS_OK;
    TRY(cell_former_identity(&settings, initial,
                             job_dataset(job, &job->cells.cells[place])->fingerprint, text));
    if (strcmp(text, record->id) == 0)
        *owner = place;
    return STATUS_OK;
}

static Status find_owners(const Records *records, const ExperimentFile *experiment, const Job *job,
                          size_t *owners)
{
    TextMap map = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < records_all(records) && status == STATUS_OK; ++i) {
        if (owners[i] != SIZE_MAX || !waits_for_adoption(&records->cells[i]))
            continue;
        if (!map.count)
            status = map_cells(experiment, job, &map);
        if (status == STATUS_OK)
            status = find_owner(&records->cells[i], experiment, job, &map, &owners[i]);
    }
    text_map_clear(&map);
    return status;
}

/* ---- the whole ---- */

/* Whether a record is farther than another one of the same cell. */
static bool is_farther(const CellRecord *one, const CellRecord *other)
{
    static const int order[CELL_STANDINGS] = {
        [CELL_NEW] = 0, [CELL_FAILED] = 1, [CELL_PARTIAL] = 2, [CELL_DROPPED] = 3, [CELL_DONE] = 4};
    if (order[one->standing] != order[other->standing])
        return order[one->standing] > order[other->standing];
    if (one->kept_epoch != other->kept_epoch)
        return one->kept_epoch > other->kept_epoch;
    return one->step > other->step;
}

Status adoption_match(const Records *records, const ExperimentFile *experiment, Job *job,
                      size_t *owners)
{
    for (size_t i = 0; i < records_all(records); ++i)
        owners[i] = SIZE_MAX;
    for (size_t i = 0; i < job->cells.count; ++i) {
        GridCell *cell = &job->cells.cells[i];
        const CellRecord *record = record_of(records, cell);
        snprintf(cell->id, sizeof cell->id, "%s", record ? record->id : cell->identity);
        if (record)
            owners[record - records->cells] = i;
    }
    TRY(find_owners(records, experiment, job, owners));
    for (size_t i = 0; i < records_all(records); ++i) {
        const CellRecord *record = &records->cells[i], *present;
        if (owners[i] == SIZE_MAX)
            continue;
        GridCell *cell = &job->cells.cells[owners[i]];
        present = records_find(records, cell->id);
        /* One that has been adopted stays. */
        if (!present || (waits_for_adoption(present) && is_farther(record, present)))
            snprintf(cell->id, sizeof cell->id, "%s", record->id);
    }
    return STATUS_OK;
}

/* The records that stand for their cells come first: see records.h. */
Status adoption_record(const Records *records, const Job *job, const size_t *owners,
                       Journal *journal)
{
    cJSON **events;
    size_t count = 0;
    TRY(MEMORY_NEW(&events, records_all(records)));
    Status status = STATUS_OK;
    for (size_t i = 0; i < 2 * records_all(records) && status == STATUS_OK; ++i) {
        const size_t place = i % records_all(records);
        const CellRecord *record = &records->cells[place];
        if (owners[place] == SIZE_MAX)
            continue;
        const GridCell *cell = &job->cells.cells[owners[place]];
        bool stands = strcmp(record->id, cell->id) == 0;
        if (stands != (i < records_all(records)) || strcmp(record->identity, cell->identity) == 0)
            continue;
        events[count] = event_write(
            &(Event){.kind = EVENT_ADOPTED, .cell = record->id, .identity = cell->identity});
        if (events[count])
            ++count;
        else
            status = status_set(STATUS_NO_MEMORY, "no memory for a record of the journal");
    }
    if (status == STATUS_OK)
        status = journal_append_all(journal, count, events);
    for (size_t i = 0; i < count; ++i)
        cJSON_Delete(events[i]);
    free(events);
    return status;
}

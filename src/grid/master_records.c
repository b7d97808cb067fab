/* The master's records of attempts at cells; see records.h for what they mean.
 *
 * To bring a line to disk takes as long as to bring a hundred, and on a shared file system long
 * enough for hundreds of ranks to wait for it. So the records of one round of the master's loop go
 * there together. If the power fails before, the cells' own files still tell what they hold. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/master_state.h"

static Status make_room(Master *master)
{
    size_t room = 2 * master->record_room + 64;
    cJSON **records;
    if (master->record_count < master->record_room)
        return STATUS_OK;
    TRY(MEMORY_NEW(&records, room));
    if (master->record_count)
        memcpy(records, master->records, master->record_count * sizeof *records);
    free(master->records);
    master->records = records;
    master->record_room = room;
    return STATUS_OK;
}

Status master_record(Master *master, cJSON *record)
{
    Status status = record ? make_room(master)
                           : status_set(STATUS_NO_MEMORY, "no memory for a record of the journal");
    if (status == STATUS_OK)
        master->records[master->record_count++] = record;
    else
        cJSON_Delete(record);
    /* Alone, a round is as long as a cell. */
    return status == STATUS_OK && master->alone ? master_write_records(master) : status;
}

Status master_write_records(Master *master)
{
    Status status =
        journal_append_all(master->folder->journal, master->record_count, master->records);
    while (master->record_count)
        cJSON_Delete(master->records[--master->record_count]);
    return status;
}

static void list_hosts(const Master *master, const MasterCell *cell, char *text, size_t room)
{
    text[0] = '\0';
    for (size_t i = 0; i < cell->rank_count; ++i) {
        char host[PEER_HOST_BYTES];
        size_t used = strlen(text);
        peer_host(&master->workers[master_worker(master, cell->ranks[i])].peer, host);
        if (!strstr(text, host))
            snprintf(text + used, room - used, "%s%s", used ? " " : "", host);
    }
}

Status master_record_start(Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    char hosts[RECORD_HOSTS_BYTES];
    list_hosts(master, cell, hosts, sizeof hosts);
    cJSON *record = record_new("started", master_grid_cell(master, index)->id);
    cJSON_AddNumberToObject(record, "attempt", cell->attempt);
    cJSON_AddNumberToObject(record, "ranks", (double)cell->rank_count);
    cJSON_AddNumberToObject(record, "first_rank", cell->ranks[0]);
    cJSON_AddStringToObject(record, "hosts", hosts);
    return master_record(master, record);
}

static void add_number(cJSON *record, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(record, key, value);
}

Status master_record_save(Master *master, size_t index, const CellProgress *progress,
                          double step_seconds)
{
    cJSON *record = record_new("saved", master_grid_cell(master, index)->id);
    cJSON_AddNumberToObject(record, "epoch", (double)progress->epoch);
    cJSON_AddNumberToObject(record, "epochs", (double)progress->epochs);
    cJSON_AddNumberToObject(record, "step", (double)progress->step);
    cJSON_AddNumberToObject(record, "steps", (double)progress->steps);
    if (progress->images_per_second > 0)
        add_number(record, "images_per_second", progress->images_per_second);
    if (step_seconds > 0)
        add_number(record, "step_seconds", step_seconds);
    add_number(record, "validation_auc", progress->validation_auc);
    add_number(record, "validation_dice", progress->validation_dice);
    return master_record(master, record);
}

Status master_record_slow(Master *master, int rank, const char *host, double factor)
{
    cJSON *record = record_new("slow", NULL);
    cJSON_AddNumberToObject(record, "rank", rank);
    cJSON_AddStringToObject(record, "host", host);
    cJSON_AddNumberToObject(record, "factor", round(10 * factor) / 10);
    return master_record(master, record);
}

Status master_record_end(Master *master, size_t index, const char *event, const char *kind,
                         const char *cause)
{
    cJSON *record = record_new(event, master_grid_cell(master, index)->id);
    if (kind)
        cJSON_AddStringToObject(record, "kind", kind);
    if (cause)
        cJSON_AddStringToObject(record, "cause", cause);
    return master_record(master, record);
}

/* The master's records of attempts at cells; see results/events.h for what they mean.
 *
 * To bring a line to disk takes as long as to bring a hundred, and on a shared file system long
 * enough for hundreds of ranks to wait for it. So the records of one round of the master's loop go
 * there together. If the power fails before, the cells' own files still tell what they hold. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/run/master_state.h"
#include "infer/checkpoint.h"
#include "store/patience.h"

Status master_record(Master *master, const Event *event)
{
    cJSON *record = event_write(event);
    Status status =
        record ? MEMORY_GROW(&master->records, master->record_count + 1, &master->record_room)
               : status_set(STATUS_NO_MEMORY, "no memory for a record of the journal");
    if (status == STATUS_OK)
        master->records[master->record_count++] = record;
    else
        cJSON_Delete(record);
    /* Alone, a round is as long as a cell. */
    return status == STATUS_OK && master->alone ? master_write_records(master) : status;
}

/* Nobody goes on from a finished cell. What cannot be removed stays, and does no harm. */
static void discard_spares(Master *master)
{
    for (size_t i = 0; i < master->cell_count; ++i) {
        char path[PATH_MAX];
        if (!master->cells[i].spare)
            continue;
        master->cells[i].spare = false;
        if (snprintf(path, sizeof path, "%s/cells/%s/checkpoint.h5", master->job->folder,
                     master_grid_cell(master, i)->id) < (int)sizeof path)
            (void)checkpoint_discard_previous(path);
    }
    master->spares = 0;
}

Status master_write_records(Master *master)
{
    Status status;
    PATIENTLY(status,
              journal_append_all(master->folder->journal, master->record_count, master->records));
    while (master->record_count)
        cJSON_Delete(master->records[--master->record_count]);
    if (status == STATUS_OK && master->spares)
        discard_spares(master);
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
    return master_record(master, &(Event){.kind = EVENT_STARTED,
                                          .cell = master_grid_cell(master, index)->id,
                                          .attempt = cell->attempt,
                                          .ranks = cell->rank_count,
                                          .first_rank = (size_t)cell->ranks[0],
                                          .hosts = hosts});
}

Status master_record_save(Master *master, size_t index, const CellProgress *progress,
                          double step_seconds)
{
    return master_record(master, &(Event){.kind = EVENT_SAVED,
                                          .cell = master_grid_cell(master, index)->id,
                                          .epoch = progress->epoch,
                                          .epochs = progress->epochs,
                                          .step = progress->step,
                                          .steps = progress->steps,
                                          .images_per_second = progress->images_per_second,
                                          .step_seconds = step_seconds,
                                          .validation_auc = progress->validation_auc,
                                          .validation_dice = progress->validation_dice});
}

Status master_record_slow(Master *master, int rank, const char *host, double factor)
{
    return master_record(master, &(Event){.kind = EVENT_SLOW,
                                          .rank = (size_t)rank,
                                          .host = host,
                                          .factor = round(10 * factor) / 10});
}

Status master_record_test(Master *master, size_t index, size_t set, const char *kind,
                          const char *cause)
{
    const GridCell *cell = master_grid_cell(master, index);
    return master_record(
        master, &(Event){.kind = kind ? EVENT_UNTESTED : EVENT_TESTED,
                         .cell = cell->id,
                         .test_set = master->job->tests.sets[set].name,
                         .fingerprint = job_test_dataset(master->job, cell, set)->fingerprint,
                         .failure = kind,
                         .cause = cause});
}

Status master_record_end(Master *master, size_t index, EventKind event, const char *kind,
                         const char *cause)
{
    return master_record(master, &(Event){.kind = event,
                                          .cell = master_grid_cell(master, index)->id,
                                          .failure = kind,
                                          .cause = cause});
}

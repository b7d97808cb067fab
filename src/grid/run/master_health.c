/* Who is still there. A worker is dead when its process is gone (which shows at once on the
 * master's own host) or when it has said nothing for the time of silence; then its group is called
 * off, and its cell goes back to the queue. */
#include <math.h>
#include <stdio.h>

#include "base/clock.h"
#include "grid/run/master_state.h"

static const double LOOK_SECONDS = 0.5;

static Status lose_worker(Master *master, size_t index, const char *why)
{
    MasterWorker *worker = &master->workers[index];
    char host[PEER_HOST_BYTES], reason[MESSAGE_TEXT_BYTES];
    Message leave = {.kind = MESSAGE_LEAVE, .status = STATUS_LOST};
    int rank = master_rank(master, index);
    peer_host(&worker->peer, host);
    snprintf(reason, sizeof reason, "rank %d on host %s %s", rank, *host ? host : "?", why);
    progress_say(&master->progress, "%s; going on with %zu", reason,
                 master->worker_count - master->dead_count - 1);
    worker->dead = true;
    ++master->dead_count;
    scheduler_rank_lost(master->scheduler, index);
    /* Should it only hang, it must not wake up and write. */
    peer_kill(&master->link->peers[0], &worker->peer);
    TRY(link_send(master->link, rank, &leave));
    if (!worker->busy)
        return STATUS_OK;
    MasterCell *cell = &master->cells[worker->cell];
    if (!cell->broken) {
        snprintf(cell->cause, sizeof cell->cause, "%s", reason);
        cell->status = STATUS_LOST;
    }
    cell->broken = true;
    TRY(master_call_off(master, worker->cell, reason));
    return master_member_ended(
        master, worker->cell, index,
        &(MasterEnded){.status = STATUS_LOST, .end = CELL_STOPPED, .cause = reason});
}

static Status check_worker(Master *master, size_t index, double now)
{
    const MasterWorker *worker = &master->workers[index];
    char why[64];
    if (worker->dead)
        return STATUS_OK;
    if (peer_is_dead(&master->link->peers[0], &worker->peer))
        return lose_worker(master, index, "has died");
    if (now - worker->heard <= master->settings->silence)
        return STATUS_OK;
    snprintf(why, sizeof why, "has been silent for %.0f seconds", now - worker->heard);
    return lose_worker(master, index, why);
}

/* Of all that may make a rank slow, only another place for its work helps: the cell is saved and
 * started again on other ranks, if there are any. */
Status master_take_pace(Master *master, size_t index, double image_seconds)
{
    const MasterWorker *worker = &master->workers[index];
    double factor = 0;
    char host[PEER_HOST_BYTES];
    if (!pace_report(master->paces, master->worker_count, index, master->cost.kinds[worker->cell],
                     image_seconds, master->settings->silence / 10, clock_seconds(), &factor))
        return STATUS_OK;
    peer_host(&worker->peer, host);
    progress_say(&master->progress,
                 "rank %d on host %s is %.1f times slower than others; it is avoided from now on",
                 master_rank(master, index), *host ? host : "?", factor);
    scheduler_rank_avoid(master->scheduler, index);
    if (master->cells[worker->cell].rank_count > 1 || scheduler_idle_ranks(master->scheduler))
        TRY(master_ask_to_stop(master, worker->cell));
    return master_record_slow(master, master_rank(master, index), host, factor);
}

static void forgive(Master *master, size_t index, double now)
{
    if (!pace_forgive(&master->paces[index], now))
        return;
    progress_say(&master->progress, "rank %d was slow and gets another chance",
                 master_rank(master, index));
    scheduler_rank_trust(master->scheduler, index);
}

/* Workers must know that the master lives, and so must somebody who looks at the journal. */
static Status show_life(Master *master, double now)
{
    Message alive = {.kind = MESSAGE_ALIVE};
    if (now - master->told < fmin(master->settings->silence / 4, 10))
        return STATUS_OK;
    master->told = now;
    for (size_t i = 0; i < master->worker_count && !master->alone; ++i)
        if (!master->workers[i].dead)
            TRY(link_send(master->link, master_rank(master, i), &alive));
    results_folder_show_life(master->job->folder);
    return STATUS_OK;
}

Status master_check_health(Master *master, double now)
{
    if (now - master->looked < LOOK_SECONDS)
        return STATUS_OK;
    master->looked = now;
    TRY(show_life(master, now));
    for (size_t i = 0; i < master->worker_count && !master->alone; ++i)
        TRY(check_worker(master, i, now));
    for (size_t i = 0; i < master->worker_count && !master->alone; ++i)
        forgive(master, i, now);
    for (size_t i = 0; i < master->cell_count && !master->alone; ++i) {
        const MasterCell *cell = &master->cells[i];
        if (cell->attempt && cell->call_off > 0 && now >= cell->call_off)
            TRY(master_call_off(master, i, "another rank of the group failed"));
    }
    return STATUS_OK;
}

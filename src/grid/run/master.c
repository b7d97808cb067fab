/* See master.h. */
#include "grid/run/master.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/loader.h"
#include "grid/run/attempt.h"
#include "grid/run/cell_memory.h"
#include "grid/run/master_state.h"
#include "grid/run/signals.h"
#include "grid/run/threads.h"

static const double DOUBLING =
    0.976; /* of its gain that doubling a group keeps: docs/performance.md */
static const double RESTART_SECONDS = 5; /* to save a cell and start it again */

static void show(Master *master, double now, bool last)
{
    ProgressState state = {.running = master->running};
    for (size_t i = 0; i < master->cell_count; ++i) {
        const MasterCell *cell = &master->cells[i];
        if (!cell->selected)
            continue;
        state.done += cell->standing == CELL_DONE && !cell->untested;
        state.failed += cell->standing == CELL_FAILED;
        state.dropped += cell->standing == CELL_DROPPED;
        state.left += master_is_left(cell);
        state.images_per_second += cell->attempt ? cell->images_per_second : 0;
    }
    state.left -= state.running;
    state.seconds_left = cost_model_calibrated(&master->cost)
                             ? scheduler_time_left(master->scheduler, now)
                             : (double)NAN;
    if (last)
        progress_end(&master->progress, &state);
    else
        progress_update(&master->progress, &state, now);
}

/* ---- messages ---- */

static Status take_message(Master *master, const Message *message, int from)
{
    size_t index = master_worker(master, from);
    MasterWorker *worker = &master->workers[index];
    if (worker->dead)
        return STATUS_OK; /* it only hung; it has been told to leave */
    worker->heard = clock_seconds();
    if (!worker->busy || message->attempt != master->cells[worker->cell].attempt)
        return STATUS_OK; /* it only shows that it lives */
    TRY(master_take_pace(master, index, message->image_seconds));
    if (message->kind == MESSAGE_PROGRESS)
        return master_progress(master, worker->cell, &message->progress);
    if (message->kind != MESSAGE_ENDED)
        return STATUS_OK;
    scheduler_rank_idle(master->scheduler, index);
    return master_member_ended(master, worker->cell, index,
                               &(MasterEnded){.status = (Status)message->status,
                                              .heard = message->heard,
                                              .end = (CellEnd)message->end,
                                              .cause = message->text});
}

static Status take_messages(Master *master, bool *any)
{
    Message message;
    int from;
    bool received = true;
    *any = false;
    while (received) {
        TRY(link_receive(master->link, &message, &from, &received));
        if (received)
            TRY(take_message(master, &message, from));
        *any |= received;
    }
    return STATUS_OK;
}

static Status send_run(Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    Message message = {.kind = MESSAGE_RUN,
                       .cell = (uint32_t)index,
                       .attempt = cell->attempt,
                       .rank_count = (int32_t)cell->rank_count,
                       .saved_step = cell->saved_step,
                       .stop_epoch = master_stop_epoch(master, index),
                       .test = cell->testing};
    memcpy(message.ranks, cell->ranks, sizeof message.ranks);
    for (size_t i = 0; i < cell->rank_count; ++i)
        TRY(link_send(master->link, cell->ranks[i], &message));
    return STATUS_OK;
}

/* ---- alone ---- */

typedef struct {
    Master *master;
    size_t cell;
    Status status; /* of the journal */
} Solo;

/* How long before the end of the walltime running cells are asked to save. */
static double save_seconds(const Master *master)
{
    double longest = 0;
    for (size_t i = 0; i < master->cell_count; ++i)
        if (master->cells[i].attempt)
            longest = fmax(longest,
                           cost_model_step_seconds(&master->cost, i) /
                               scheduler_speed(&master->scheduling, master->cells[i].rank_count));
    return 2 * RESTART_SECONDS + 2 * longest;
}

bool master_must_stop(const Master *master)
{
    return signals_asked_to_stop() || clock_seconds() > master->end - save_seconds(master);
}

static void solo_progress(void *context, const CellProgress *progress)
{
    Solo *solo = context;
    double now = clock_seconds();
    if (solo->status == STATUS_OK)
        solo->status = master_progress(solo->master, solo->cell, progress);
    if (solo->status == STATUS_OK)
        solo->status = master_check_health(solo->master, now);
    show(solo->master, now, false);
}

static bool solo_stop(void *context)
{
    Solo *solo = context;
    return master_must_stop(solo->master) || solo->status != STATUS_OK;
}

static Status run_here(Master *master, size_t index)
{
    Solo solo = {.master = master, .cell = index};
    const CellHooks hooks = {.context = &solo,
                             .progress = solo_progress,
                             .should_stop = solo_stop,
                             .save_seconds = master->job->checkpoint_seconds,
                             .stop_epoch = master_stop_epoch(master, index)};
    CellEnd end = CELL_STOPPED;
    const MasterCell *cell = &master->cells[index];
    Status status = attempt_run(master->job,
                                &(Attempt){.cell = index,
                                           .number = cell->attempt,
                                           .saved_step = cell->saved_step,
                                           .test = cell->testing},
                                MPI_COMM_SELF, &hooks, &end);
    scheduler_rank_idle(master->scheduler, 0);
    TRY(solo.status);
    return master_member_ended(
        master, index, 0, &(MasterEnded){.status = status, .end = end, .cause = status_message()});
}

/* ---- the loop ---- */

static Status give_orders(Master *master, bool *any)
{
    SchedulerOrder order;
    *any = false;
    for (;;) {
        scheduler_next(master->scheduler, clock_seconds(), &order);
        if (order.kind == ORDER_NOTHING)
            return STATUS_OK;
        *any = true;
        if (order.kind == ORDER_WIDEN) {
            TRY(master_ask_to_stop(master, order.cell));
            continue;
        }
        TRY(master_begin(master, &order));
        if (master->alone)
            return run_here(master, order.cell);
        TRY(send_run(master, order.cell));
    }
}

static Status stop_all(Master *master)
{
    master->stopping = true;
    progress_say(&master->progress, "%s: saving the running cells, then ending",
                 signals_asked_to_stop() ? signals_name() : "the time is nearly up");
    for (size_t i = 0; i < master->cell_count; ++i)
        TRY(master_ask_to_stop(master, i));
    return STATUS_OK;
}

static Status run(Master *master)
{
    for (;;) {
        bool heard = false, ordered = false;
        double now = clock_seconds();
        if (!master->alone)
            TRY(take_messages(master, &heard));
        TRY(master_check_health(master, now));
        if (master_must_stop(master) && !master->stopping)
            TRY(stop_all(master));
        if (!master->stopping)
            TRY(give_orders(master, &ordered));
        TRY(master_write_records(master));
        if (!master->running && !ordered)
            return STATUS_OK;
        if (master->running)
            show(master, now, false);
        if (!heard && !ordered)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* ---- before and after ---- */

SchedulerSettings master_scheduling(size_t workers, size_t ranks_per_cell,
                                    const SchedulerNodes *nodes)
{
    return (SchedulerSettings){.ranks = workers,
                               .fixed_group = ranks_per_cell,
                               .doubling = DOUBLING,
                               .restart_cost = RESTART_SECONDS,
                               .nodes = nodes};
}

static void recall_cell(Master *master, size_t index)
{
    const GridCell *grid = master_grid_cell(master, index);
    const CellRecord *record = records_find(&master->folder->records, grid->id);
    MasterCell *cell = &master->cells[index];
    cell->selected = !master->settings->selected || master->settings->selected[index];
    cell->steps_per_epoch =
        loader_steps_per_epoch(job_dataset(master->job, grid), grid->settings.batch);
    cell->steps = cell->steps_per_epoch * grid->settings.epochs;
    cell->score = (double)NAN;
    if (!record)
        return;
    cell->standing = record->standing;
    cell->step = cell->saved_step = record->step;
    cell->epoch = record->epoch;
    cell->kept_epoch = record->kept_epoch;
    cell->score =
        isfinite(record->validation_auc) ? record->validation_auc : record->validation_dice;
    if (cell->standing == CELL_FAILED && master->settings->retry)
        cell->standing = CELL_PARTIAL;
    /* Without a search nothing is dropped. */
    if (cell->standing == CELL_DROPPED && !master->settings->search->candidates)
        cell->standing = CELL_PARTIAL;
    cost_model_measure(&master->cost, index, record->step_seconds);
}

/* A cell that has room nowhere fails now, and with it what waits for it. */
static Status refuse_too_large(Master *master, SchedulerCell *plan)
{
    for (size_t i = 0; i < master->cell_count; ++i) {
        char cause[CELL_MEMORY_TEXT_BYTES];
        if (master->cells[i].standing == CELL_DONE)
            plan[i].rank_bytes[0] = plan[i].alone_bytes;
        if (!(plan[i].work > 0) || scheduler_smallest_group(&master->scheduling, &plan[i]))
            continue;
        cell_memory_refusal(master->job, master->settings->nodes, &plan[i], cause);
        TRY(master_refuse(master, i, cause));
    }
    for (size_t i = 0; i < master->cell_count; ++i)
        plan[i].work = master_work_left(master, i);
    return STATUS_OK;
}

static Status plan_memory(Master *master, SchedulerCell *plan)
{
    Nodes *nodes = master->settings->nodes;
    TRY(cell_memory_fill(master->job, nodes->threads, plan, NULL));
    master->scheduling = master_scheduling(
        master->worker_count, master->settings->ranks_per_cell,
        nodes_for_scheduler(nodes, MEMORY_PROGRAM_BYTES, cell_memory_data(master->job)));
    return refuse_too_large(master, plan);
}

static Status make_scheduler(Master *master)
{
    SchedulerCell *plan;
    TRY(MEMORY_NEW(&plan, master->cell_count));
    for (size_t i = 0; i < master->cell_count; ++i)
        plan[i] = (SchedulerCell){.work = master_work_left(master, i),
                                  .interval = fmin(cost_model_step_seconds(&master->cost, i) *
                                                       (double)master->cells[i].steps_per_epoch,
                                                   master->job->checkpoint_seconds),
                                  .most_ranks = master->cells[i].standing == CELL_DONE
                                                    ? 1
                                                    : master_grid_cell(master, i)->settings.shards,
                                  .source = master_grid_cell(master, i)->source};
    Status status = plan_memory(master, plan);
    if (status == STATUS_OK)
        status = scheduler_new(&master->scheduling, master->cell_count, plan, &master->scheduler);
    free(plan);
    if (status == STATUS_OK)
        scheduler_set_end(master->scheduler, master->end);
    return status;
}

static Status init(Master *master)
{
    const Job *job = master->job;
    master->alone = master->link->ranks == 1;
    master->worker_count = master->alone ? 1 : (size_t)master->link->ranks - 1;
    master->cell_count = job->cells.count;
    master->end = clock_seconds() + master->settings->seconds;
    progress_init(&master->progress);
    TRY(MEMORY_NEW(&master->workers, master->worker_count));
    TRY(MEMORY_NEW(&master->paces, master->worker_count));
    for (size_t i = 0; i < master->worker_count; ++i)
        master->workers[i] = (MasterWorker){.peer = master->link->peers[master_rank(master, i)],
                                            .heard = clock_seconds()};
    TRY(MEMORY_NEW(&master->cells, master->cell_count));
    TRY(cost_model_init(&master->cost, &job->cells, job->datasets[0]->class_count,
                        threads_count()));
    for (size_t i = 0; i < master->cell_count; ++i)
        recall_cell(master, i);
    TRY(master_recall_tests(master));
    for (size_t i = 0; i < master->cell_count; ++i)
        TRY(master_fail_dependents(master, i)); /* a job that died may not have come to it */
    TRY(master_search_recall(master));
    TRY(make_scheduler(master));
    for (size_t i = 0; i < master->cell_count; ++i)
        if (master->settings->search->candidates && master->settings->search->candidate[i] == 0)
            TRY(master_search(master, i)); /* a job that died may have left it due */
    return STATUS_OK;
}

/* The words must be out before this rank ends, but dead ranks never take theirs. */
void master_let_go(Link *link, const MasterEnd *end)
{
    enum { LEAVING_SECONDS = 2 };
    Message leave = {.kind = MESSAGE_LEAVE, .status = end->broken ? STATUS_LOST : STATUS_OK};
    double started = clock_seconds();
    for (int rank = 1; rank < link->ranks; ++rank)
        link_send(link, rank, &leave);
    while (!link_idle(link) && clock_seconds() - started < LEAVING_SECONDS)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

Status master_run(const MasterSettings *settings, Link *link, const Job *job, ResultsFolder *folder,
                  MasterEnd *end)
{
    Master master = {.settings = settings, .link = link, .job = job, .folder = folder};
    *end = (MasterEnd){0};
    Status status = init(&master);
    if (status == STATUS_OK)
        status = run(&master);
    Status written = master_write_records(&master); /* of a round that ended with an error */
    if (status == STATUS_OK)
        status = written;
    if (status == STATUS_OK)
        show(&master, clock_seconds(), true);
    for (size_t i = 0; i < master.cell_count && master.cells; ++i) {
        const MasterCell *cell = &master.cells[i];
        if (!cell->selected)
            continue;
        end->done += cell->standing == CELL_DONE && !cell->untested;
        end->failed += cell->standing == CELL_FAILED;
        end->dropped += cell->standing == CELL_DROPPED;
        end->left += master_is_left(cell);
        end->untested += cell->unfit != 0;
    }
    end->broken = master.dead_count > 0;
    scheduler_free(master.scheduler);
    cost_model_clear(&master.cost);
    free(master.cells);
    free(master.workers);
    free(master.paces);
    free(master.records);
    return status;
}

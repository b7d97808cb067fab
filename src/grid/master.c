/* See master.h. Worker w (0, 1, ...) of the schedule is rank w + 1 of the link; a job of one rank
 * has one worker, the master itself. */
#include "grid/master.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/loader.h"
#include "grid/attempt.h"
#include "grid/cost.h"
#include "grid/progress.h"
#include "grid/signals.h"
#include "grid/threads.h"

static const double DOUBLING = 0.95;     /* of a group's speed that a doubling keeps */
static const double RESTART_SECONDS = 5; /* to save a cell and start it again */

/* A cell as the master sees it. */
typedef struct {
    CellStanding standing;
    size_t steps_per_epoch, steps, step;
    unsigned attempt; /* the running one; 0: none */
    size_t rank_count;
    uint16_t ranks[SCHEDULER_GROUP_MOST];
    size_t members_left; /* of the group, which have not ended the attempt yet */
    Status status;       /* worst so far of the members that have */
    char cause[MESSAGE_TEXT_BYTES];
    CellEnd end;
    double images_per_second;
    double measured_since; /* the first progress of the attempt ... */
    size_t measured_step;  /* ... and its step */
} MasterCell;

typedef struct {
    char host[HOST_BYTES];
} MasterWorker;

typedef struct {
    const MasterSettings *settings;
    Link *link;
    const Job *job;
    ResultsFolder *folder;
    SchedulerSettings scheduling;
    Scheduler *scheduler;
    CostModel cost;
    size_t cell_count;
    MasterCell *cells; /* cell_count */
    size_t worker_count;
    MasterWorker *workers; /* worker_count */
    size_t running;
    unsigned attempts;
    bool alone;
    bool stopping;
    Progress progress;
} Master;

static int rank_of(const Master *master, size_t worker)
{
    return (int)worker + (master->alone ? 0 : 1);
}

static size_t worker_of(const Master *master, int rank)
{
    return (size_t)(rank - (master->alone ? 0 : 1));
}

static const GridCell *grid_cell(const Master *master, size_t cell)
{
    return &master->job->cells.cells[cell];
}

/* ---- work left ---- */

static double work_left(const Master *master, size_t cell)
{
    const MasterCell *state = &master->cells[cell];
    if (state->standing == CELL_DONE || state->standing == CELL_FAILED)
        return 0;
    double step = cost_model_step_seconds(&master->cost, cell);
    /* A cell whose last step is saved must still be tested. */
    size_t steps = state->step < state->steps ? state->steps - state->step : 1;
    return step * (double)steps;
}

static void update_work(Master *master, double now)
{
    for (size_t i = 0; i < master->cell_count; ++i)
        if (scheduler_state(master->scheduler, i) != SCHEDULER_DONE)
            scheduler_set_work(master->scheduler, i, work_left(master, i), now);
}

static void show(Master *master, double now, bool last)
{
    ProgressState state = {.running = master->running};
    for (size_t i = 0; i < master->cell_count; ++i) {
        const MasterCell *cell = &master->cells[i];
        state.done += cell->standing == CELL_DONE;
        state.failed += cell->standing == CELL_FAILED;
        state.images_per_second += cell->attempt ? cell->images_per_second : 0;
    }
    state.left = master->cell_count - state.done - state.failed - state.running;
    state.seconds_left = cost_model_calibrated(&master->cost)
                             ? scheduler_time_left(master->scheduler, now)
                             : (double)NAN;
    if (last)
        progress_end(&master->progress, &state);
    else
        progress_update(&master->progress, &state, now);
}

/* ---- records of attempts ---- */

static void list_hosts(const Master *master, const MasterCell *cell, char *text, size_t room)
{
    text[0] = '\0';
    for (size_t i = 0; i < cell->rank_count; ++i) {
        const char *host = master->workers[worker_of(master, cell->ranks[i])].host;
        size_t used = strlen(text);
        if (!strstr(text, host))
            snprintf(text + used, room - used, "%s%s", used ? " " : "", host);
    }
}

static Status record_start(Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    char hosts[RECORD_HOSTS_BYTES];
    list_hosts(master, cell, hosts, sizeof hosts);
    cJSON *record = record_new("started", grid_cell(master, index)->id);
    cJSON_AddNumberToObject(record, "attempt", cell->attempt);
    cJSON_AddNumberToObject(record, "ranks", (double)cell->rank_count);
    cJSON_AddNumberToObject(record, "first_rank", cell->ranks[0]);
    cJSON_AddStringToObject(record, "hosts", hosts);
    return record_append(master->folder->journal, record);
}

static void add_number(cJSON *record, const char *key, double value)
{
    if (isfinite(value))
        cJSON_AddNumberToObject(record, key, value);
}

static Status record_save(Master *master, size_t index, const CellProgress *progress,
                          double step_seconds)
{
    cJSON *record = record_new("saved", grid_cell(master, index)->id);
    cJSON_AddNumberToObject(record, "epoch", (double)progress->epoch);
    cJSON_AddNumberToObject(record, "epochs", (double)progress->epochs);
    cJSON_AddNumberToObject(record, "step", (double)progress->step);
    cJSON_AddNumberToObject(record, "steps", (double)progress->steps);
    add_number(record, "images_per_second", progress->images_per_second);
    add_number(record, "validation_auc", progress->validation_auc);
    add_number(record, "validation_dice", progress->validation_dice);
    add_number(record, "step_seconds", step_seconds);
    return record_append(master->folder->journal, record);
}

static Status record_end(Master *master, size_t index, const char *event, const char *kind,
                         const char *cause)
{
    cJSON *record = record_new(event, grid_cell(master, index)->id);
    if (kind)
        cJSON_AddStringToObject(record, "kind", kind);
    if (cause)
        cJSON_AddStringToObject(record, "cause", cause);
    return record_append(master->folder->journal, record);
}

/* ---- what happens to cells ---- */

static Status note_progress(Master *master, size_t index, const CellProgress *progress)
{
    MasterCell *cell = &master->cells[index];
    double now = clock_seconds(), seconds = 0;
    cell->step = progress->step;
    if (progress->images_per_second > 0)
        cell->images_per_second = progress->images_per_second;
    if (cell->measured_since == 0) {
        cell->measured_since = now;
        cell->measured_step = progress->step;
    } else if (progress->saved && progress->step > cell->measured_step) {
        seconds = (now - cell->measured_since) / (double)(progress->step - cell->measured_step) *
                  scheduler_speed(&master->scheduling, cell->rank_count);
        cost_model_measure(&master->cost, index, seconds);
        update_work(master, now);
    }
    scheduler_set_work(master->scheduler, index, work_left(master, index), now);
    return progress->saved ? record_save(master, index, progress, seconds) : STATUS_OK;
}

/* The whole group has ended its attempt. */
static Status close_attempt(Master *master, size_t index)
{
    MasterCell *cell = &master->cells[index];
    const char *name = grid_cell(master, index)->name;
    bool again = cell->status == STATUS_OK && cell->end == CELL_STOPPED;
    cell->attempt = 0;
    --master->running;
    Status status;
    if (again) {
        cell->standing = CELL_PARTIAL;
        status = record_end(master, index, "stopped", NULL, NULL);
    } else if (cell->status == STATUS_OK) {
        cell->standing = CELL_DONE;
        progress_say(&master->progress, "%s  %s: done", grid_cell(master, index)->id, name);
        status = record_end(master, index, "finished", NULL, NULL);
    } else {
        cell->standing = CELL_FAILED;
        progress_say(&master->progress, "%s  %s: failed: %s", grid_cell(master, index)->id, name,
                     cell->cause);
        status = record_end(master, index, "failed", status_name(cell->status), cell->cause);
    }
    scheduler_ended(master->scheduler, index, again, clock_seconds());
    return status;
}

/* One member of a group has ended the attempt. */
static Status member_ended(Master *master, size_t index, bool leader, Status status, CellEnd end,
                           const char *cause)
{
    MasterCell *cell = &master->cells[index];
    if (leader)
        cell->end = end;
    /* The member with a fault of its own tells more than those that only heard of it. */
    bool first = cell->status == STATUS_OK;
    if (status != STATUS_OK && (first || strstr(cell->cause, "of the group failed"))) {
        cell->status = status;
        snprintf(cell->cause, sizeof cell->cause, "%s", cause);
    }
    return --cell->members_left ? STATUS_OK : close_attempt(master, index);
}

static Status begin_attempt(Master *master, const SchedulerOrder *order)
{
    MasterCell *cell = &master->cells[order->cell];
    cell->attempt = ++master->attempts;
    cell->rank_count = cell->members_left = order->rank_count;
    cell->status = STATUS_OK;
    cell->end = CELL_STOPPED;
    cell->cause[0] = '\0';
    cell->images_per_second = 0;
    cell->measured_since = 0;
    for (size_t i = 0; i < order->rank_count; ++i)
        cell->ranks[i] = (uint16_t)rank_of(master, order->ranks[i]);
    ++master->running;
    return record_start(master, order->cell);
}

/* ---- with workers ---- */

static Status send_run(Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    Message message = {.kind = MESSAGE_RUN,
                       .cell = (uint32_t)index,
                       .attempt = cell->attempt,
                       .rank_count = (int32_t)cell->rank_count};
    memcpy(message.ranks, cell->ranks, sizeof message.ranks);
    for (size_t i = 0; i < cell->rank_count; ++i)
        TRY(link_send(master->link, cell->ranks[i], &message));
    return STATUS_OK;
}

static Status ask_to_stop(Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    Message message = {.kind = MESSAGE_STOP, .cell = (uint32_t)index, .attempt = cell->attempt};
    return cell->attempt ? link_send(master->link, cell->ranks[0], &message) : STATUS_OK;
}

static Status take_message(Master *master, const Message *message, int from)
{
    size_t worker = worker_of(master, from);
    if (message->kind == MESSAGE_HELLO) {
        snprintf(master->workers[worker].host, HOST_BYTES, "%.*s", HOST_BYTES - 1, message->text);
        return STATUS_OK;
    }
    if (message->cell >= master->cell_count)
        return STATUS_OK;
    MasterCell *cell = &master->cells[message->cell];
    if (message->kind == MESSAGE_ENDED)
        scheduler_rank_idle(master->scheduler, worker);
    if (message->attempt != cell->attempt)
        return STATUS_OK; /* of an attempt that is over */
    if (message->kind == MESSAGE_PROGRESS)
        return note_progress(master, message->cell, &message->progress);
    if (message->kind == MESSAGE_ENDED)
        return member_ended(master, message->cell, from == cell->ranks[0], (Status)message->status,
                            (CellEnd)message->end, message->text);
    return STATUS_OK;
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

/* ---- alone ---- */

typedef struct {
    Master *master;
    size_t cell;
    CellProgress progress;
    Status status; /* of the journal */
} Solo;

static void solo_progress(void *context, const CellProgress *progress)
{
    Solo *solo = context;
    solo->progress = *progress;
    if (solo->status == STATUS_OK)
        solo->status = note_progress(solo->master, solo->cell, progress);
    show(solo->master, clock_seconds(), false);
}

static bool solo_stop(void *context)
{
    Solo *solo = context;
    return signals_asked_to_stop() || solo->status != STATUS_OK;
}

static Status run_here(Master *master, size_t index)
{
    Solo solo = {.master = master, .cell = index};
    const CellHooks hooks = {&solo, solo_progress, solo_stop};
    CellEnd end = CELL_STOPPED;
    Status status =
        attempt_run(master->job, index, master->cells[index].attempt, MPI_COMM_SELF, &hooks, &end);
    scheduler_rank_idle(master->scheduler, 0);
    TRY(solo.status);
    return member_ended(master, index, true, status, end, status_message());
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
            TRY(ask_to_stop(master, order.cell));
            continue;
        }
        TRY(begin_attempt(master, &order));
        if (master->alone)
            return run_here(master, order.cell);
        TRY(send_run(master, order.cell));
    }
}

static Status stop_all(Master *master)
{
    master->stopping = true;
    progress_say(&master->progress, "%s: saving the running cells, then ending", signals_name());
    for (size_t i = 0; i < master->cell_count; ++i)
        TRY(ask_to_stop(master, i));
    return STATUS_OK;
}

static Status run(Master *master)
{
    for (;;) {
        bool heard = false, ordered = false;
        if (!master->alone)
            TRY(take_messages(master, &heard));
        if (signals_asked_to_stop() && !master->stopping)
            TRY(stop_all(master));
        if (!master->stopping)
            TRY(give_orders(master, &ordered));
        if (!master->running && !ordered)
            return STATUS_OK;
        if (master->running)
            show(master, clock_seconds(), false);
        if (!heard && !ordered)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

static Status init(Master *master)
{
    const Job *job = master->job;
    master->alone = master->link->ranks == 1;
    master->worker_count = master->alone ? 1 : (size_t)master->link->ranks - 1;
    master->cell_count = job->cells.count;
    progress_init(&master->progress);
    TRY(MEMORY_NEW(&master->workers, master->worker_count));
    TRY(MEMORY_NEW(&master->cells, master->cell_count));
    TRY(cost_model_init(&master->cost, &job->cells, job->datasets[0]->class_count,
                        threads_count()));
    SchedulerCell *plan;
    TRY(MEMORY_NEW(&plan, master->cell_count));
    for (size_t i = 0; i < master->cell_count; ++i) {
        const GridCell *cell = grid_cell(master, i);
        const CellRecord *record = grid_records_find(&master->folder->records, cell->id);
        MasterCell *state = &master->cells[i];
        state->steps_per_epoch =
            loader_steps_per_epoch(job_dataset(job, cell), cell->settings.batch);
        state->steps = state->steps_per_epoch * cell->settings.epochs;
        state->standing = record ? record->standing : CELL_NEW;
        state->step = record ? record->step : 0;
        if (record)
            cost_model_measure(&master->cost, i, record->step_seconds);
    }
    for (size_t i = 0; i < master->cell_count; ++i)
        plan[i] = (SchedulerCell){.work = work_left(master, i),
                                  .interval = cost_model_step_seconds(&master->cost, i) *
                                              (double)master->cells[i].steps_per_epoch,
                                  .most_ranks = grid_cell(master, i)->settings.shards};
    master->scheduling = (SchedulerSettings){.ranks = master->worker_count,
                                             .fixed_group = master->settings->ranks_per_cell,
                                             .doubling = DOUBLING,
                                             .restart_cost = RESTART_SECONDS};
    Status status =
        scheduler_new(&master->scheduling, master->cell_count, plan, &master->scheduler);
    free(plan);
    return status;
}

static void say_goodbye(Master *master)
{
    Message message = {.kind = MESSAGE_LEAVE};
    for (int rank = 1; rank < master->link->ranks; ++rank)
        link_send(master->link, rank, &message);
}

Status master_run(const MasterSettings *settings, Link *link, const Job *job, ResultsFolder *folder,
                  MasterEnd *end)
{
    Master master = {.settings = settings, .link = link, .job = job, .folder = folder};
    *end = (MasterEnd){0};
    Status status = init(&master);
    if (status == STATUS_OK)
        status = run(&master);
    say_goodbye(&master);
    if (status == STATUS_OK)
        show(&master, clock_seconds(), true);
    for (size_t i = 0; i < master.cell_count && master.cells; ++i) {
        end->done += master.cells[i].standing == CELL_DONE;
        end->failed += master.cells[i].standing == CELL_FAILED;
    }
    end->left = master.cell_count - end->done - end->failed;
    end->stopped = master.stopping;
    scheduler_free(master.scheduler);
    cost_model_clear(&master.cost);
    free(master.cells);
    free(master.workers);
    return status;
}

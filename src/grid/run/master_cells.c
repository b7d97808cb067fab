/* The life of an attempt at a cell, from its start to what its group's members say at its end.
 *
 * An attempt ends when every member has ended it or is dead. If the leader has completed the result
 * the cell is done, whatever else happened; if a rank died or fell silent it goes back to the
 * queue, but not for ever: a cell that takes its ranks with it again and again fails. One that the
 * storage refused for as long as it was tried again fails in this job alone. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "grid/run/master_state.h"

enum { MOST_LOSSES = 3 };

/* What the others of a group may take to notice a member's failure by themselves. */
static const double NOTICE_SECONDS = 5;

size_t master_stop_epoch(const Master *master, size_t index)
{
    if (master_grid_cell(master, index)->pretrains)
        return 0;
    return search_next_epoch(master->settings->search,
                             master_grid_cell(master, index)->settings.epochs,
                             master->cells[index].kept_epoch);
}

/* It has reached its rung and waits for the search. */
static bool is_paused(const Master *master, size_t index)
{
    size_t stop = master_stop_epoch(master, index);
    return stop && master->cells[index].epoch >= stop;
}

double master_work_left(const Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    if (cell->selected && cell->standing == CELL_DONE)
        return master_test_work(master, index);
    if (!cell->selected || cell_standing_settled(cell->standing) || is_paused(master, index))
        return 0;
    size_t stop = master_stop_epoch(master, index), end = cell->steps;
    if (stop)
        end = stop * cell->steps_per_epoch;
    /* A cell whose last step is saved must still be tested. */
    size_t steps = cell->step < end ? end - cell->step : 1;
    return cost_model_step_seconds(&master->cost, index) * (double)steps;
}

Status master_begin(Master *master, const SchedulerOrder *order)
{
    MasterCell *cell = &master->cells[order->cell];
    cell->attempt = ++master->attempts;
    cell->testing = cell->standing == CELL_DONE ? master_next_test(cell) : 0;
    cell->rank_count = cell->members_left = order->rank_count;
    cell->finished = cell->broken = false;
    cell->status = STATUS_OK;
    cell->heard = false;
    cell->cause[0] = '\0';
    cell->call_off = 0;
    cell->images_per_second = 0;
    cell->measured_since = 0;
    for (size_t i = 0; i < order->rank_count; ++i) {
        MasterWorker *worker = &master->workers[order->ranks[i]];
        cell->ranks[i] = (uint16_t)master_rank(master, order->ranks[i]);
        worker->busy = true;
        worker->cell = order->cell;
    }
    ++master->running;
    return cell->testing ? STATUS_OK : master_record_start(master, order->cell);
}

static void update_work(Master *master, double now)
{
    for (size_t i = 0; i < master->cell_count; ++i)
        if (scheduler_state(master->scheduler, i) != SCHEDULER_DONE)
            scheduler_set_work(master->scheduler, i, master_work_left(master, i), now);
}

Status master_progress(Master *master, size_t index, const CellProgress *progress)
{
    MasterCell *cell = &master->cells[index];
    double now = clock_seconds(), seconds = 0;
    cell->step = progress->step;
    cell->epoch = progress->epoch;
    if (progress->saved)
        cell->saved_step = progress->step;
    cell->score =
        isfinite(progress->validation_auc) ? progress->validation_auc : progress->validation_dice;
    if (progress->images_per_second > 0)
        cell->images_per_second = progress->images_per_second;
    if (cell->measured_since == 0) {
        cell->measured_since = now;
        cell->measured_step = progress->step;
    } else if (progress->saved && progress->step > cell->measured_step) {
        seconds = (now - cell->measured_since) / (double)(progress->step - cell->measured_step) *
                  scheduler_speed(&master->scheduling, cell->rank_count);
        cost_model_measure(&master->cost, index, seconds);
        cell->measured_since = now;
        cell->measured_step = progress->step;
        update_work(master, now);
    }
    scheduler_set_work(master->scheduler, index, master_work_left(master, index), now);
    return progress->saved ? master_record_save(master, index, progress, seconds) : STATUS_OK;
}

/* ---- the end of an attempt ---- */

static Status fail(Master *master, size_t index, const char *kind)
{
    MasterCell *cell = &master->cells[index];
    const GridCell *grid = master_grid_cell(master, index);
    cell->standing = CELL_FAILED;
    progress_say(&master->progress, "%s  %s: failed: %s", grid->id, grid->name, cell->cause);
    return master_record_end(master, index, EVENT_FAILED, kind, cell->cause);
}

Status master_fail_dependents(Master *master, size_t index)
{
    const MasterCell *source = &master->cells[index];
    /* What only the storage has held up goes on at the next start, with all that waits for it. */
    const char *kind =
        source->status == STATUS_STORAGE ? status_name(STATUS_STORAGE) : "pretraining";
    if (source->standing != CELL_FAILED)
        return STATUS_OK;
    for (size_t i = 0; i < master->cell_count; ++i) {
        MasterCell *cell = &master->cells[i];
        if (master_grid_cell(master, i)->source != index + 1 ||
            cell_standing_settled(cell->standing))
            continue;
        cell->standing = CELL_FAILED;
        cell->status = source->status;
        snprintf(cell->cause, sizeof cell->cause, "its pretraining failed (%s %s)",
                 master_grid_cell(master, index)->id, master_grid_cell(master, index)->name);
        TRY(master_record_end(master, i, EVENT_FAILED, kind, cell->cause));
        if (master->scheduler)
            scheduler_give_up(master->scheduler, i);
    }
    return STATUS_OK;
}

Status master_refuse(Master *master, size_t index, const char *cause)
{
    MasterCell *cell = &master->cells[index];
    cell->status = STATUS_NO_MEMORY;
    snprintf(cell->cause, sizeof cell->cause, "%s", cause);
    TRY(fail(master, index, status_name(STATUS_NO_MEMORY)));
    return master_fail_dependents(master, index);
}

static Status lose(Master *master, size_t index)
{
    MasterCell *cell = &master->cells[index];
    const GridCell *grid = master_grid_cell(master, index);
    cell->standing = CELL_PARTIAL;
    TRY(master_record_end(master, index, EVENT_LOST, status_name(STATUS_LOST), cell->cause));
    progress_say(&master->progress, "%s  %s: %s; back to the queue", grid->id, grid->name,
                 cell->cause);
    if (++cell->losses < MOST_LOSSES)
        return STATUS_OK;
    char cause[MESSAGE_TEXT_BYTES];
    snprintf(cause, sizeof cause,
             "its ranks were lost %d times (out of memory?), the last time: %.300s", MOST_LOSSES,
             cell->cause);
    snprintf(cell->cause, sizeof cell->cause, "%s", cause);
    return fail(master, index, status_name(STATUS_LOST));
}

/* A cell that is done goes on with its tests, one after the other. */
static void go_on_testing(Master *master, size_t index)
{
    if (master->cells[index].standing == CELL_DONE && master->cells[index].untested)
        scheduler_restore_alone(master->scheduler, index, master_test_work(master, index));
}

static Status close_attempt(Master *master, size_t index)
{
    MasterCell *cell = &master->cells[index];
    const GridCell *grid = master_grid_cell(master, index);
    Status status;
    const bool tested = cell->testing;
    cell->attempt = 0;
    --master->running;
    if (tested) {
        status = master_close_test(master, index);
    } else if (cell->finished) {
        cell->losses = 0;
        cell->standing = CELL_DONE;
        progress_say(&master->progress, "%s  %s: done", grid->id, grid->name);
        status = master_record_end(master, index, EVENT_FINISHED, NULL, NULL);
        cell->spare = !master->job->keep_state;
        master->spares += cell->spare;
    } else if (cell->broken || cell->status == STATUS_LOST) {
        status = lose(master, index);
    } else if (cell->status == STATUS_STORAGE && master_must_stop(master)) {
        /* It would have waited for longer, did the job not end. */
        cell->standing = CELL_PARTIAL;
        status =
            master_record_end(master, index, EVENT_LOST, status_name(STATUS_STORAGE), cell->cause);
    } else if (cell->status != STATUS_OK) {
        status = fail(master, index, status_name(cell->status));
    } else {
        cell->standing = CELL_PARTIAL;
        status = master_record_end(master, index, EVENT_STOPPED, NULL, NULL);
    }
    scheduler_ended(master->scheduler, index,
                    cell->standing == CELL_PARTIAL && !is_paused(master, index), clock_seconds());
    go_on_testing(master, index);
    if (tested)
        return status;
    if (status == STATUS_OK)
        status = master_fail_dependents(master, index);
    return status == STATUS_OK ? master_search(master, index) : status;
}

/* A member with a fault of its own tells more than those that only heard of it. */
static bool tells_more(const MasterCell *cell, const MasterEnded *ended)
{
    if (ended->status == STATUS_OK)
        return false;
    return cell->status == STATUS_OK || cell->heard ||
           (cell->status == STATUS_LOST && ended->status != STATUS_LOST && !cell->broken);
}

Status master_member_ended(Master *master, size_t index, size_t worker, const MasterEnded *ended)
{
    MasterCell *cell = &master->cells[index];
    bool leader = master_rank(master, worker) == cell->ranks[0];
    master->workers[worker].busy = false;
    if (leader && ended->status == STATUS_OK && ended->end == CELL_FINISHED)
        cell->finished = true;
    if (tells_more(cell, ended)) {
        cell->status = ended->status;
        cell->heard = ended->heard;
        snprintf(cell->cause, sizeof cell->cause, "%s", ended->cause);
    }
    if (--cell->members_left == 0)
        return close_attempt(master, index);
    if (ended->status != STATUS_OK && cell->call_off == 0)
        cell->call_off = clock_seconds() + NOTICE_SECONDS;
    return STATUS_OK;
}

/* ---- words to a group ---- */

Status master_ask_to_stop(Master *master, size_t index)
{
    const MasterCell *cell = &master->cells[index];
    Message message = {.kind = MESSAGE_STOP,
                       .cell = (uint32_t)index,
                       .attempt = cell->attempt,
                       .last = master->stopping};
    return cell->attempt && !master->alone ? link_send(master->link, cell->ranks[0], &message)
                                           : STATUS_OK;
}

Status master_call_off(Master *master, size_t index, const char *reason)
{
    MasterCell *cell = &master->cells[index];
    Message message = {.kind = MESSAGE_ABANDON, .cell = (uint32_t)index, .attempt = cell->attempt};
    snprintf(message.text, sizeof message.text, "%s", reason);
    cell->call_off = 0;
    for (size_t i = 0; i < cell->rank_count; ++i) {
        const MasterWorker *worker = &master->workers[master_worker(master, cell->ranks[i])];
        if (worker->busy && worker->cell == index && !worker->dead)
            TRY(link_send(master->link, cell->ranks[i], &message));
    }
    return STATUS_OK;
}

/* See scheduler.h. Everything is a scan over cells or ranks: at 10,000 cells and 64 ranks a
 * decision takes microseconds, and there is no order to keep. */
#include "grid/schedule/scheduler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "grid/schedule/scheduler_memory.h"

typedef struct {
    double work, interval;
    size_t most_ranks;
    SchedulerState state;
    size_t group;    /* ranks that run it */
    double since;    /* when `work` was last right, while it runs */
    size_t promised; /* ranks of its next start, for which it was asked to stop; 0: none */
    size_t source;   /* as SchedulerCell's */
    bool awaited;    /* it is a source itself */
} Cell;

/* As SchedulerCell's; apart from the cells, which every decision goes through. */
typedef struct {
    double rank[SCHEDULER_GROUP_SIZES], alone;
} CellBytes;

typedef enum { RANK_IDLE, RANK_BUSY, RANK_DEAD } RankState;

struct Scheduler {
    SchedulerSettings settings;
    size_t count;
    Cell *cells;      /* count */
    CellBytes *bytes; /* count */
    RankState *ranks;
    bool *avoided; /* by rank; such a rank counts neither as living nor as idle */
    SchedulerMemory memory;
    size_t living, idle, waiting;
    bool begun; /* some cell has been started */
    double end;
};

Status scheduler_new(const SchedulerSettings *settings, size_t count, const SchedulerCell *cells,
                     Scheduler **scheduler)
{
    TRY(MEMORY_NEW(scheduler, 1));
    Scheduler *made = *scheduler;
    made->settings = *settings;
    made->count = count;
    made->living = made->idle = settings->ranks;
    made->end = (double)INFINITY;
    Status status = MEMORY_NEW(&made->cells, count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->bytes, count);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->ranks, settings->ranks);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&made->avoided, settings->ranks);
    if (status == STATUS_OK)
        status = scheduler_memory_init(&made->memory, settings->nodes, settings->ranks);
    if (status != STATUS_OK) {
        scheduler_free(made);
        *scheduler = NULL;
        return status;
    }
    for (size_t i = 0; i < count; ++i) {
        bool done = !(cells[i].work > 0);
        made->cells[i] = (Cell){.work = done ? 0 : cells[i].work,
                                .interval = cells[i].interval,
                                .most_ranks = cells[i].most_ranks,
                                .source = cells[i].source,
                                .state = done ? SCHEDULER_DONE : SCHEDULER_WAITING};
        memcpy(made->bytes[i].rank, cells[i].rank_bytes, sizeof cells[i].rank_bytes);
        made->bytes[i].alone = cells[i].alone_bytes;
        made->waiting += !done;
    }
    for (size_t i = 0; i < count; ++i)
        if (cells[i].source)
            made->cells[cells[i].source - 1].awaited = true;
    return STATUS_OK;
}

void scheduler_free(Scheduler *scheduler)
{
    if (!scheduler)
        return;
    free(scheduler->cells);
    free(scheduler->bytes);
    free(scheduler->ranks);
    free(scheduler->avoided);
    scheduler_memory_clear(&scheduler->memory);
    free(scheduler);
}

/* Its place in `rank_bytes`. */
static size_t group_size(size_t group)
{
    size_t place = 0;
    for (; group > 1; group /= 2)
        ++place;
    return place;
}

/* ---- times ---- */

double scheduler_speed(const SchedulerSettings *settings, size_t ranks)
{
    double speed = 1;
    for (; ranks > 1; ranks /= 2)
        speed *= 2 * settings->doubling;
    return speed;
}

static double seconds_on(const Scheduler *scheduler, double work, size_t ranks)
{
    return work / scheduler_speed(&scheduler->settings, ranks);
}

double scheduler_work_left(const Scheduler *scheduler, size_t index, double now)
{
    const Cell *cell = &scheduler->cells[index];
    if (cell->state != SCHEDULER_RUNNING)
        return cell->state == SCHEDULER_WAITING ? cell->work : 0;
    double done = (now - cell->since) * scheduler_speed(&scheduler->settings, cell->group);
    return done < cell->work ? cell->work - done : 0;
}

static size_t largest_group(const Scheduler *scheduler, const Cell *cell)
{
    size_t most = scheduler->settings.fixed_group ? scheduler->settings.fixed_group
                                                  : (size_t)SCHEDULER_GROUP_MOST;
    return cell->most_ranks < most ? cell->most_ranks : most;
}

/* It waits, and not for another cell. */
static bool can_start(const Scheduler *scheduler, const Cell *cell)
{
    return cell->state == SCHEDULER_WAITING &&
           (!cell->source || scheduler->cells[cell->source - 1].state == SCHEDULER_DONE);
}

static bool some_can_start(const Scheduler *scheduler)
{
    size_t i = 0;
    while (i < scheduler->count && !can_start(scheduler, &scheduler->cells[i]))
        ++i;
    return i < scheduler->count;
}

/* The time that the work left would take all the ranks; with `all` false, that of the cells alone
 * that run or could. */
static double shared_time(const Scheduler *scheduler, double now, bool all)
{
    double work = 0;
    for (size_t i = 0; i < scheduler->count; ++i)
        if (all || scheduler->cells[i].state == SCHEDULER_RUNNING ||
            can_start(scheduler, &scheduler->cells[i]))
            work += scheduler_work_left(scheduler, i, now);
    return scheduler->living ? work / (double)scheduler->living : (double)INFINITY;
}

static double fair_share(const Scheduler *scheduler, double now)
{
    return shared_time(scheduler, now, false);
}

/* The least time in which a cell's work can be done: on its group, or on the largest it can get. */
static double least_seconds(const Scheduler *scheduler, size_t index, double now)
{
    const Cell *cell = &scheduler->cells[index];
    size_t group = cell->group;
    if (cell->state == SCHEDULER_WAITING)
        for (group = 1;
             2 * group <= largest_group(scheduler, cell) && 2 * group <= scheduler->living;)
            group *= 2;
    return seconds_on(scheduler, scheduler_work_left(scheduler, index, now), group);
}

double scheduler_time_left(const Scheduler *scheduler, double now)
{
    double left = shared_time(scheduler, now, true);
    for (size_t i = 0; i < scheduler->count; ++i) {
        const size_t source = scheduler->cells[i].source;
        double seconds = least_seconds(scheduler, i, now);
        if (source)
            seconds += least_seconds(scheduler, source - 1, now);
        left = fmax(left, seconds);
    }
    return left;
}

/* ---- decisions ---- */

/* The smallest group that ends the cell within the fair share, else the largest. */
static size_t wanted_group(const Scheduler *scheduler, const Cell *cell, double share)
{
    size_t most = largest_group(scheduler, cell), group = 1;
    if (scheduler->settings.fixed_group)
        return most;
    if (cell->promised)
        return cell->promised;
    while (2 * group <= most && 2 * group <= scheduler->living &&
           seconds_on(scheduler, cell->work, group) > share)
        group *= 2;
    return group;
}

static bool is_free(const Scheduler *scheduler, size_t rank)
{
    return scheduler->ranks[rank] == RANK_IDLE && !scheduler->avoided[rank];
}

/* Marks the free ranks on whose nodes there is room for so much each, on every node its first ones.
 * Returns how many there are. */
static size_t mark_eligible(const Scheduler *scheduler, double bytes)
{
    const SchedulerMemory *memory = &scheduler->memory;
    size_t count = 0;
    scheduler_memory_count(memory, bytes);
    for (size_t rank = 0; rank < scheduler->settings.ranks; ++rank) {
        memory->eligible[rank] =
            is_free(scheduler, rank) && scheduler_memory_take_place(memory, rank);
        count += memory->eligible[rank];
    }
    return count;
}

static double bytes_of(const Scheduler *scheduler, const Cell *cell, size_t group)
{
    return scheduler->bytes[cell - scheduler->cells].rank[group_size(group)];
}

static bool has_room(const Scheduler *scheduler, const Cell *cell, size_t group)
{
    return !scheduler->settings.nodes ||
           mark_eligible(scheduler, bytes_of(scheduler, cell, group)) >= group;
}

static double least_bytes(const Scheduler *scheduler, const Cell *cell)
{
    const double *bytes = scheduler->bytes[cell - scheduler->cells].rank;
    double least = bytes[0];
    for (size_t i = 1; i <= group_size(cell->most_ranks) && i < SCHEDULER_GROUP_SIZES; ++i)
        least = fmin(least, bytes[i]);
    return least;
}

/* Whether at least one of the ranks that it could get has. */
static bool has_room_for_any(const Scheduler *scheduler, const Cell *cell)
{
    return mark_eligible(scheduler, least_bytes(scheduler, cell)) > 0;
}

/* That group, else the largest below it that has room, else the smallest above; 0: none has. */
static size_t group_with_room(const Scheduler *scheduler, const Cell *cell, size_t wanted,
                              size_t most)
{
    size_t group = wanted;
    while (group && !has_room(scheduler, cell, group))
        group /= 2;
    if (group)
        return group;
    for (group = 2 * wanted; group && group <= most; group *= 2)
        if (has_room(scheduler, cell, group))
            return group;
    return 0;
}

static void take_ranks(Scheduler *scheduler, const Cell *cell, size_t count, SchedulerOrder *order)
{
    /* Neighbours share a host: the tightest run of ranks that holds the group, else the first
     * ones. */
    const bool *eligible = scheduler->memory.eligible;
    size_t best = 0, best_length = (size_t)-1;
    mark_eligible(scheduler, bytes_of(scheduler, cell, count));
    for (size_t first = 0; first < scheduler->settings.ranks;) {
        size_t end = first;
        while (end < scheduler->settings.ranks && eligible[end])
            ++end;
        if (end - first >= count && end - first < best_length) {
            best = first;
            best_length = end - first;
        }
        first = end + 1;
    }
    order->rank_count = 0;
    for (size_t rank = best; order->rank_count < count; ++rank) {
        if (!eligible[rank])
            continue;
        scheduler->ranks[rank] = RANK_BUSY;
        scheduler_memory_hold(&scheduler->memory, rank, bytes_of(scheduler, cell, count));
        order->ranks[order->rank_count++] = rank;
    }
    scheduler->idle -= count;
}

static bool can_save_in_time(const Scheduler *scheduler, const Cell *cell, size_t group, double now)
{
    double interval = cell->interval < cell->work ? cell->interval : cell->work;
    return now + seconds_on(scheduler, interval, group) + scheduler->settings.restart_cost <=
           scheduler->end;
}

/* Idle ranks that are not kept for a running cell. All of its next ranks are, not only those that
 * it lacks, as its present ones become idle one by one before it has ended. */
static size_t free_ranks(const Scheduler *scheduler)
{
    size_t kept = 0;
    for (size_t i = 0; i < scheduler->count; ++i)
        if (scheduler->cells[i].state == SCHEDULER_RUNNING)
            kept += scheduler->cells[i].promised;
    return scheduler->idle > kept ? scheduler->idle - kept : 0;
}

/* A cell gets or keeps room by having been asked to stop: nothing else may take that. */
static bool some_is_promised(const Scheduler *scheduler)
{
    size_t i = 0;
    while (i < scheduler->count &&
           (!scheduler->cells[i].promised || scheduler->cells[i].state == SCHEDULER_DONE))
        ++i;
    return i < scheduler->count;
}

static size_t most_of(const Scheduler *scheduler, const Cell *cell, size_t ranks)
{
    const size_t most = largest_group(scheduler, cell);
    return most < ranks ? most : ranks;
}

static bool goes_before(const Cell *cell, const Cell *other)
{
    if (!cell->promised != !other->promised)
        return cell->promised > 0;
    if (cell->awaited != other->awaited)
        return cell->awaited;
    return cell->work > other->work;
}

static void start(Scheduler *scheduler, Cell *cell, size_t group, double now, SchedulerOrder *order)
{
    order->kind = ORDER_START;
    order->cell = (size_t)(cell - scheduler->cells);
    take_ranks(scheduler, cell, group, order);
    cell->state = SCHEDULER_RUNNING;
    cell->group = group;
    cell->since = now;
    cell->promised = 0;
    --scheduler->waiting;
    scheduler->begun = true;
}

/* If no cell seems to be able to save in time, and so the whole job would do nothing, the times may
 * be wrong, and a step is better than none: starts the cell with the shortest interval. */
static bool start_anyhow(Scheduler *scheduler, double now, SchedulerOrder *order)
{
    Cell *shortest = NULL;
    for (size_t i = 0; i < scheduler->count; ++i) {
        Cell *cell = &scheduler->cells[i];
        if (can_start(scheduler, cell) && (!shortest || cell->interval < shortest->interval))
            shortest = cell;
    }
    if (!shortest || now + scheduler->settings.restart_cost > scheduler->end)
        return false;
    size_t group = 1;
    while (2 * group <= largest_group(scheduler, shortest) && 2 * group <= scheduler->idle)
        group *= 2;
    group = group_with_room(scheduler, shortest, group, group);
    if (!group)
        return false;
    start(scheduler, shortest, group, now, order);
    return true;
}

/* Starts the longest waiting cell that can save before the end; first those that were stopped to
 * get more ranks. */
static bool start_longest(Scheduler *scheduler, double now, SchedulerOrder *order)
{
    if (!scheduler->waiting || !scheduler->idle)
        return false;
    double share = fair_share(scheduler, now);
    const bool reserved = scheduler->settings.nodes && some_is_promised(scheduler);
    double refused = (double)INFINITY; /* bytes for which no rank had room */
    size_t unpromised = free_ranks(scheduler), group = 0;
    Cell *longest = NULL;
    for (size_t i = 0; i < scheduler->count; ++i) {
        Cell *cell = &scheduler->cells[i];
        if (!can_start(scheduler, cell) || (longest && !goes_before(cell, longest)) ||
            (reserved && !cell->promised) ||
            (isfinite(refused) && least_bytes(scheduler, cell) >= refused))
            continue;
        size_t ranks = cell->promised ? scheduler->idle : unpromised;
        size_t wanted = wanted_group(scheduler, cell, share);
        while (wanted > ranks)
            wanted /= 2;
        const size_t given =
            wanted ? group_with_room(scheduler, cell, wanted, most_of(scheduler, cell, ranks)) : 0;
        if (wanted && !given && !has_room_for_any(scheduler, cell))
            refused = least_bytes(scheduler, cell);
        wanted = given;
        if (!wanted || !can_save_in_time(scheduler, cell, wanted, now))
            continue;
        longest = cell;
        group = wanted;
    }
    if (!longest)
        return !scheduler->begun && start_anyhow(scheduler, now, order);
    start(scheduler, longest, group, now, order);
    return true;
}

/* Whether as many ranks more have room, which those that it has give back and take again. What
 * those may take more is laid upon the new ones. */
static bool has_room_to_widen(const Scheduler *scheduler, const Cell *cell)
{
    const double now = bytes_of(scheduler, cell, cell->group),
                 then = bytes_of(scheduler, cell, 2 * cell->group);
    return !scheduler->settings.nodes ||
           mark_eligible(scheduler, fmax(then, 2 * then - now)) >= cell->group;
}

/* Of the cells that would end after the fair share, or of all if none waits, asks the one that ends
 * last to move to twice the ranks, if they are free and it is worth it. */
static bool widen_last(Scheduler *scheduler, double now, SchedulerOrder *order)
{
    if (scheduler->settings.fixed_group || !scheduler->idle)
        return false;
    const size_t unpromised = free_ranks(scheduler);
    double latest = 10 * scheduler->settings.restart_cost;
    Cell *last = NULL;
    for (size_t i = 0; i < scheduler->count; ++i) {
        Cell *cell = &scheduler->cells[i];
        if (cell->state == SCHEDULER_WAITING && cell->promised)
            return false; /* the idle ranks are for that one */
        if (cell->state != SCHEDULER_RUNNING || cell->promised || cell->group > unpromised ||
            2 * cell->group > largest_group(scheduler, cell) ||
            !has_room_to_widen(scheduler, cell) ||
            !can_save_in_time(scheduler, cell, 2 * cell->group, now))
            continue;
        double left = seconds_on(scheduler, scheduler_work_left(scheduler, i, now), cell->group);
        if (left > latest) {
            latest = left;
            last = cell;
        }
    }
    if (!last || (some_can_start(scheduler) && latest <= fair_share(scheduler, now)))
        return false;
    last->promised = 2 * last->group;
    order->kind = ORDER_WIDEN;
    order->cell = (size_t)(last - scheduler->cells);
    order->rank_count = 0;
    return true;
}

void scheduler_next(Scheduler *scheduler, double now, SchedulerOrder *order)
{
    if (!widen_last(scheduler, now, order) && !start_longest(scheduler, now, order))
        order->kind = ORDER_NOTHING;
}

/* ---- what happens ---- */

void scheduler_set_end(Scheduler *scheduler, double end)
{
    scheduler->end = end;
}

void scheduler_set_work(Scheduler *scheduler, size_t index, double work, double now)
{
    Cell *cell = &scheduler->cells[index];
    cell->work = work > 0 ? work : 0;
    cell->since = now;
}

void scheduler_ended(Scheduler *scheduler, size_t index, bool again, double now)
{
    Cell *cell = &scheduler->cells[index];
    if (again) {
        /* even a cell that seems to be at its end must still be run */
        double left = scheduler_work_left(scheduler, index, now);
        cell->work = left > 0 ? left : 1e-3;
        ++scheduler->waiting;
    }
    cell->state = again ? SCHEDULER_WAITING : SCHEDULER_DONE;
    cell->group = 0;
}

void scheduler_give_up(Scheduler *scheduler, size_t index)
{
    Cell *cell = &scheduler->cells[index];
    scheduler->waiting -= cell->state == SCHEDULER_WAITING;
    cell->state = SCHEDULER_DONE;
    cell->work = 0;
}

void scheduler_restore(Scheduler *scheduler, size_t index, double work)
{
    Cell *cell = &scheduler->cells[index];
    scheduler->waiting += cell->state != SCHEDULER_WAITING;
    cell->state = SCHEDULER_WAITING;
    cell->work = work;
}

void scheduler_restore_alone(Scheduler *scheduler, size_t index, double work)
{
    Cell *cell = &scheduler->cells[index];
    cell->most_ranks = 1;
    scheduler->bytes[index].rank[0] = scheduler->bytes[index].alone;
    cell->interval = work;
    cell->promised = 0;
    scheduler_restore(scheduler, index, work);
}

void scheduler_rank_idle(Scheduler *scheduler, size_t rank)
{
    if (scheduler->ranks[rank] != RANK_BUSY)
        return;
    scheduler->ranks[rank] = RANK_IDLE;
    scheduler_memory_release(&scheduler->memory, rank);
    scheduler->idle += !scheduler->avoided[rank];
}

void scheduler_rank_trust(Scheduler *scheduler, size_t rank)
{
    if (!scheduler->avoided[rank] || scheduler->ranks[rank] == RANK_DEAD)
        return;
    scheduler->avoided[rank] = false;
    scheduler->idle += scheduler->ranks[rank] == RANK_IDLE;
    ++scheduler->living;
}

/* A slow rank is better than none. */
static void trust_all_if_alone(Scheduler *scheduler)
{
    for (size_t i = 0; i < scheduler->settings.ranks && !scheduler->living; ++i)
        scheduler_rank_trust(scheduler, i);
}

void scheduler_rank_avoid(Scheduler *scheduler, size_t rank)
{
    if (scheduler->avoided[rank] || scheduler->ranks[rank] == RANK_DEAD)
        return;
    scheduler->avoided[rank] = true;
    scheduler->idle -= scheduler->ranks[rank] == RANK_IDLE;
    --scheduler->living;
    trust_all_if_alone(scheduler);
}

void scheduler_rank_lost(Scheduler *scheduler, size_t rank)
{
    if (scheduler->ranks[rank] == RANK_DEAD)
        return;
    if (!scheduler->avoided[rank]) {
        scheduler->idle -= scheduler->ranks[rank] == RANK_IDLE;
        --scheduler->living;
    }
    scheduler->ranks[rank] = RANK_DEAD;
    scheduler_memory_release(&scheduler->memory, rank);
    trust_all_if_alone(scheduler);
}

SchedulerState scheduler_state(const Scheduler *scheduler, size_t cell)
{
    return scheduler->cells[cell].state;
}

size_t scheduler_smallest_group(const SchedulerSettings *settings, const SchedulerCell *cell)
{
    const size_t most = settings->fixed_group && settings->fixed_group < cell->most_ranks
                            ? settings->fixed_group
                            : cell->most_ranks;
    for (size_t group = 1;
         group <= most && group <= settings->ranks && group <= SCHEDULER_GROUP_MOST; group *= 2)
        if (!settings->nodes ||
            scheduler_memory_places(settings->nodes, settings->ranks,
                                    cell->rank_bytes[group_size(group)], group) >= group)
            return group;
    return 0;
}

double scheduler_node_most(const Scheduler *scheduler, size_t node)
{
    return scheduler->memory.most[node];
}

size_t scheduler_idle_ranks(const Scheduler *scheduler)
{
    return scheduler->idle;
}

size_t scheduler_living_ranks(const Scheduler *scheduler)
{
    return scheduler->living;
}

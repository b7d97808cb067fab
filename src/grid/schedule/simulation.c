/* See simulation.h. Events are cells that end, cells that have saved to move to more ranks, ranks
 * that die, and dead ranks that are noticed; the next one is found by a scan over what runs. */
#include "grid/schedule/simulation.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"

typedef struct {
    bool running, broken;
    double since; /* of the attempt */
    double ends;  /* seconds on the clock: the cell, or the noticing of its broken group */
    double stops; /* if it was asked to stop: when it has saved; else INFINITY */
    double work;  /* left at `since` */
    size_t rank_count;
    size_t ranks[SCHEDULER_GROUP_MOST];
} Attempt;

typedef struct {
    const Simulation *simulation;
    Scheduler *scheduler;
    Attempt *attempts; /* count */
    size_t *running;   /* cells that run, running_count of them */
    size_t running_count;
    double *dies;         /* by rank: when; INFINITY: never */
    bool *dead;           /* by rank */
    SimulatedCell *cells; /* may be NULL */
    SimulationEnd *end;
    double now;
} World;

static double speed(const World *world, size_t ranks)
{
    return scheduler_speed(&world->simulation->scheduling, ranks);
}

static void begin(World *world, const SchedulerOrder *order)
{
    Attempt *attempt = &world->attempts[order->cell];
    double work = scheduler_work_left(world->scheduler, order->cell, world->now);
    double cost = world->simulation->scheduling.restart_cost;
    /* The first start costs nothing, as the work includes it. */
    bool again = attempt->rank_count > 0;
    attempt->running = true;
    attempt->broken = false;
    attempt->since = world->now + (again ? cost : 0);
    attempt->work = work;
    attempt->rank_count = order->rank_count;
    for (size_t i = 0; i < order->rank_count; ++i)
        attempt->ranks[i] = order->ranks[i];
    attempt->ends = attempt->since + work / speed(world, order->rank_count);
    attempt->stops = (double)INFINITY;
    world->running[world->running_count++] = order->cell;
    if (world->cells) {
        SimulatedCell *cell = &world->cells[order->cell];
        if (isnan(cell->start))
            cell->start = world->now;
        cell->ranks = order->rank_count;
        ++cell->attempts;
    }
}

static void give_orders(World *world)
{
    SchedulerOrder order;
    for (;;) {
        double started = clock_seconds();
        scheduler_next(world->scheduler, world->now, &order);
        world->end->decision_time += clock_seconds() - started;
        if (order.kind == ORDER_NOTHING)
            return;
        ++world->end->decisions;
        if (order.kind == ORDER_START)
            begin(world, &order);
        else
            world->attempts[order.cell].stops = world->now;
    }
}

/* Takes a cell out of those that run, and frees the living of its ranks. */
static void end_attempt(World *world, size_t index, bool again)
{
    Attempt *attempt = &world->attempts[index];
    attempt->running = false;
    for (size_t i = 0; i < world->running_count; ++i)
        if (world->running[i] == index) {
            world->running[i] = world->running[--world->running_count];
            break;
        }
    double started = clock_seconds();
    scheduler_ended(world->scheduler, index, again, world->now);
    for (size_t i = 0; i < attempt->rank_count; ++i)
        if (!world->dead[attempt->ranks[i]])
            scheduler_rank_idle(world->scheduler, attempt->ranks[i]);
    world->end->decision_time += clock_seconds() - started;
}

/* The work left at the last checkpoint before now. */
static double saved_work(const World *world, size_t index)
{
    const Attempt *attempt = &world->attempts[index];
    double interval = world->simulation->cells[index].interval;
    double done = fmax(0, world->now - attempt->since) * speed(world, attempt->rank_count);
    return attempt->work - (interval > 0 ? floor(done / interval) * interval : 0);
}

static void finish(World *world, size_t index)
{
    Attempt *attempt = &world->attempts[index];
    if (attempt->broken) {
        double left = attempt->work;
        scheduler_set_work(world->scheduler, index, left, world->now);
        end_attempt(world, index, true);
        return;
    }
    if (attempt->stops <= attempt->ends) {
        double done = fmax(0, world->now - attempt->since) * speed(world, attempt->rank_count);
        scheduler_set_work(world->scheduler, index, fmax(attempt->work - done, 1e-9), world->now);
        end_attempt(world, index, true);
        return;
    }
    end_attempt(world, index, false);
    ++world->end->done;
    world->end->makespan = world->now;
    if (world->cells) {
        world->cells[index].done = true;
        world->cells[index].end = world->now;
    }
}

/* A rank dies; its group, if it is in one, stands still until that is noticed. */
static void kill_rank(World *world, size_t rank)
{
    world->dead[rank] = true;
    world->dies[rank] = (double)INFINITY;
    ++world->end->lost_ranks;
    scheduler_rank_lost(world->scheduler, rank);
    for (size_t i = 0; i < world->running_count; ++i) {
        Attempt *attempt = &world->attempts[world->running[i]];
        for (size_t k = 0; k < attempt->rank_count; ++k) {
            if (attempt->ranks[k] != rank || attempt->broken)
                continue;
            attempt->work = saved_work(world, world->running[i]);
            attempt->broken = true;
            attempt->ends = world->now + world->simulation->silence;
            attempt->stops = (double)INFINITY;
            return;
        }
    }
}

static size_t next_death(const World *world)
{
    size_t first = 0;
    for (size_t i = 1; i < world->simulation->scheduling.ranks; ++i)
        if (world->dies[i] < world->dies[first])
            first = i;
    return first;
}

static void live(World *world)
{
    for (;;) {
        give_orders(world);
        if (!world->running_count)
            return;
        size_t next = world->running[0];
        double at = (double)INFINITY;
        for (size_t i = 0; i < world->running_count; ++i) {
            const Attempt *attempt = &world->attempts[world->running[i]];
            double event = fmin(attempt->ends, attempt->stops);
            if (event < at) {
                at = event;
                next = world->running[i];
            }
        }
        size_t rank = next_death(world);
        if (world->dies[rank] < at) {
            world->now = world->dies[rank];
            kill_rank(world, rank);
        } else {
            world->now = fmax(world->now, at);
            finish(world, next);
        }
    }
}

static Status prepare(World *world)
{
    const Simulation *simulation = world->simulation;
    const size_t ranks = simulation->scheduling.ranks;
    TRY(MEMORY_NEW(&world->attempts, simulation->count));
    TRY(MEMORY_NEW(&world->running, simulation->count));
    TRY(MEMORY_NEW(&world->dies, ranks));
    TRY(MEMORY_NEW(&world->dead, ranks));
    for (size_t i = 0; i < ranks; ++i) {
        RandomStream stream;
        random_init(&stream, simulation->seed, "simulated failure", (uint32_t)i, 0);
        double uniform = 1 - (double)random_uniform(&stream);
        world->dies[i] =
            simulation->failures > 0 ? -log(uniform) / simulation->failures : (double)INFINITY;
    }
    for (size_t i = 0; i < simulation->count && world->cells; ++i)
        world->cells[i] = (SimulatedCell){.start = (double)NAN, .end = (double)NAN};
    TRY(scheduler_new(&simulation->scheduling, simulation->count, simulation->cells,
                      &world->scheduler));
    scheduler_set_end(world->scheduler, simulation->end);
    return STATUS_OK;
}

Status simulation_run(const Simulation *simulation, SimulatedCell *cells, SimulationEnd *end)
{
    World world = {.simulation = simulation, .cells = cells, .end = end};
    *end = (SimulationEnd){0};
    Status status = prepare(&world);
    if (status == STATUS_OK)
        live(&world);
    const SchedulerNodes *nodes = simulation->scheduling.nodes;
    for (size_t i = 0; status == STATUS_OK && i < (nodes ? nodes->count : 1); ++i)
        end->node_bytes = fmax(end->node_bytes, scheduler_node_most(world.scheduler, i));
    scheduler_free(world.scheduler);
    free(world.attempts);
    free(world.running);
    free(world.dies);
    free(world.dead);
    return status;
}

double simulation_bound(const Simulation *simulation)
{
    double work = 0, longest = 0;
    for (size_t i = 0; i < simulation->count; ++i) {
        const SchedulerCell *cell = &simulation->cells[i];
        size_t group = 1, most = simulation->scheduling.fixed_group;
        while (2 * group <= cell->most_ranks && 2 * group <= simulation->scheduling.ranks &&
               (!most || 2 * group <= most))
            group *= 2;
        work += cell->work;
        longest = fmax(longest, cell->work / scheduler_speed(&simulation->scheduling, group));
    }
    return fmax(work / (double)simulation->scheduling.ranks, longest);
}

/* A grid on imagined ranks: the scheduler that the master runs, against times that are computed
 * instead of lived through. For --plan, and for tools/simulate on thousands of ranks with failures.
 */
#ifndef GISD_GRID_SCHEDULE_SIMULATION_H
#define GISD_GRID_SCHEDULE_SIMULATION_H

#include <stdint.h>

#include "grid/schedule/scheduler.h"

typedef struct {
    SchedulerSettings scheduling;
    size_t count;
    const SchedulerCell *cells; /* count */
    double end;                 /* no cell starts that cannot save by then; INFINITY: no limit */
    double failures;            /* of one rank, a second; dead ranks stay dead */
    double silence;             /* seconds until a failure is noticed */
    uint64_t seed;              /* of the failures */
} Simulation;

/* What became of one cell. */
typedef struct {
    double start, end; /* seconds; of the first start; NaN: never */
    size_t ranks;      /* of the last attempt */
    size_t attempts;
    bool done;
} SimulatedCell;

typedef struct {
    double makespan; /* seconds until the last cell was done */
    size_t done;     /* cells */
    size_t lost_ranks;
    double decision_time; /* seconds of this computer's time in the scheduler */
    size_t decisions;     /* orders given */
    double node_bytes;    /* the most that the cells of a node have held together */
} SimulationEnd;

/* Runs to the end. `cells`: simulation->count, or NULL. */
Status simulation_run(const Simulation *simulation, SimulatedCell *cells, SimulationEnd *end);

/* max(all work / ranks, longest cell on its largest group): no schedule is shorter. Groups are
 * taken to lose nothing in the first, and to have the speed that the scheduler expects in the
 * second. */
double simulation_bound(const Simulation *simulation);

#endif

/* What a run would do, before it does anything: the cells that are left, their predicted hours and
 * groups, and how many of them fit the time. Made once, and shown as text (plan_view.h) or as JSON
 * (plan_json.h). Writes nothing.
 */
#ifndef GISD_GRID_RUN_PLAN_H
#define GISD_GRID_RUN_PLAN_H

#include "grid/experiment/search.h"
#include "grid/run/cell_memory.h"
#include "grid/run/run.h"
#include "grid/schedule/cost.h"
#include "grid/schedule/simulation.h"
#include "results/records.h"

/* Why a cell is not run. */
typedef enum {
    PLAN_RUNS,
    PLAN_NOT_SELECTED, /* by --only */
    PLAN_DONE,
    PLAN_FAILED, /* and not to be tried again */
    PLAN_DROPPED,
    PLAN_NO_MEMORY, /* a node of the stated memory has no room for it */
    PLAN_NO_TIME,   /* it would not reach a checkpoint before the walltime */
} PlanReason;

/* Owned through plan_clear(). */
typedef struct {
    const RunSettings *settings; /* borrowed */
    size_t ranks, node_count;    /* asked for */
    ExperimentFile experiment;
    Job job;
    Records records;  /* of the folder, if there is one */
    TextMap names;    /* of its cells */
    char *difference; /* why a run would refuse the folder; NULL: it would not */
    CostModel cost;
    Search search;
    bool *selected;          /* by cell */
    SchedulerCell *cells;    /* by cell; work 0: it is not run */
    SimulatedCell *outcomes; /* by cell */
    TestSetMask *untested;   /* by cell: the test sets that follow, of those that are run */
    double data_bytes;       /* of all data sets, which a node holds once */
    bool *too_large;         /* by cell: no group has room for it */
    MemoryModel *models;     /* by cell: what it takes; no shards: it cannot be set up */
    Nodes nodes;             /* on which the ranks are taken to stand */
    NodeLimit limit;         /* stated, else what this node has, which is only told */
    Simulation simulation;   /* on how many ranks, until when */
    SimulationEnd end;
    size_t left; /* cells that are run */
    double work; /* their seconds, on one rank */
} Plan;

/* Makes the plan for `ranks` ranks (of which the first only leads, if there are several) that stand
 * on so many nodes, one after the other. Times are
 * from cells measured in the folder, else from a guess of the processor's speed. Errors as
 * run_experiment(), but that the folder is another experiment's is told in `difference`. */
Status plan_init(const RunSettings *settings, size_t ranks, size_t nodes, Plan *plan);
void plan_clear(Plan *plan);

/* "new", "partial", ...: as the folder has the cell; "changed": it has another one of its name. */
const char *plan_state(const Plan *plan, size_t cell);

/* Cells that are to be tested on a test set. */
size_t plan_tests(const Plan *plan, size_t set);

/* What each rank takes that trains a cell which is started, in its last attempt, beside the program
 * (MEMORY_PROGRAM_BYTES) and the data; false: the cell cannot be set up. */
bool plan_memory(const Plan *plan, size_t cell, MemoryNeed *need);

/* The most that a node is taken to hold at once. */
double plan_node_bytes(const Plan *plan);

/* Whether a cell is started, and why not. */
PlanReason plan_reason(const Plan *plan, size_t cell);

#endif

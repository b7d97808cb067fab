/* simulate EXPERIMENT.yaml | --empty N ...: the grid's scheduler on imagined ranks, beside the
 * bound that no schedule can beat.
 *
 * The cells' times are what --costs measured, such as costs.csv, which measure-costs makes; without
 * it they are guessed as gisd-grid --plan guesses them. --limit makes it a check: exit code 1 if
 * the makespan is further above the bound.
 */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "grid/experiment/cells.h"
#include "grid/run/master.h"
#include "grid/schedule/cost.h"
#include "grid/schedule/simulation.h"
#include "store/csv.h"
#include "train/trainer.h"

enum {
    KEY_RANKS = 'n',
    KEY_EMPTY = 'e',
    KEY_COSTS = 'c',
    KEY_GROUP = 'g',
    KEY_THREADS = 't',
    KEY_IMAGES = 'i',
    KEY_FAILURES = 'f',
    KEY_SEED = 's',
    KEY_LIMIT = 'l',
    KEY_DECISION = 'd'
};

static const struct argp_option options[] = {
    {"ranks", KEY_RANKS, "N", 0, "Ranks that train (64)", 0},
    {"empty", KEY_EMPTY, "N", 0, "N cells of a millisecond in place of an experiment", 0},
    {"costs", KEY_COSTS, "FILE.csv", 0,
     "Measured times: backbone, tuning, seconds_per_image on one rank (guessed)", 0},
    {"ranks-per-cell", KEY_GROUP, "N", 0, "Ranks of a cell; 0: auto (as the experiment says)", 0},
    {"threads", KEY_THREADS, "T", 0,
     "Threads of a rank, each of which takes shards at the measured pace (1)", 0},
    {"images", KEY_IMAGES, "N", 0, "Training images (2000)", 0},
    {"failures", KEY_FAILURES, "RATE", 0, "Deaths of a rank in 1000 hours (0)", 0},
    {"seed", KEY_SEED, "S", 0, "Of the failures (1)", 0},
    {"limit", KEY_LIMIT, "PERCENT", 0, "Fail if the makespan is further above the bound", 0},
    {"decision", KEY_DECISION, "MS", 0, "Fail if a cell costs more of the master's time", 0},
    {0},
};

typedef struct {
    const char *experiment, *costs;
    int64_t ranks, threads, empty, group, images, seed; /* group: -1: as the experiment says */
    double failures, limit, decision;
} Arguments;

static error_t parse(int key, char *text, struct argp_state *state)
{
    Arguments *arguments = state->input;
    Status status = STATUS_OK;
    switch (key) {
    case KEY_RANKS:
        status = text_to_integer("--ranks", text, 1, 100000, &arguments->ranks);
        break;
    case KEY_EMPTY:
        status = text_to_integer("--empty", text, 1, 1000000, &arguments->empty);
        break;
    case KEY_COSTS:
        arguments->costs = text;
        break;
    case KEY_GROUP:
        status =
            text_to_integer("--ranks-per-cell", text, 0, SCHEDULER_GROUP_MOST, &arguments->group);
        break;
    case KEY_THREADS:
        status = text_to_integer("--threads", text, 1, SCHEDULER_GROUP_MOST, &arguments->threads);
        break;
    case KEY_IMAGES:
        status = text_to_integer("--images", text, 1, 100000000, &arguments->images);
        break;
    case KEY_FAILURES:
        status = text_to_number("--failures", text, 0, 1e6, &arguments->failures);
        break;
    case KEY_SEED:
        status = text_to_integer("--seed", text, 0, INT64_MAX, &arguments->seed);
        break;
    case KEY_LIMIT:
        status = text_to_number("--limit", text, 0, 1e6, &arguments->limit);
        break;
    case KEY_DECISION:
        status = text_to_number("--decision", text, 0, 1e6, &arguments->decision);
        break;
    case ARGP_KEY_ARG:
        arguments->experiment = text;
        break;
    case ARGP_KEY_END:
        if (!arguments->experiment == !arguments->empty)
            argp_error(state, "expected an EXPERIMENT.yaml or --empty N");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    if (status != STATUS_OK)
        argp_error(state, "%s", status_message());
    return 0;
}

static const struct argp usage = {
    .options = options,
    .parser = parse,
    .args_doc = "EXPERIMENT.yaml\n--empty N",
    .doc = "Run the grid's scheduler on imagined ranks, beside the bound that no schedule beats.",
};

/* What a table of measurements says of the cell's network and tuning. */
static Status find_cost(const CsvTable *costs, const CellSettings *settings, double *seconds)
{
    const char *tuning = settings->tuning == TUNING_LOCAL ? "local" : "global";
    char backbone[ARCHITECTURE_NAME_BYTES];
    architecture_title(&settings->model, backbone);
    size_t backbones, tunings, column;
    TRY(csv_column(costs, "backbone", &backbones));
    TRY(csv_column(costs, "tuning", &tunings));
    TRY(csv_column(costs, "seconds_per_image", &column));
    for (size_t i = 0; i < costs->rows; ++i)
        if (strcmp(csv_cell(costs, i, backbones), backbone) == 0 &&
            strcmp(csv_cell(costs, i, tunings), tuning) == 0)
            return text_to_number(costs->path, csv_cell(costs, i, column), 0, 1e6, seconds);
    FAIL(STATUS_ARGUMENT, "%s: no row for %s, %s", costs->path, backbone, tuning);
}

static Status take_costs(const char *path, const GridCells *grid, CostModel *cost)
{
    CsvTable costs;
    TRY(csv_read(path, &costs));
    Status status = STATUS_OK;
    for (size_t i = 0; i < grid->count && status == STATUS_OK; ++i) {
        const CellSettings *settings = &grid->cells[i].settings;
        double seconds = 0;
        status = find_cost(&costs, settings, &seconds);
        cost_model_measure(cost, i, seconds * (double)settings->batch);
    }
    csv_clear(&costs);
    return status;
}

/* The experiment's cells with their times; no data are read. */
static Status read_cells(const Arguments *arguments, const ExperimentFile *experiment,
                         GridCells *grid, CostModel *cost, SchedulerCell **cells)
{
    enum { LESION_CLASSES = 3 };
    TRY(grid_cells_init(experiment, arguments->experiment, grid));
    TRY(cost_model_init(cost, grid, LESION_CLASSES, 1));
    if (arguments->costs)
        TRY(take_costs(arguments->costs, grid, cost));
    TRY(MEMORY_NEW(cells, grid->count));
    for (size_t i = 0; i < grid->count; ++i) {
        const CellSettings *settings = &grid->cells[i].settings;
        double steps = fmax(1, floor((double)arguments->images / (double)settings->batch));
        const size_t threads = trainer_workers(settings->shards, (size_t)arguments->threads);
        double interval = steps * cost_model_step_seconds(cost, i) / (double)threads;
        (*cells)[i] = (SchedulerCell){.work = interval * (double)settings->epochs,
                                      .interval = interval,
                                      .most_ranks = settings->shards / threads};
    }
    return STATUS_OK;
}

/* *group: ranks a cell, as the experiment says. */
static Status experiment_cells(const Arguments *arguments, size_t *group, size_t *count,
                               SchedulerCell **cells)
{
    ExperimentFile experiment;
    GridCells grid = {0};
    CostModel cost = {0};
    TRY(experiment_file_read(arguments->experiment, &experiment));
    Status status = read_cells(arguments, &experiment, &grid, &cost, cells);
    *group = experiment.ranks_per_cell;
    *count = grid.count;
    cost_model_clear(&cost);
    grid_cells_clear(&grid);
    experiment_file_clear(&experiment);
    return status;
}

static Status empty_cells(const Arguments *arguments, size_t *count, SchedulerCell **cells)
{
    *count = (size_t)arguments->empty;
    TRY(MEMORY_NEW(cells, *count));
    for (size_t i = 0; i < *count; ++i)
        (*cells)[i] = (SchedulerCell){.work = 1e-3, .interval = 1e-3, .most_ranks = 1};
    return STATUS_OK;
}

static Status simulate(const Arguments *arguments, bool *within)
{
    SchedulerCell *cells = NULL;
    SimulationEnd end;
    size_t count = 0, group = 0;
    Status status = arguments->empty ? empty_cells(arguments, &count, &cells)
                                     : experiment_cells(arguments, &group, &count, &cells);
    if (arguments->group >= 0)
        group = (size_t)arguments->group;
    const Simulation simulation = {
        .scheduling = master_scheduling((size_t)arguments->ranks, group, NULL),
        .count = count,
        .cells = cells,
        .end = (double)INFINITY,
        .failures = arguments->failures / 1000 / 3600,
        .silence = 600,
        .seed = (uint64_t)arguments->seed,
    };
    if (status == STATUS_OK)
        status = simulation_run(&simulation, NULL, &end);
    if (status == STATUS_OK) {
        double bound = simulation_bound(&simulation);
        double above = 100 * (end.makespan / bound - 1);
        double decision = 1000 * end.decision_time / (double)count;
        printf("%zu cells on %lld ranks: %.3f h, bound %.3f h, %.1f %% above; %zu done, %zu ranks "
               "lost, %zu orders, %.4f ms of the master's time a cell\n",
               count, (long long)arguments->ranks, end.makespan / 3600, bound / 3600, above,
               end.done, end.lost_ranks, end.decisions, decision);
        *within = end.done == count && above <= arguments->limit && decision <= arguments->decision;
    }
    free(cells);
    return status;
}

int main(int argc, char **argv)
{
    Arguments arguments = {.ranks = 64,
                           .threads = 1,
                           .group = -1,
                           .images = 2000,
                           .seed = 1,
                           .limit = (double)INFINITY,
                           .decision = (double)INFINITY};
    bool within = true;
    argp_parse(&usage, argc, argv, 0, NULL, &arguments);
    if (simulate(&arguments, &within) != STATUS_OK) {
        fprintf(stderr, "simulate: %s\n", status_message());
        return EXIT_FAILURE;
    }
    return within ? EXIT_SUCCESS : EXIT_FAILURE;
}

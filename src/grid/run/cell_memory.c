/* See cell_memory.h. What a cell shares with an earlier one is not counted again. */
#include "grid/run/cell_memory.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

static void fill_cell(const MemoryModel *model, size_t threads, SchedulerCell *cell)
{
    for (size_t k = 0; k < SCHEDULER_GROUP_SIZES && model->shards; ++k) {
        const size_t ranks = (size_t)1 << k;
        cell->rank_bytes[k] = ranks <= model->shards ? memory_need(model, ranks, threads).total
                                                     : cell->rank_bytes[k - 1];
    }
    cell->alone_bytes = memory_need_of_test(model, threads);
}

/* One model for each kind of cell. */
typedef struct {
    size_t count;
    const CellSettings **settings; /* count */
    MemoryModel *models;           /* count */
} Kinds;

static const MemoryModel *find_model(Kinds *kinds, const CellSettings *settings)
{
    size_t kind = 0;
    while (kind < kinds->count && !memory_same(settings, kinds->settings[kind]))
        ++kind;
    MemoryModel *model = &kinds->models[kind];
    if (kind < kinds->count)
        return model;
    kinds->settings[kinds->count++] = settings;
    if (memory_model_init(settings, settings->model.classes, model) != STATUS_OK)
        *model = (MemoryModel){0};
    return model;
}

Status cell_memory_fill(const Job *job, size_t threads, SchedulerCell *cells, MemoryModel *models)
{
    const GridCells *grid = &job->cells;
    Kinds kinds = {0};
    Status status;
    TRY_GOTO(status, end, MEMORY_NEW(&kinds.settings, grid->count));
    TRY_GOTO(status, end, MEMORY_NEW(&kinds.models, grid->count));
    for (size_t i = 0; i < grid->count; ++i) {
        if (!(cells[i].work > 0))
            continue;
        const MemoryModel *model = find_model(&kinds, &grid->cells[i].settings);
        fill_cell(model, threads, &cells[i]);
        if (models)
            models[i] = *model;
    }
end:
    free(kinds.settings);
    free(kinds.models);
    return status;
}

double cell_memory_data(const Job *job)
{
    double bytes = 0;
    const Dataset *dataset;
    for (size_t i = 0; (dataset = job_any_dataset(job, i)); ++i)
        bytes += (double)dataset_bytes(dataset);
    return bytes;
}

void cell_memory_refusal(const Job *job, const Nodes *nodes, const SchedulerCell *cell,
                         char text[CELL_MEMORY_TEXT_BYTES])
{
    const Node *node = nodes_roomiest(nodes);
    size_t most = 1, place = 0;
    while (2 * most <= cell->most_ranks && place + 1 < SCHEDULER_GROUP_SIZES) {
        most *= 2;
        ++place;
    }
    snprintf(
        text, CELL_MEMORY_TEXT_BYTES,
        "it needs %.2f GB of memory on one rank, or %.2f GB on each of %zu; the roomiest node%s%s "
        "has %.2f GB (%s), of which the data and the program on %zu rank%s take %.2f GB (expected "
        "more memory or nodes, fewer ranks a node, or --memory with what there is)",
        1e-9 * cell->rank_bytes[0], 1e-9 * cell->rank_bytes[place], most, *node->host ? " " : "",
        node->host, 1e-9 * node->limit.bytes, node->limit.source, node->ranks,
        node->ranks == 1 ? "" : "s",
        1e-9 * node_base_bytes(node, MEMORY_PROGRAM_BYTES, cell_memory_data(job)));
}

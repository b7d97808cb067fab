/* What the cells of a draft take; see draft.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/loader.h"
#include "grid/run/draft_parts.h"
#include "grid/schedule/cost.h"
#include "infer/network.h"
#include "model/backbone.h"
#include "train/benchmark.h"
#include "train/setting_table.h"

/* ---- the rows ---- */

/* Adds the cell with these settings if there is such a network and it is not there yet. */
static void add_row(Draft *draft, const CellSettings *settings)
{
    for (size_t i = 0; i < draft->row_count; ++i)
        if (architecture_same(&draft->rows[i].settings.model, &settings->model))
            return;
    if (draft->row_count < DRAFT_ROWS_MOST && setting_check(settings) == STATUS_OK)
        draft->rows[draft->row_count++] = (DraftRow){.settings = *settings, .bytes = (double)NAN};
}

/* From minutes of a processor to the paper's network. */
Status draft_list_networks(Draft *draft)
{
    static const char *const networks[][2] = {
        {"4", "96"}, {"8", "128"}, {"16", "160"}, {"32", "224"}, {"64", "300"}};
    char packed[24];
    snprintf(packed, sizeof packed, "%zu", draft->packed_size);
    for (size_t i = 0; i < sizeof networks / sizeof *networks; ++i) {
        CellSettings settings = draft->cell;
        draft_set(&settings, "model", "base", networks[i][0]);
        draft_set(&settings, "model", "size", draft->packed_size ? packed : networks[i][1]);
        add_row(draft, &settings);
    }
    if (draft->row_count == 0)
        return setting_check(&draft->cell);
    return STATUS_OK;
}

void draft_list_backbones(Draft *draft)
{
    if (!setting_applies(&draft->cell, setting_find("model", "backbone")))
        return;
    for (size_t i = 0; backbone_name(i); ++i) {
        CellSettings settings = draft->cell;
        draft_set(&settings, "model", "backbone", backbone_name(i));
        add_row(draft, &settings);
    }
}

/* ---- seconds ---- */

Status draft_predict(Draft *draft, double step_seconds)
{
    GridCells cells = {.count = draft->row_count};
    CostModel cost;
    TRY(MEMORY_NEW(&cells.cells, cells.count));
    for (size_t i = 0; i < cells.count; ++i)
        cells.cells[i].settings = draft->rows[i].settings;
    Status status = cost_model_init(&cost, &cells, draft->data->class_count, draft->threads);
    if (status == STATUS_OK) {
        if (step_seconds > 0)
            cost_model_measure(&cost, draft->chosen, step_seconds);
        for (size_t i = 0; i < cells.count; ++i) {
            const CellSettings *settings = &draft->rows[i].settings;
            size_t steps = loader_steps_per_epoch(draft->data, settings->batch) * settings->epochs;
            draft->rows[i].seconds = cost_model_step_seconds(&cost, i) * (double)steps;
        }
        cost_model_clear(&cost);
    }
    free(cells.cells);
    return status;
}

/* ---- bytes ---- */

/* Images and masks as they are held (dataset.h). */
static double data_bytes(const Draft *draft, size_t size)
{
    enum { BYTES_OF_PIXEL = 4 };
    const double training = (double)dataset_training_side(size), side = (double)size;
    const double images = (double)draft->facts.splits[SPLIT_TRAIN].images;
    return BYTES_OF_PIXEL *
           (images * training * training + ((double)draft->data->count - images) * side * side);
}

/* What a trainer holds that depends on its network, from what the chosen one holds: the planned
 * block grows as the values of a shard's images, and for each parameter there are its value,
 * gradient, two moments, packed copy, partial sum and two buckets. */
static double more_bytes(const NetworkCount *chosen, const NetworkCount *other, double block)
{
    const double bytes_of_parameter = 8 * sizeof(float);
    return block * (other->values / chosen->values - 1) +
           bytes_of_parameter * (other->parameters - chosen->parameters);
}

static Status predict_bytes(Draft *draft, const Benchmark *measured)
{
    NetworkCount chosen, other;
    TRY(network_count(&draft->cell.model, &chosen));
    for (size_t i = 0; i < draft->row_count; ++i) {
        DraftRow *row = &draft->rows[i];
        TRY(network_count(&row->settings.model, &other));
        row->bytes = (double)measured->peak_memory_bytes +
                     more_bytes(&chosen, &other, (double)measured->memory_plan_bytes) +
                     data_bytes(draft, row->settings.model.size);
    }
    return STATUS_OK;
}

Status draft_measure(Draft *draft, MPI_Comm self)
{
    enum { STEPS = 5 };
    const BenchmarkSettings settings = {.cell = draft->cell, .train = true, .repeats = STEPS};
    Benchmark benchmark;
    const double started = clock_seconds();
    const clock_t processor = clock();
    Status status = benchmark_steps(&settings, self, &benchmark);
    draft->share = (double)(clock() - processor) / CLOCKS_PER_SEC /
                   ((clock_seconds() - started) * (double)draft->threads);
    if (status == STATUS_OK)
        status = draft_predict(draft, benchmark.best_seconds * (double)draft->cell.batch);
    if (status == STATUS_OK)
        status = predict_bytes(draft, &benchmark);
    if (status == STATUS_OK)
        draft->steps = STEPS;
    benchmark_clear(&benchmark);
    return status;
}

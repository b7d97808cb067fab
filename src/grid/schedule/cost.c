/* See cost.h. */
#include "grid/schedule/cost.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "infer/network.h"
#include "train/training_sizes.h"

/* What one thread of a processor with AVX-512 does in f32, fitted to tools/simulate/costs.csv and
 * to networks of base 4, 16 and 32: 13, 24 to 42, 47 to 54 and, at base 64, 55 to 67 billion
 * multiply-adds a second. Only the order of cells and the first minutes' estimates rest on it. */
static const double GUESS_PER_THREAD = 8e10, /* of a very wide network */
    HALF_SPEED_CHANNELS = 20;                /* at which half of that is reached */

/* Forward passes that a training step costs: one, and backward about twice that. Where the backbone
 * is frozen its weight gradients fall away, and below what trains so does the backward pass: such a
 * step takes 1/2.4 to 1/1.9 of a global one. */
static const double PASSES_GLOBAL = 3, PASSES_LOCAL = 1.5;

static bool same_kind(const CellSettings *a, const CellSettings *b)
{
    return architecture_same(&a->model, &b->model) && a->tuning == b->tuning &&
           a->batch == b->batch && a->precision == b->precision && training_sizes_same(a, b);
}

static Status count_macs(const CellSettings *settings, size_t classes, double *macs)
{
    ModelSettings model = settings->model;
    if (!model.classes)
        model.classes = classes;
    const InputSizes sizes = training_sizes_of(settings);
    double image_macs = 0; /* the mean over the sizes of the steps' inputs */
    for (size_t i = 0; i < sizes.count; ++i) {
        NetworkCount count;
        model.size = sizes.sides[i];
        TRY(network_count(&model, &count));
        image_macs += count.macs / (double)sizes.count;
    }
    double passes = settings->tuning == TUNING_LOCAL ? PASSES_LOCAL : PASSES_GLOBAL;
    double narrowest = (double)architecture_of(&model)->narrowest(&model);
    *macs = image_macs * passes * (1 + HALF_SPEED_CHANNELS / narrowest) * (double)settings->batch *
            (double)task_of(&model)->views;
    return STATUS_OK;
}

static Status find_kinds(CostModel *model, const GridCells *cells, size_t classes)
{
    TRY(MEMORY_NEW(&model->kinds, cells->count));
    TRY(MEMORY_NEW(&model->macs, cells->count));
    TRY(MEMORY_NEW(&model->measured, cells->count));
    size_t *first; /* a cell of each kind */
    TRY(MEMORY_NEW(&first, cells->count));
    Status status = STATUS_OK;
    for (size_t i = 0; i < cells->count && status == STATUS_OK; ++i) {
        const CellSettings *settings = &cells->cells[i].settings;
        size_t kind = 0;
        while (kind < model->kind_count &&
               !same_kind(settings, &cells->cells[first[kind]].settings))
            ++kind;
        if (kind == model->kind_count) {
            first[model->kind_count++] = i;
            status = count_macs(settings, classes, &model->macs[kind]);
        }
        model->kinds[i] = kind;
    }
    free(first);
    return status;
}

Status cost_model_init(CostModel *model, const GridCells *cells, size_t classes, size_t threads)
{
    *model = (CostModel){.cell_count = cells->count, .guess = GUESS_PER_THREAD * (double)threads};
    Status status = find_kinds(model, cells, classes);
    if (status != STATUS_OK)
        cost_model_clear(model);
    return status;
}

void cost_model_clear(CostModel *model)
{
    free(model->kinds);
    free(model->macs);
    free(model->measured);
    *model = (CostModel){0};
}

void cost_model_measure(CostModel *model, size_t cell, double step_seconds)
{
    double *measured = &model->measured[model->kinds[cell]];
    if (step_seconds > 0)
        *measured = *measured > 0 ? 0.5 * (*measured + step_seconds) : step_seconds;
}

double cost_model_step_seconds(const CostModel *model, size_t cell)
{
    size_t kind = model->kinds[cell];
    double macs = 0, seconds = 0;
    if (model->measured[kind] > 0)
        return model->measured[kind];
    for (size_t i = 0; i < model->kind_count; ++i)
        if (model->measured[i] > 0) {
            macs += model->macs[i];
            seconds += model->measured[i];
        }
    return model->macs[kind] / (seconds > 0 ? macs / seconds : model->guess);
}

bool cost_model_calibrated(const CostModel *model)
{
    for (size_t i = 0; i < model->kind_count; ++i)
        if (model->measured[i] > 0)
            return true;
    return false;
}

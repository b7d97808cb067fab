/* See memory_need.h. */
#include "train/memory_need.h"

#include "infer/network.h"
#include "train/trainer.h"

/* The floats that are held for every parameter, and those for every one that trains: values and the
 * engine's packed copy; the gradient, its packed copy, the moments, the average, a partial sum for
 * each level of the tree within the rank, and two buckets where there are other ranks. */
static double held_floats(const CellSettings *settings, const NetworkNeeds *needs, size_t ranks)
{
    size_t trained = settings->optimiser == OPTIMISER_ADAMW ? 4 : 3;
    if (settings->ema > 0)
        ++trained;
    for (size_t shards = settings->shards / ranks; shards > 1; shards /= 2)
        ++trained;
    if (ranks > 1)
        trained += 2;
    return 2 * (double)needs->parameters + (double)trained * (double)needs->trained;
}

Status memory_need(const CellSettings *settings, size_t classes, size_t ranks, double *bytes)
{
    const size_t images = settings->batch / settings->shards;
    NetworkPlan plan = trainer_network_plan(settings, classes, images);
    NetworkNeeds training, validation;
    TRY(network_count_needs(&plan, &validation));
    plan.training = true;
    TRY(network_count_needs(&plan, &training));
    /* The network that validates shares the values, and packs them once more. */
    const double floats = held_floats(settings, &training, ranks) + (double)validation.parameters;
    *bytes = (double)training.block + (double)validation.block + sizeof(float) * floats;
    return STATUS_OK;
}

/* See split_evaluation.h. */
#include "train/split_evaluation.h"

#include <omp.h>
#include <stdlib.h>

#include "base/memory.h"

static Status split_indices(const Dataset *dataset, Split split, size_t *count, size_t **indices)
{
    *count = dataset_split_count(dataset, split);
    TRY(MEMORY_NEW(indices, *count));
    dataset_split_indices(dataset, split, *indices);
    return STATUS_OK;
}

/* Threads for batches of so many images: as many images at once as in training, which had the
 * memory for them. */
static size_t threads_for(const Trainer *trainer, size_t batch)
{
    const size_t threads = (size_t)omp_get_max_threads();
    const size_t most = trainer->workers * trainer->shard_images / batch;
    return most < threads ? most : threads;
}

Status split_evaluation(Trainer *trainer, Split split, size_t batch, Evaluation *evaluation)
{
    NetworkPlan plan = trainer->network->plan;
    size_t count, *indices = NULL;
    Network network = {0};
    Status status;
    plan.training = false;
    plan.batch = batch;
    trainer_rest(trainer);
    TRY(shared_update_swap(&trainer->update));
    TRY_GOTO(status, end, split_indices(trainer->dataset, split, &count, &indices));
    TRY_GOTO(status, end, network_init(&network, &plan, &trainer->parameters));
    TRY_GOTO(status, end,
             evaluation_init(evaluation, &network, trainer->dataset, count, indices,
                             threads_for(trainer, batch), trainer->group));
    status = shared_update_swap(&trainer->update);
end:
    network_clear(&network);
    free(indices);
    return status;
}

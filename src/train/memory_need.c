/* See memory_need.h. */
#include "train/memory_need.h"

#include <math.h>

#include "train/shard_tree.h"
#include "train/trainer.h"
#include "train/training_sizes.h"

const double MEMORY_PROGRAM_BYTES = 4e7;

/* Of a routine that oneDNN compiles, with its descriptors. */
static const double CODE_BYTES = 5e4;

static Status count_evaluation(const CellSettings *settings, NetworkPlan plan, MemoryModel *model)
{
    plan.training = plan.recompute = false;
    if (!task_of(&settings->model)->answers.make)
        return STATUS_OK;
    plan.batch = model->shard_images;
    TRY(network_count_needs(&plan, &model->validation));
    plan.batch = 1;
    return network_count_needs(&plan, &model->test);
}

/* Adds the networks of one size of the input, which lie in the memory of those of the first that is
 * added, the largest, where they fit there. */
static Status count_training(const NetworkPlan *plan, NetworkNeeds *training)
{
    const NetNeeds first = training->net;
    TRY(network_count_needs(plan, training));
    NetNeeds *net = &training->net;
    net->block = net->block > first.block ? first.block + net->block : first.block;
    net->workspace =
        net->workspace > first.workspace ? first.workspace + net->workspace : first.workspace;
    net->prepared += first.prepared;
    net->packed += first.packed;
    net->kernels += first.kernels;
    return STATUS_OK;
}

Status memory_model_init(const CellSettings *settings, size_t classes, MemoryModel *model)
{
    const InputSizes sizes = training_sizes_of(settings);
    *model = (MemoryModel){.shards = settings->shards,
                           .shard_images = settings->batch / settings->shards,
                           .size = settings->model.size,
                           .largest_size = input_sizes_largest(&sizes),
                           .views = task_of(&settings->model)->views,
                           .moments = settings->optimiser == OPTIMISER_ADAMW ? 2 : 1,
                           .averaged = settings->ema > 0};
    NetworkPlan plan = trainer_network_plan(settings, classes, model->shard_images);
    plan.training = plan.one_thread = true;
    plan.recompute = settings->recompute;
    for (size_t i = sizes.count; i-- > 0;) {
        plan.model.size = sizes.sides[i];
        TRY(count_training(&plan, &model->training));
    }
    plan.model.size = settings->model.size;
    return count_evaluation(settings, plan, model);
}

/* Of a network and its twins, the packed weights left out. */
static double networks_bytes(const NetworkNeeds *needs, size_t threads)
{
    const NetNeeds *net = &needs->net;
    return (double)threads * (double)(net->block + net->workspace + net->prepared + net->place);
}

/* Beside the trainer: a network of its own that evaluates batches of so many images, on as many
 * threads as have room for them (cell.c). */
static double evaluation_bytes(const MemoryModel *model, const NetworkNeeds *needs, size_t batch,
                               size_t workers, size_t threads)
{
    const size_t most = workers * model->shard_images / batch;
    const size_t used = most < threads ? most : threads;
    return networks_bytes(needs, used) + (double)needs->net.packed +
           (double)used * loader_batch_bytes(model->size, batch);
}

MemoryNeed memory_need(const MemoryModel *model, size_t ranks, size_t threads)
{
    const NetworkNeeds *training = &model->training;
    const size_t local = model->shards / ranks, workers = trainer_workers(local, threads);
    const double trained = sizeof(float) * (double)training->trained;
    MemoryNeed need = {
        .parameters = sizeof(float) * (double)training->parameters,
        .packed = (double)training->net.packed,
        .optimiser = (double)model->moments * trained,
        .activations = networks_bytes(training, workers),
        .batches = loader_bytes(model->largest_size, local * model->shard_images * model->views),
        .code = CODE_BYTES * (double)(training->net.kernels + model->validation.net.kernels),
    };
    const double reused = sizeof(float) * (double)training->net.reused;
    need.gradients = (double)shard_tree_arrays(local, workers, false) * (trained - reused) +
                     (double)shard_tree_arrays(local, workers, true) * reused;
    if (ranks > 1)
        need.messages = gradient_sum_message_bytes(training->trained, training->largest);
    if (model->averaged)
        need.optimiser += trained;
    need.evaluation = 2 * sizeof(float) * (double)training->largest; /* written, and read again */
    if (ranks > 1)
        need.evaluation += trained; /* gradients, which bring the state of all */
    need.optimiser /= (double)ranks;
    if (model->averaged)
        need.optimiser += sizeof(float) * (double)training->buffers;
    need.evaluation =
        fmax(need.evaluation,
             evaluation_bytes(model, &model->validation, model->shard_images, workers, threads));
    need.evaluation =
        fmax(need.evaluation, evaluation_bytes(model, &model->test, 1, workers, threads));
    /* In place of what only a step needs (trainer_rest()). */
    need.evaluation -= need.packed + need.gradients + need.messages + need.activations;
    need.evaluation = fmax(0, need.evaluation);
    need.total = need.parameters + need.packed + need.gradients + need.messages + need.optimiser +
                 need.activations + need.batches + need.evaluation + need.code;
    return need;
}

double memory_need_of_test(const MemoryModel *model, size_t threads)
{
    return sizeof(float) * (double)(model->test.parameters + model->test.largest) +
           networks_bytes(&model->test, threads) + (double)model->test.net.packed +
           (double)threads * loader_batch_bytes(model->size, 1);
}

bool memory_same(const CellSettings *one, const CellSettings *other)
{
    return architecture_same(&one->model, &other->model) && one->tuning == other->tuning &&
           one->batch == other->batch && one->shards == other->shards &&
           one->precision == other->precision && one->recompute == other->recompute &&
           one->optimiser == other->optimiser && (one->ema > 0) == (other->ema > 0) &&
           training_sizes_same(one, other);
}

/* See trainer.h. */
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "train/mpi_check.h"

enum { LOSS_PARTS = 3 };

Status trainer_network_settings(const CellSettings *settings, size_t classes,
                                ImprovedSsdSettings *network)
{
    *network = (ImprovedSsdSettings){.base = settings->base,
                                     .classes = classes,
                                     .recursion_steps = settings->recursion_steps,
                                     .size = settings->size};
    return backbone_parse(settings->backbone, &network->backbone);
}

static Status build_network(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    const Engine *engine;
    ImprovedSsdSettings network;
    TRY(engine_find("auto", &engine));
    TRY(trainer_network_settings(settings, trainer->dataset->class_count, &network));
    TRY(net_new(&trainer->parameters, engine, true, &trainer->net));
    TRY(net_set_precision(trainer->net, settings->precision));
    TRY(improved_ssd_build(trainer->net, &network, trainer->shard_images, &trainer->network));
    improved_ssd_tune(&trainer->parameters, settings->tuning == TUNING_LOCAL);
    TRY(parameters_add_gradients(&trainer->parameters));
    TRY(net_plan(trainer->net));
    parameters_randomise(&trainer->parameters, settings->seed);
    return STATUS_OK;
}

static size_t most_lesions(const Dataset *dataset)
{
    size_t most = 1;
    for (size_t i = 0; i < dataset->count; ++i)
        if (dataset->examples[i].lesion_count > most)
            most = dataset->examples[i].lesion_count;
    return most;
}

static void make_schedule(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    double steps = (double)trainer->steps_per_epoch;
    trainer->steps = settings->epochs * trainer->steps_per_epoch;
    trainer->schedule = (ScheduleSettings){
        .kind = settings->schedule,
        .peak = settings->learning_rate,
        .steps = trainer->steps,
        .warmup_steps = (size_t)lround(settings->warmup_epochs * steps),
        .drop_steps = (size_t)lround(settings->step_epochs * steps),
        .drop_factor = settings->step_factor,
    };
}

static Status check_cut(const Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    if (!settings->shards || settings->batch % settings->shards ||
        settings->shards % (size_t)trainer->ranks)
        FAIL(STATUS_ARGUMENT,
             "a batch of %zu images in %zu shards on %d ranks (expected shards that divide the "
             "batch and ranks that divide the shards)",
             settings->batch, settings->shards, trainer->ranks);
    return STATUS_OK;
}

static Status build(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    TRY_MPI(MPI_Comm_rank(trainer->group, &trainer->rank));
    TRY_MPI(MPI_Comm_size(trainer->group, &trainer->ranks));
    TRY(check_cut(trainer));
    trainer->local_shards = settings->shards / (size_t)trainer->ranks;
    trainer->shard_images = settings->batch / settings->shards;
    TRY(build_network(trainer));
    TRY(objective_new(settings, trainer->dataset->class_count,
                      trainer->local_shards * trainer->shard_images, most_lesions(trainer->dataset),
                      net_shape(trainer->net, trainer->network.mask).h, &trainer->objective));
    TRY(gradient_sum_new(&trainer->parameters, trainer->group, settings->shards, &trainer->sum));
    TRY(optimiser_new(&(OptimiserSettings){.kind = settings->optimiser,
                                           .momentum = settings->momentum,
                                           .beta_one = 0.9,
                                           .beta_two = 0.999,
                                           .epsilon = 1e-8,
                                           .weight_decay = settings->weight_decay,
                                           .clip_norm = settings->clip_norm},
                      &trainer->parameters, &trainer->optimiser));
    trainer->steps_per_epoch = loader_steps_per_epoch(trainer->dataset, settings->batch);
    make_schedule(trainer);
    return MEMORY_NEW(&trainer->shard_losses, settings->shards * LOSS_PARTS);
}

Status trainer_init(Trainer *trainer, const CellSettings *settings, const Dataset *dataset,
                    MPI_Comm group)
{
    *trainer = (Trainer){.settings = settings, .dataset = dataset, .group = group};
    parameters_init(&trainer->parameters);
    return build(trainer);
}

void trainer_clear(Trainer *trainer)
{
    loader_free(trainer->loader);
    optimiser_free(trainer->optimiser);
    gradient_sum_free(trainer->sum);
    objective_free(trainer->objective);
    net_free(trainer->net);
    parameters_clear(&trainer->parameters);
    free(trainer->shard_losses);
    *trainer = (Trainer){0};
}

Status trainer_start(Trainer *trainer)
{
    const CellSettings *settings = trainer->settings;
    size_t slice = trainer->local_shards * trainer->shard_images;
    return loader_new(&(LoaderSettings){.dataset = trainer->dataset,
                                        .global_batch = settings->batch,
                                        .slice_first = (size_t)trainer->rank * slice,
                                        .slice_count = slice,
                                        .seed = settings->seed,
                                        .augment = settings->augment,
                                        .shuffle = true,
                                        .first_epoch = trainer->step / trainer->steps_per_epoch,
                                        .first_step = trainer->step % trainer->steps_per_epoch,
                                        .augmentation = augment_defaults()},
                      &trainer->loader);
}

/* ---- a step ---- */

/* Adds the ranks' counts, and with them two words: rank 0's wish, and whether any rank could not
 * load its images. Whole numbers: exact in any order. */
static Status agree_on_counts(Trainer *trainer, Status own, LossCounts *counts, StepWish *wish)
{
    unsigned long long words[4] = {counts->positives, counts->masks, trainer->rank == 0 ? *wish : 0,
                                   own != STATUS_OK};
    TRY(mpi_sum_counts(trainer->group, 4, words));
    *counts = (LossCounts){words[0], words[1]};
    *wish = (StepWish)words[2];
    if (own == STATUS_OK && words[3])
        FAIL(STATUS_IO, "another rank of the group could not load its images");
    return own;
}

static Status run_shards(Trainer *trainer, const Batch *batch, const LossCounts *totals)
{
    size_t images = trainer->shard_images, size = trainer->settings->size;
    size_t input = images * size * size * 3;
    double started = clock_seconds();
    for (size_t shard = 0; shard < trainer->local_shards; ++shard) {
        LossSums sums = {0};
        TRY(mpi_pulse());
        memcpy(net_value(trainer->net, trainer->network.image), batch->input + shard * input,
               input * sizeof(float));
        TRY(net_forward(trainer->net));
        objective_apply(trainer->objective, trainer->net, &trainer->network, batch, shard * images,
                        images, totals, &sums);
        gradient_sum_begin_shard(trainer->sum, shard);
        TRY(net_backward(trainer->net, gradient_sum_ready, trainer->sum));
        double *losses = trainer->shard_losses +
                         ((size_t)trainer->rank * trainer->local_shards + shard) * LOSS_PARTS;
        losses[0] = sums.classification;
        losses[1] = sums.box;
        losses[2] = sums.segmentation;
    }
    trainer->compute_seconds += clock_seconds() - started;
    return gradient_sum_finish(trainer->sum);
}

/* Every shard's losses on every rank, added in the order of the shards. */
static Status add_losses(Trainer *trainer, const LossCounts *totals, StepResult *result)
{
    size_t count = trainer->local_shards * LOSS_PARTS;
    TRY(mpi_gather(trainer->group, count * sizeof(double),
                   trainer->shard_losses + (size_t)trainer->rank * count, trainer->shard_losses));
    LossSums sums = {0};
    for (size_t shard = 0; shard < trainer->settings->shards; ++shard) {
        const double *losses = trainer->shard_losses + shard * LOSS_PARTS;
        sums.classification += losses[0];
        sums.box += losses[1];
        sums.segmentation += losses[2];
    }
    double positives = totals->positives ? (double)totals->positives : 1;
    double masks = totals->masks ? (double)totals->masks : 1;
    result->loss = objective_total(trainer->settings, &sums, totals);
    result->classification = sums.classification / positives;
    result->box = sums.box / positives;
    result->segmentation = sums.segmentation / masks;
    if (!isfinite(result->loss))
        FAIL(STATUS_DIVERGED, "the loss is not finite at step %zu (learning rate %g)",
             trainer->step, result->learning_rate);
    return STATUS_OK;
}

Status trainer_step(Trainer *trainer, StepWish wish, StepResult *result)
{
    const Batch *batch = NULL;
    LossCounts counts = {0};
    *result = (StepResult){.learning_rate = schedule_rate(&trainer->schedule, trainer->step),
                           .wish = wish};
    Status status = loader_next(trainer->loader, &batch);
    if (status == STATUS_OK)
        status = objective_match(trainer->objective, batch, &counts);
    TRY(agree_on_counts(trainer, status, &counts, &result->wish));
    TRY(run_shards(trainer, batch, &counts));
    TRY(add_losses(trainer, &counts, result));
    TRY(optimiser_step(trainer->optimiser, result->learning_rate, &result->gradient_norm));
    ++trainer->step;
    return STATUS_OK;
}

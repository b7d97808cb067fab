/* The step loop of one cell: everything that training owns, and one step of it.
 *
 * A step: the loader's slice of the batch, matching, the counts over the group, then each local
 * shard forwards, through the losses and backwards while finished gradients already travel, then
 * the update, of which every rank does its part (shared_update.h); last, buffers such as running
 * means take in what every shard has seen, in the order of the shards. Collective over the group.
 *
 * Threads take whole shards, each with a twin of the network, and compute every operation by
 * themselves: they wait for each other a few times a step, not in every operation, and no number
 * depends on how many there are. Packing and update are cut in pieces, which whoever is free takes;
 * a thread that waits sleeps (base/crew.h), so that it takes no time from one that shares its
 * processor with another process. With fewer shards than threads some threads have nothing to do:
 * oneDNN's sums run in another order where threads share an operation. Worker 0 is the thread that
 * calls the trainer; it alone calls MPI.
 *
 * Where steps differ in the size of the input (training_sizes.h), there are networks for each size
 * over the same parameters, a step runs those of its batch, and a worker's lie in the memory of its
 * largest. Everything else knows model.size alone.
 */
#ifndef GISD_TRAIN_TRAINER_H
#define GISD_TRAIN_TRAINER_H

#include <mpi.h>

#include "base/crew.h"
#include "base/energy_meter.h"
#include "data/loader.h"
#include "infer/network.h"
#include "train/gradient_sum.h"
#include "train/settings.h"
#include "train/shared_update.h"

/* What rank 0 wants once a step is done. */
typedef enum { STEP_GO_ON, STEP_SAVE, STEP_STOP } StepWish;

/* What one step came to, on every rank. */
typedef struct {
    double loss;
    double losses[TASK_LOSSES_MOST]; /* the task's, divided */
    double gradient_norm, learning_rate;
    StepWish wish; /* rank 0's */
} StepResult;

/* What there is for steps of one size of the input. */
typedef struct {
    size_t size;
    Network *networks;    /* workers: for the views of shard_images images each */
    Objective *objective; /* of the networks' task */
} TrainerSize;

typedef struct {
    const CellSettings *settings; /* borrowed */
    const Dataset *dataset;       /* borrowed */
    MPI_Comm group;               /* borrowed */
    int rank, ranks;
    size_t local_shards, shard_images;
    size_t workers; /* threads that take shards: a power of two that divides local_shards */
    ParameterList parameters;
    ParameterList *twins; /* workers - 1: the others', whose values are worker 0's */
    TrainerSize *sizes;   /* size_count, the largest first */
    size_t size_count;
    const Network *network; /* worker 0's at model.size */
    GradientSum *sum;
    Crew *crew;    /* the rank's threads */
    Crew *sharing; /* the same, or NULL: packing and update are too little to be shared */
    SharedUpdate update;
    ScheduleSettings schedule;
    Loader *loader;
    size_t steps_per_epoch, steps; /* steps of an epoch, of the whole run */
    size_t step;                   /* steps done */
    double compute_seconds;        /* of this rank's own arithmetic, waiting left out */
    EnergyMeter energy;            /* of this host, since trainer_init() */
    double *shard_losses;          /* shards x the task's losses */
    size_t observed_floats;        /* of the network's buffers, in a pass */
    float *observed;               /* shards x observed_floats: what each shard's pass has seen */
} Trainer;

/* Builds network, losses and optimiser with parameters drawn from the settings' seed, at step 0.
 * The trainer is unusable after an error, but trainer_clear() takes it. */
Status trainer_init(Trainer *trainer, const CellSettings *settings, const Dataset *dataset,
                    MPI_Comm group);
void trainer_clear(Trainer *trainer);

/* Starts loading at the trainer's step; to be called once, after a checkpoint, if any, has set
 * parameters, optimiser and step. */
Status trainer_start(Trainer *trainer);

/* One step. `wish` is ignored on all ranks but 0, whose wish they learn. A loss or gradient that is
 * not finite is STATUS_DIVERGED on every rank. */
Status trainer_step(Trainer *trainer, StepWish wish, StepResult *result);

/* Gives back the memory that is of use only within a step, until the next one; the gradients are
 * lost. */
void trainer_rest(Trainer *trainer);

/* How many of a rank's threads take shards, of which it has so many. */
size_t trainer_workers(size_t shards, size_t threads);

/* What the settings say of the network, for a data set of `classes` lesion classes and as many
 * views of `batch` images as its task learns from. */
NetworkPlan trainer_network_plan(const CellSettings *settings, size_t classes, size_t batch);

#endif

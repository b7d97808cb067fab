/* The step loop of one cell: everything that training owns, and one step of it.
 *
 * A step: the loader's slice of the batch, matching, the counts over the group, then each local
 * shard forwards, through the losses and backwards while finished gradients already travel, then
 * the update, the same on every rank. Collective over the group.
 */
#ifndef GISD_TRAIN_TRAINER_H
#define GISD_TRAIN_TRAINER_H

#include <mpi.h>

#include "data/loader.h"
#include "model/improved_ssd.h"
#include "nn/optimiser.h"
#include "train/gradient_sum.h"
#include "train/objective.h"
#include "train/settings.h"

/* What rank 0 wants once a step is done. */
typedef enum { STEP_GO_ON, STEP_SAVE, STEP_STOP } StepWish;

/* What one step came to, on every rank. */
typedef struct {
    double loss, classification, box, segmentation; /* divided as in objective.h */
    double gradient_norm, learning_rate;
    StepWish wish; /* rank 0's */
} StepResult;

typedef struct {
    const CellSettings *settings; /* borrowed */
    const Dataset *dataset;       /* borrowed */
    MPI_Comm group;               /* borrowed */
    int rank, ranks;
    size_t local_shards, shard_images;
    ParameterList parameters;
    Net *net; /* for shard_images images */
    ImprovedSsd network;
    Objective *objective;
    GradientSum *sum;
    Optimiser *optimiser;
    ScheduleSettings schedule;
    Loader *loader;
    size_t steps_per_epoch, steps; /* steps of an epoch, of the whole run */
    size_t step;                   /* steps done */
    double compute_seconds;        /* of this rank's own arithmetic, waiting left out */
    double *shard_losses;          /* shards x 3 */
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

/* The improved SSD that the settings describe, for a data set of `classes` lesion classes. */
Status trainer_network_settings(const CellSettings *settings, size_t classes,
                                ImprovedSsdSettings *network);

#endif

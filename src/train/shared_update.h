/* The optimiser of a group: every rank has the state of its own part of the parameters, updates
 * that, and gets the rest from the others.
 *
 * The parts are those of the sum over ranks (gradient_sum.h). No number depends on how they are
 * cut: the norm is added up over the same chunks in the same order, everything else is elementwise.
 * For a checkpoint rank 0 has the whole for a while: gradients, which nobody needs between steps,
 * bring it. On one rank the part is the whole, and nothing is sent.
 *
 * Collective over the group, but for shared_update_whole().
 */
#ifndef GISD_TRAIN_SHARED_UPDATE_H
#define GISD_TRAIN_SHARED_UPDATE_H

#include <mpi.h>

#include "nn/optimiser.h"
#include "train/gradient_sum.h"

typedef struct {
    OptimiserSettings settings;
    ParameterList *parameters; /* borrowed */
    GradientSum *sum;          /* borrowed */
    Crew *crew;                /* borrowed: who shares the update */
    MPI_Comm group;            /* borrowed */
    int rank, ranks;
    Optimiser *own;
    Optimiser *whole; /* rank 0, while it is wanted; else NULL */
} SharedUpdate;

/* shared_update_clear() takes what failed. */
Status shared_update_init(SharedUpdate *update, const OptimiserSettings *settings,
                          ParameterList *parameters, GradientSum *sum, Crew *crew, MPI_Comm group);
void shared_update_clear(SharedUpdate *update);

/* An optimiser_step() of all. */
Status shared_update_step(SharedUpdate *update, double learning_rate, double *norm);

/* optimiser_swap_average() of all. */
Status shared_update_swap(SharedUpdate *update);

/* An optimiser of all parameters, with nothing in it yet unless there is one rank; on rank 0. */
Status shared_update_whole(SharedUpdate *update, Optimiser **whole);

/* Brings everybody's state into rank 0's whole one, and from there to everybody's. */
Status shared_update_collect(SharedUpdate *update);
Status shared_update_deal(SharedUpdate *update);

/* Lets the whole one go. */
void shared_update_drop(SharedUpdate *update);

#endif

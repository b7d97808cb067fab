/* The optimiser of a group: every rank has the state of its own part of the parameters, updates
 * that, and gets the rest from the others.
 *
 * The parts are those of the sum over ranks (gradient_sum.h). No number depends on how they are
 * cut: the norm is added up over the same chunks in the same order, everything else is elementwise.
 * For a checkpoint rank 0 gets the whole, or gives it, one kind of state after the other:
 * gradients, which nobody needs between steps, bring it. On one rank the part is the whole, and
 * nothing is sent.
 *
 * Collective over the group, but for what says otherwise.
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
    Crew *crew;                /* borrowed: who shares the update; may be NULL */
    MPI_Comm group;            /* borrowed */
    int rank, ranks;
    Optimiser *own;
} SharedUpdate;

/* shared_update_clear() takes what failed. */
Status shared_update_init(SharedUpdate *update, const OptimiserSettings *settings,
                          ParameterList *parameters, GradientSum *sum, Crew *crew, MPI_Comm group);
void shared_update_clear(SharedUpdate *update);

/* An optimiser_step() of all. */
Status shared_update_step(SharedUpdate *update, double learning_rate, double *norm);

/* optimiser_swap_average() of all. */
Status shared_update_swap(SharedUpdate *update);

/* The state of all for a checkpoint that rank 0 writes or reads, which is then in the gradients.
 * Meanwhile the others are in shared_update_serve(), until rank 0 calls shared_update_release(). */
OptimiserState shared_update_state(SharedUpdate *update);
Status shared_update_serve(SharedUpdate *update);
Status shared_update_release(SharedUpdate *update);

/* Rank 0's number of updates, and whether its run is over, on all; the parameters are the same. */
Status shared_update_agree(SharedUpdate *update);

#endif

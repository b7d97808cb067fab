/* The state of a cell, one and the same on all ranks of its group: rank 0's.
 *
 * Only rank 0 reads checkpoints and initial weights, and sends what it has read to the others. So a
 * rank that sees another file, an older one or none (a network file system that lags, a lock held
 * for a moment) cannot go on from another state than the rest of its group. Whether all have the
 * same is asked at the start and whenever the state is saved, so also at the end.
 *
 * Collective over the trainer's group.
 */
#ifndef GISD_TRAIN_GROUP_STATE_H
#define GISD_TRAIN_GROUP_STATE_H

#include "train/history.h"
#include "train/trainer.h"

/* Rank 0's parameters, optimiser, step, history and word (*resumed) to all ranks. */
Status group_state_send(Trainer *trainer, History *history, bool *resumed);

/* STATUS_DIVERGED on every rank, naming one and both digests, unless all ranks have the same bits
 * in parameters and optimiser. */
Status group_state_check(Trainer *trainer);

#endif

/* The gradient of a batch as the sum over its shards, the same bits on any number of ranks.
 *
 * A batch is cut into shards, a power of two of them, and rank r of R holds the r-th run of
 * shards / R. The shards' gradients are added in one binary tree over all shards:
 *
 *     ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
 *
 * Its lower levels run inside a rank (a binary counter of partial sums), its upper ones between
 * ranks: at level l a rank exchanges its sum with rank r XOR 2^l and both add, which gives the same
 * bits on both sides because a + b = b + a. Parameters travel in buckets, in the reverse order of
 * their declaration, which is about the order in which backward completes them: a bucket starts as
 * soon as its last gradient of the last shard is there, while backward goes on.
 *
 * Use in each step:
 *     for each local shard: gradient_sum_begin_shard(); net_backward(net, gradient_sum_ready, sum);
 *     gradient_sum_finish();      // parameters' gradients now hold the batch's
 *
 * Collective over the group. Only trainable parameters take part.
 */
#ifndef GISD_TRAIN_GRADIENT_SUM_H
#define GISD_TRAIN_GRADIENT_SUM_H

#include <mpi.h>

#include "base/status.h"
#include "nn/parameters.h"

typedef struct GradientSum GradientSum;

/* `shards`: of the whole batch; a power of two that the group's size divides. The parameters, with
 * their gradient buffers, are borrowed and must outlive the sum. */
Status gradient_sum_new(ParameterList *parameters, MPI_Comm group, size_t shards,
                        GradientSum **sum);
void gradient_sum_free(GradientSum *sum);

/* Zeroes the gradients for local shard `shard`, counted from 0 in each step. */
void gradient_sum_begin_shard(GradientSum *sum, size_t shard);

/* A GradientReady for net_backward(); `context` is the GradientSum. */
Status gradient_sum_ready(void *context, size_t parameter);

/* Waits until every gradient is the whole batch's. */
Status gradient_sum_finish(GradientSum *sum);

/* Seconds spent in gradient_sum_finish() since the start: communication that backward did not
 * hide. */
double gradient_sum_seconds_exposed(const GradientSum *sum);

#endif

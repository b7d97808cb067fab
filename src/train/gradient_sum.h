/* The gradient of a batch as the sum over its shards, the same bits on any number of ranks and of
 * threads in a rank.
 *
 * A batch is cut into shards, a power of two of them. Rank r of R holds the r-th run of shards / R.
 * The shards' gradients are added in one binary tree over all shards:
 *
 *     ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
 *
 * Its lower levels run inside a rank, whose threads, the workers, take its shards (shard_tree.h).
 *
 * The upper levels run between ranks: at level l a rank and rank r XOR 2^l divide what both have
 * summed in two halves, and each adds up one of them, so that at the end every rank has the sum of
 * its own part of the numbers. Each number is added in the tree's order, whoever adds it.
 * Parameters go in buckets, in the reverse order of their declaration, which is about the order in
 * which backward completes them. A bucket of which all shards are added travels, while backward
 * goes on, and has messages in memory only meanwhile.
 *
 * Use in each step, by the thread that calls MPI, which is worker 0:
 *     gradient_sum_begin(sum);
 *     each worker, at the same time:
 *         while (gradient_sum_take_shard(sum, worker, &shard, &taker) gave one)
 *             net_backward(net, &taker);
 *     gradient_sum_finish(sum);   // the gradients now hold the batch's, in this rank's part
 *
 * Collective over the group. Only trainable parameters take part.
 */
#ifndef GISD_TRAIN_GRADIENT_SUM_H
#define GISD_TRAIN_GRADIENT_SUM_H

#include <mpi.h>

#include "base/status.h"
#include "nn/net.h"
#include "nn/optimiser.h"

typedef struct GradientSum GradientSum;

/* `shards`: of the whole batch; a power of two that the group's size times `workers` divides;
 * `precision`: of the nets whose gradients they are. The parameters, with their gradient buffers,
 * are borrowed and must outlive the sum. */
Status gradient_sum_new(size_t workers, ParameterList *parameters, Precision precision,
                        MPI_Comm group, size_t shards, GradientSum **sum);
void gradient_sum_free(GradientSum *sum);

/* Before each step's first shard. */
Status gradient_sum_begin(GradientSum *sum);

/* Gives back the memory that is of use only within a step, until the next one begins. */
void gradient_sum_rest(GradientSum *sum);

/* Bytes of messages at the most, of so many numbers that train and of the largest parameter. */
double gradient_sum_message_bytes(size_t trained, size_t largest);

/* Gives the worker, which is through with the shard that it had, its next one, counted from 0 on
 * this rank, and who takes its gradients, without a context if there is none left. May wait for the
 * other workers, each in a thread of its own. */
Status gradient_sum_take_shard(GradientSum *sum, size_t worker, size_t *shard,
                               GradientTaker *taker);

/* By a worker that failed: nobody gets another shard. */
void gradient_sum_give_up(GradientSum *sum);

/* Moves messages on, without waiting: for worker 0 while it has nothing else to do. */
Status gradient_sum_advance(GradientSum *sum);

/* Waits until every gradient of the rank's part is the whole batch's. */
Status gradient_sum_finish(GradientSum *sum);

/* The rank's part, the same in every step, released with free(). Together the ranks have every
 * number that trains. */
Status gradient_sum_ranges(const GradientSum *sum, size_t *count, ParameterRange **ranges);

/* Gives every rank what each has in its part of worker 0's gradients, or of the parameters. Not
 * between gradient_sum_begin() and gradient_sum_finish(). */
typedef enum { SUM_GRADIENTS, SUM_VALUES } SumNumbers;
Status gradient_sum_spread(GradientSum *sum, SumNumbers what);

/* Seconds spent in gradient_sum_finish() since the start: communication that backward did not
 * hide. */
double gradient_sum_seconds_exposed(const GradientSum *sum);

#endif

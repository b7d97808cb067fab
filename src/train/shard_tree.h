/* A rank's part of the tree that adds up gradients: the sums over its shards.
 *
 * Shards s of S are the leaves S + s, the parent of node n is n / 2, the root 1. Workers, which are
 * threads, take shards in their order as they are free. What a shard comes to for a parameter is
 * given to the tree as soon as it is known, and whoever brings a node's second part adds the two;
 * that comes to the same whoever is first. A worker may run ahead of a slow one as far as there are
 * arrays for the sums that then wait for their other part. The last shards are left to those who
 * are expected to be through with them sooner.
 *
 * In bfloat16 what a shard comes to for weights is rounded to bfloat16, each time that it has to
 * wait: for what an earlier use of the weights in the same shard adds to it, and for the sibling's.
 * Two siblings so share one array (halves.h), and their sum, float32 as all others, takes their
 * place.
 *
 * The tree owns the arrays of sums but the first, which is the parameters' gradient. All functions
 * but the last four are for one thread, while no worker is at work.
 */
#ifndef GISD_TRAIN_SHARD_TREE_H
#define GISD_TRAIN_SHARD_TREE_H

#include <stdbool.h>

#include "nn/net.h"

#define NO_SHARD ((size_t)-1)

typedef struct ShardTree ShardTree;

/* Of so many shards, a power of two, in that precision. The parameters, with their gradients, are
 * borrowed. */
Status shard_tree_new(ParameterList *parameters, Precision precision, size_t shards, size_t workers,
                      ShardTree **tree);
void shard_tree_free(ShardTree *tree);

/* How many arrays of a parameter's size, the gradient included, the tree takes at the most: as many
 * as there must be for a worker to be at least as many shards ahead as there are workers;
 * `reused`: several nodes of the network use it, so that a shard's gradient is made in one, which
 * in bfloat16 is not so for weights. */
size_t shard_tree_arrays(size_t shards, size_t workers, bool reused);

/* Empties the tree, for the shards to be dealt out. */
Status shard_tree_begin(ShardTree *tree);

/* Gives back the memory of the sums, until shard_tree_begin(). */
void shard_tree_rest(ShardTree *tree);

/* Takes the worker's shard, if it had one, as done and gives it the next one, or NO_SHARD where
 * none is left; false: it has to wait for others, and to ask again. `now`: seconds, of any clock,
 * which tell how fast each is. */
bool shard_tree_deal(ShardTree *tree, size_t worker, double now, size_t *shard);

/* Deals out no more: a worker has failed. */
void shard_tree_stop(ShardTree *tree);

/* An array of the tree in which a shard's gradient of the parameter is to be made. */
float *shard_tree_open(ShardTree *tree, size_t parameter);

/* Of parameters that wait in bfloat16, in place of that: keeps numbers first .. first + count - 1
 * of what a shard's gradient has come to so far, in place of what was kept before, and adds what is
 * kept to the rest of it. `last`: it has come to all of it. */
void shard_tree_keep(ShardTree *tree, size_t parameter, size_t shard, size_t first, size_t count,
                     const float *numbers, bool last);
void shard_tree_add_kept(ShardTree *tree, size_t parameter, size_t shard, size_t first,
                         size_t count, float *numbers);

/* Adds a shard's gradient of the parameter, in an array of the tree or anywhere else; NULL: what is
 * kept of it. True if that was the last one: then the parameter's gradient is the sum over all
 * shards. */
bool shard_tree_add(ShardTree *tree, size_t parameter, size_t shard, const float *gradient);

#endif

/* See shard_tree.h. */
#include "train/shard_tree.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"

enum {
    NO_NODE = 0,
    OPEN_NODE = 1 << 24 /* a gradient is being made there; no node of so few shards */
};

struct ShardTree {
    ParameterList *parameters; /* borrowed */
    size_t shards, workers;
    size_t *offset; /* by parameter: its place in an array, ... */
    size_t total;   /* ... which has so many numbers */
    size_t array_count;
    float **arrays;         /* array_count - 1: all but the first */
    uint32_t *nodes;        /* parameters x array_count: whose sum lies there */
    pthread_mutex_t *locks; /* by parameter: of the two */
    pthread_mutex_t dealing;
    size_t dealt; /* shards that a worker has or had */
    size_t *held; /* by worker: its shard, or NO_SHARD */
    bool stopped;
};

/* With the oldest shard that is not done there are the subtrees before it, a leaf of each pair of
 * shards behind it up to the last that a worker may have, and, where they are made there, all of
 * these. */
size_t shard_tree_arrays(size_t shards, size_t workers, bool reused)
{
    size_t most = 1;
    for (size_t oldest = 0; oldest < shards; ++oldest) {
        const size_t left = shards - 1 - oldest;
        const size_t last = oldest + (left < workers ? left : workers);
        const size_t pairs = last > oldest ? last / 2 - (oldest + 1) / 2 + 1 : 0;
        const size_t sums =
            (size_t)__builtin_popcountll(oldest) + (reused ? last - oldest + 1 : pairs);
        most = sums > most ? sums : most;
    }
    return most;
}

static Status make_arrays(ShardTree *tree)
{
    for (size_t k = 0; k + 1 < tree->array_count; ++k)
        if (!tree->arrays[k])
            TRY(MEMORY_NEW(&tree->arrays[k], tree->total));
    return STATUS_OK;
}

static Status build(ShardTree *tree)
{
    const size_t count = tree->parameters->count;
    TRY(MEMORY_NEW(&tree->held, tree->workers));
    TRY(MEMORY_NEW(&tree->offset, count));
    for (size_t i = 0; i < count; ++i) {
        tree->offset[i] = tree->total;
        if (parameter_trains(&tree->parameters->items[i]))
            tree->total += tree->parameters->items[i].count;
    }
    TRY(MEMORY_NEW(&tree->arrays, tree->array_count));
    TRY(MEMORY_NEW(&tree->nodes, count * tree->array_count));
    TRY(MEMORY_NEW(&tree->locks, count));
    for (size_t i = 0; i < count; ++i)
        pthread_mutex_init(&tree->locks[i], NULL); /* cannot fail on Linux */
    return make_arrays(tree);
}

Status shard_tree_new(ParameterList *parameters, size_t shards, size_t workers, ShardTree **tree)
{
    TRY(MEMORY_NEW(tree, 1));
    **tree = (ShardTree){.parameters = parameters,
                         .shards = shards,
                         .workers = workers,
                         .array_count = shard_tree_arrays(shards, workers, true)};
    pthread_mutex_init(&(*tree)->dealing, NULL);
    Status status = build(*tree);
    if (status != STATUS_OK) {
        shard_tree_free(*tree);
        *tree = NULL;
    }
    return status;
}

void shard_tree_rest(ShardTree *tree)
{
    for (size_t k = 0; tree->arrays && k + 1 < tree->array_count; ++k) {
        free(tree->arrays[k]);
        tree->arrays[k] = NULL;
    }
}

void shard_tree_free(ShardTree *tree)
{
    if (!tree)
        return;
    shard_tree_rest(tree);
    for (size_t i = 0; tree->locks && i < tree->parameters->count; ++i)
        pthread_mutex_destroy(&tree->locks[i]);
    pthread_mutex_destroy(&tree->dealing);
    free(tree->locks);
    free(tree->nodes);
    free(tree->arrays);
    free(tree->offset);
    free(tree->held);
    free(tree);
}

Status shard_tree_begin(ShardTree *tree)
{
    TRY(make_arrays(tree));
    memset(tree->nodes, 0, tree->parameters->count * tree->array_count * sizeof *tree->nodes);
    for (size_t w = 0; w < tree->workers; ++w)
        tree->held[w] = NO_SHARD;
    tree->dealt = 0;
    return STATUS_OK;
}

/* ---- dealing out shards ---- */

static bool deal(ShardTree *tree, size_t worker)
{
    size_t oldest = tree->dealt;
    tree->held[worker] = NO_SHARD;
    for (size_t w = 0; w < tree->workers; ++w)
        if (tree->held[w] < oldest)
            oldest = tree->held[w];
    if (tree->dealt == tree->shards || tree->stopped)
        return true;
    if (tree->dealt > oldest + tree->workers)
        return false;
    tree->held[worker] = tree->dealt++;
    return true;
}

bool shard_tree_deal(ShardTree *tree, size_t worker, size_t *shard)
{
    pthread_mutex_lock(&tree->dealing);
    const bool done = deal(tree, worker);
    *shard = tree->held[worker];
    pthread_mutex_unlock(&tree->dealing);
    return done;
}

void shard_tree_stop(ShardTree *tree)
{
    pthread_mutex_lock(&tree->dealing);
    tree->stopped = true;
    pthread_mutex_unlock(&tree->dealing);
}

/* ---- sums ---- */

static float *array_at(const ShardTree *tree, size_t parameter, size_t array)
{
    return array ? tree->arrays[array - 1] + tree->offset[parameter]
                 : tree->parameters->items[parameter].gradient;
}

/* Where the parameter's sum over a node lies; array_count if it is not there. */
static size_t find_node(const ShardTree *tree, size_t parameter, uint32_t node)
{
    const uint32_t *nodes = tree->nodes + parameter * tree->array_count;
    size_t array = 0;
    while (array < tree->array_count && nodes[array] != node)
        ++array;
    return array;
}

static size_t find_free(const ShardTree *tree, size_t parameter)
{
    const size_t array = find_node(tree, parameter, NO_NODE);
    assert(array < tree->array_count);
    return array;
}

float *shard_tree_open(ShardTree *tree, size_t parameter)
{
    pthread_mutex_lock(&tree->locks[parameter]);
    const size_t array = find_free(tree, parameter);
    tree->nodes[parameter * tree->array_count + array] = OPEN_NODE;
    pthread_mutex_unlock(&tree->locks[parameter]);
    return array_at(tree, parameter, array);
}

VECTORISED static void add(size_t count, const float *from, float *to)
{
    for (size_t i = 0; i < count; ++i)
        to[i] += from[i];
}

/* Where a leaf that is complete lies from now on: where it was made, or at its sibling, which takes
 * it in, or in an array that is free. Returns the node that lies there. */
static uint32_t place_leaf(ShardTree *tree, size_t parameter, uint32_t leaf, const float *gradient,
                           size_t *array)
{
    const size_t count = tree->parameters->items[parameter].count;
    const size_t sibling = find_node(tree, parameter, leaf ^ 1);
    for (*array = 0; *array < tree->array_count; ++*array)
        if (gradient == array_at(tree, parameter, *array))
            return leaf;
    if (leaf > 1 && sibling < tree->array_count) {
        *array = sibling;
        add(count, gradient, array_at(tree, parameter, sibling));
        return leaf / 2;
    }
    *array = find_free(tree, parameter);
    memcpy(array_at(tree, parameter, *array), gradient, count * sizeof(float));
    return leaf;
}

/* Of two sums that are added the one in the lower array takes in the other: so the first array,
 * which is the first to be taken, is never left and ends up with the root. */
static bool climb(ShardTree *tree, size_t parameter, uint32_t node, size_t own)
{
    const size_t count = tree->parameters->items[parameter].count;
    uint32_t *nodes = tree->nodes + parameter * tree->array_count;
    for (nodes[own] = node; node > 1; nodes[own] = node) {
        const size_t other = find_node(tree, parameter, node ^ 1);
        if (other == tree->array_count)
            return false;
        const size_t kept = own < other ? own : other, freed = own < other ? other : own;
        add(count, array_at(tree, parameter, freed), array_at(tree, parameter, kept));
        nodes[freed] = NO_NODE;
        own = kept;
        node /= 2;
    }
    return true;
}

bool shard_tree_add(ShardTree *tree, size_t parameter, size_t shard, const float *gradient)
{
    size_t array;
    pthread_mutex_lock(&tree->locks[parameter]);
    const uint32_t node =
        place_leaf(tree, parameter, (uint32_t)(tree->shards + shard), gradient, &array);
    const bool all = climb(tree, parameter, node, array);
    pthread_mutex_unlock(&tree->locks[parameter]);
    return all;
}

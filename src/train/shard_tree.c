/* See shard_tree.h. */
#include "train/shard_tree.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "train/halves.h"

/* Numbers to a line of the cache: parameters begin at one. */
enum { LINE = 16 };

/* What lies in an array is told by the number of its node, which is less than these: */
enum {
    NO_NODE = 0,
    OPEN_NODE = 1 << 24,   /* a gradient is being made there */
    HALVES = 1 << 25,      /* gradients of the node's children, in bfloat16 (halves.h): ... */
    WHOLE_LOWER = 1 << 26, /* the lower one is complete, */
    WHOLE_UPPER = 1 << 27, /* the upper one is */
    NODE_BITS = OPEN_NODE - 1
};

/* How far a worker is. When it is through decides who takes what, and so no number. */
typedef struct {
    size_t held;    /* its shard, or NO_SHARD */
    double since;   /* when it got that, in seconds */
    double a_shard; /* seconds that one takes it, of late; 0: unknown */
    size_t shards;  /* that it had in this step */
} WorkerPace;

struct ShardTree {
    ParameterList *parameters; /* borrowed */
    Precision precision;
    size_t shards, workers;
    size_t *offset;                 /* by parameter: its place in an array, ... */
    size_t total;                   /* ... which has so many numbers */
    size_t array_count, pair_count; /* shard_tree_arrays(), of what is reused and what is not */
    float **arrays;                 /* array_count - 1: all but the first */
    uint32_t *nodes;                /* parameters x array_count: whose sum lies there */
    pthread_mutex_t *locks;         /* by parameter: of the two */
    pthread_mutex_t dealing;
    size_t dealt;     /* shards that a worker has or had */
    WorkerPace *pace; /* by worker */
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
    TRY(MEMORY_NEW(&tree->pace, tree->workers));
    TRY(MEMORY_NEW(&tree->offset, count));
    for (size_t i = 0; i < count; ++i) {
        tree->offset[i] = tree->total;
        if (parameter_trains(&tree->parameters->items[i]))
            tree->total += (tree->parameters->items[i].count + LINE - 1) / LINE * LINE;
    }
    TRY(MEMORY_NEW(&tree->arrays, tree->array_count));
    TRY(MEMORY_NEW(&tree->nodes, count * tree->array_count));
    TRY(MEMORY_NEW(&tree->locks, count));
    for (size_t i = 0; i < count; ++i)
        pthread_mutex_init(&tree->locks[i], NULL); /* cannot fail on Linux */
    return make_arrays(tree);
}

Status shard_tree_new(ParameterList *parameters, Precision precision, size_t shards, size_t workers,
                      ShardTree **tree)
{
    TRY(MEMORY_NEW(tree, 1));
    **tree = (ShardTree){.parameters = parameters,
                         .precision = precision,
                         .shards = shards,
                         .workers = workers,
                         .array_count = shard_tree_arrays(shards, workers, true),
                         .pair_count = shard_tree_arrays(shards, workers, false)};
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
    free(tree->pace);
    free(tree);
}

/* A worker that had no shard in the last step, since others were sooner, is tried again. */
static void begin_pace(WorkerPace *pace)
{
    pace->held = NO_SHARD;
    if (!pace->shards)
        pace->a_shard = 0;
    pace->shards = 0;
}

Status shard_tree_begin(ShardTree *tree)
{
    TRY(make_arrays(tree));
    memset(tree->nodes, 0, tree->parameters->count * tree->array_count * sizeof *tree->nodes);
    for (size_t w = 0; w < tree->workers; ++w)
        begin_pace(&tree->pace[w]);
    tree->dealt = 0;
    return STATUS_OK;
}

/* ---- dealing out shards ---- */

/* Whether all shards of a run are done. */
static bool is_done(const ShardTree *tree, size_t first, size_t count)
{
    for (size_t w = 0; w < tree->workers; ++w)
        if (tree->pace[w].held >= first && tree->pace[w].held < first + count)
            return false;
    return first + count <= tree->dealt;
}

/* The arrays that the sums over a node's shards take at the most, from now until another shard is
 * dealt out: one for all that is done, and for each `least` shards that are under way. */
static size_t count_arrays(const ShardTree *tree, size_t first, size_t count, size_t least)
{
    if (first >= tree->dealt)
        return 0;
    if (count <= least || is_done(tree, first, count))
        return 1;
    return count_arrays(tree, first, count / 2, least) +
           count_arrays(tree, first + count / 2, count / 2, least);
}

/* Of what is reused every shard under way has an array; of the rest a pair of siblings. */
static bool have_room(const ShardTree *tree)
{
    return count_arrays(tree, 0, tree->shards, 1) <= tree->array_count &&
           count_arrays(tree, 0, tree->shards, 2) <= tree->pair_count;
}

/* When a worker that has a shard is expected to be through. One that is late, since somebody else
 * has its processor, will be late for as long again. */
static double through_at(const WorkerPace *pace, double now)
{
    const double late = now - (pace->since + pace->a_shard);
    return now + fabs(late);
}

/* Whether the others are through with all shards that are left before the worker would be with one.
 */
static bool others_are_sooner(const ShardTree *tree, size_t worker, double now)
{
    const WorkerPace *own = &tree->pace[worker];
    const size_t left = tree->shards - tree->dealt;
    size_t taken = 0;
    for (size_t w = 0; w < tree->workers; ++w) {
        const WorkerPace *pace = &tree->pace[w];
        if (w == worker || pace->held == NO_SHARD || !(pace->a_shard > 0))
            continue;
        const double time = now + own->a_shard - through_at(pace, now);
        taken += time > 0 ? (size_t)(time / pace->a_shard) : 0;
    }
    return taken >= left;
}

static bool deal(ShardTree *tree, size_t worker, double now)
{
    WorkerPace *own = &tree->pace[worker];
    if (tree->dealt == tree->shards || tree->stopped)
        return true;
    if (others_are_sooner(tree, worker, now))
        return false;
    own->held = tree->dealt++;
    own->since = now;
    if (have_room(tree)) {
        ++own->shards;
        return true;
    }
    own->held = NO_SHARD;
    --tree->dealt;
    return false;
}

/* What a shard takes is told by the last few: another program may come and go. */
static void note_pace(WorkerPace *pace, double now)
{
    const double seconds = now - pace->since;
    if (pace->held != NO_SHARD)
        pace->a_shard = pace->a_shard > 0 ? (pace->a_shard + seconds) / 2 : seconds;
    pace->held = NO_SHARD;
}

bool shard_tree_deal(ShardTree *tree, size_t worker, double now, size_t *shard)
{
    pthread_mutex_lock(&tree->dealing);
    note_pace(&tree->pace[worker], now);
    const bool done = deal(tree, worker, now);
    *shard = tree->pace[worker].held;
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

static bool add_single(ShardTree *tree, size_t parameter, size_t shard, const float *gradient)
{
    size_t array;
    const uint32_t node =
        place_leaf(tree, parameter, (uint32_t)(tree->shards + shard), gradient, &array);
    return climb(tree, parameter, node, array);
}

/* ---- gradients that wait in bfloat16 ---- */

/* A shard and its sibling lie in one array, which is their parent's; an only shard in its own. */
typedef struct {
    uint32_t node;
    bool upper;
    uint32_t whole, sibling_whole;
} Half;

static Half half_at(const ShardTree *tree, size_t shard)
{
    const uint32_t leaf = (uint32_t)(tree->shards + shard), node = leaf > 1 ? leaf / 2 : leaf;
    return leaf % 2 ? (Half){node, true, WHOLE_UPPER, WHOLE_LOWER}
                    : (Half){node, false, WHOLE_LOWER, WHOLE_UPPER};
}

/* Where siblings lie, if one of them is there; else in an array that is free, which is theirs now.
 */
static size_t find_halves(ShardTree *tree, size_t parameter, uint32_t node)
{
    uint32_t *nodes = tree->nodes + parameter * tree->array_count;
    size_t array = 0;
    while (array < tree->array_count &&
           !(nodes[array] & HALVES && (nodes[array] & NODE_BITS) == node))
        ++array;
    if (array == tree->array_count) {
        array = find_free(tree, parameter);
        nodes[array] = node | HALVES;
    }
    return array;
}

/* What a shard has in there no other worker looks at before it is complete. */
static float *open_halves(ShardTree *tree, size_t parameter, const Half *half)
{
    pthread_mutex_lock(&tree->locks[parameter]);
    const size_t array = find_halves(tree, parameter, half->node);
    pthread_mutex_unlock(&tree->locks[parameter]);
    return array_at(tree, parameter, array);
}

void shard_tree_keep(ShardTree *tree, size_t parameter, size_t shard, size_t first, size_t count,
                     const float *numbers, bool last)
{
    const Half half = half_at(tree, shard);
    halves_keep(open_halves(tree, parameter, &half), tree->parameters->items[parameter].count,
                half.upper, first, count, numbers, last);
}

void shard_tree_add_kept(ShardTree *tree, size_t parameter, size_t shard, size_t first,
                         size_t count, float *numbers)
{
    const Half half = half_at(tree, shard);
    halves_add(open_halves(tree, parameter, &half), tree->parameters->items[parameter].count,
               half.upper, first, count, numbers);
}

/* Whoever comes second adds up both, while nobody else needs the array. */
static bool add_half(ShardTree *tree, size_t parameter, const Half *half)
{
    const size_t count = tree->parameters->items[parameter].count;
    pthread_mutex_lock(&tree->locks[parameter]);
    const size_t array = find_halves(tree, parameter, half->node);
    uint32_t *state = &tree->nodes[parameter * tree->array_count + array];
    const bool both = tree->shards == 1 || *state & half->sibling_whole;
    *state |= half->whole;
    pthread_mutex_unlock(&tree->locks[parameter]);
    if (!both)
        return false;
    if (tree->shards == 1)
        halves_widen(array_at(tree, parameter, array), count);
    else
        halves_sum(array_at(tree, parameter, array), count);
    pthread_mutex_lock(&tree->locks[parameter]);
    const bool all = climb(tree, parameter, half->node, array);
    pthread_mutex_unlock(&tree->locks[parameter]);
    return all;
}

bool shard_tree_add(ShardTree *tree, size_t parameter, size_t shard, const float *gradient)
{
    const Parameter *item = &tree->parameters->items[parameter];
    if (net_rounds_gradient(tree->precision, item)) {
        const Half half = half_at(tree, shard);
        if (gradient)
            shard_tree_keep(tree, parameter, shard, 0, item->count, gradient, true);
        return add_half(tree, parameter, &half);
    }
    pthread_mutex_lock(&tree->locks[parameter]);
    const bool all = add_single(tree, parameter, shard, gradient);
    pthread_mutex_unlock(&tree->locks[parameter]);
    return all;
}

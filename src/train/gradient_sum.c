/* See gradient_sum.h. The sum owns the partial sums and the messages. What ranks exchange
 * is packed out of the gradients, and what comes is added in their place. */
#include "train/gradient_sum.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "train/mpi_check.h"

enum {
    BUCKET_FLOATS = 1 << 20,
    MESSAGE_FLOATS = 1 << 24, /* of the buckets that travel at a time, but for a larger one alone */
    MAX_LEVELS = 16,
    NO_NODE = 0
};

static const size_t NO_SHARD = SIZE_MAX;

/* Numbers first to end - 1 of a bucket. */
typedef struct {
    size_t first, end;
} Span;

typedef struct {
    size_t last, first;    /* trainable positions, last >= first: filled downwards */
    size_t floats;         /* of all its parameters */
    atomic_size_t waiting; /* parameters that lack a shard */
    atomic_bool complete;  /* the gradients hold the sum over the rank */
    unsigned level;        /* of the exchange between ranks */
    bool moving, summed;   /* requests are open; every level is added */
    MPI_Request requests[2];
    size_t room;                /* numbers of the larger half; 0 on one rank */
    float *outgoing, *incoming; /* room for it while the bucket travels, else NULL */
    Span spans[MAX_LEVELS + 1]; /* what this rank still adds up before each level, and at the end */
} Bucket;

/* A thread, and the shard that it is about or NO_SHARD. */
typedef struct {
    GradientSum *sum;
    size_t index, shard;
} Worker;

struct GradientSum {
    ParameterList *parameters; /* borrowed */
    MPI_Comm group;            /* borrowed */
    int rank;
    unsigned rank_levels; /* of the tree, between ranks */
    size_t local_shards;  /* of this rank */
    pthread_mutex_t dealing;
    size_t dealt; /* shards that a worker has or had */
    bool given_up;
    size_t worker_count;
    Worker *workers;
    size_t array_count;     /* partial sums of a parameter that there is room for, the first of
                               them in its gradient */
    float **arrays;         /* array_count - 1: the others, all trainable parameters in a row */
    uint32_t *nodes;        /* parameters x array_count: whose sum lies there; shards s of S are the
                               nodes S + s of the tree, the parent of node n is n / 2 */
    pthread_mutex_t *locks; /* by parameter index: of the two */
    size_t trainable_count;
    size_t *trainable; /* parameter index of each trainable position */
    size_t *bucket_of; /* by parameter index */
    size_t *offset;    /* by parameter index: its place in an array, ... */
    size_t total;      /* ... which has so many numbers */
    size_t bucket_count;
    Bucket *buckets;
    size_t travelled, started; /* buckets that are summed, those before included; that travel */
    size_t floats_moving;      /* of the latter */
    double seconds_exposed;
};

static unsigned log2_of(size_t power)
{
    unsigned levels = 0;
    while (((size_t)1 << levels) < power)
        ++levels;
    return levels;
}

static const Parameter *parameter_at(const GradientSum *sum, size_t position)
{
    return &sum->parameters->items[sum->trainable[position]];
}

/* Where two ranks divide a span of the bucket: in its middle, between chunks of the optimiser. */
static size_t middle_of(const GradientSum *sum, const Bucket *bucket, Span span)
{
    const size_t wanted = (span.first + span.end) / 2;
    size_t at = 0, position = bucket->last;
    while (at + parameter_at(sum, position)->count <= wanted && position > bucket->first)
        at += parameter_at(sum, position--)->count;
    const size_t end = at + parameter_at(sum, position)->count;
    size_t middle = at + (wanted - at + OPTIMISER_CHUNK / 2) / OPTIMISER_CHUNK * OPTIMISER_CHUNK;
    middle = middle < end ? middle : end;
    middle = middle > span.first ? middle : span.first;
    return middle < span.end ? middle : span.end;
}

/* At each level the rank keeps half of what it has, its partner the other half. */
static void cut_bucket(const GradientSum *sum, Bucket *bucket)
{
    Span span = {.end = bucket->floats};
    bucket->spans[0] = span;
    for (unsigned level = 0; level < sum->rank_levels; ++level) {
        const size_t middle = middle_of(sum, bucket, span);
        if (level == 0)
            bucket->room = middle > span.end - middle ? middle : span.end - middle;
        if ((unsigned)sum->rank >> level & 1)
            span.first = middle;
        else
            span.end = middle;
        bucket->spans[level + 1] = span;
    }
}

/* Buckets from the end of the list to its start. */
static Status make_buckets(GradientSum *sum)
{
    TRY(MEMORY_NEW(&sum->buckets, sum->trainable_count + 1));
    for (size_t position = sum->trainable_count; position-- > 0;) {
        size_t index = sum->trainable[position], count = sum->parameters->items[index].count;
        Bucket *bucket = sum->bucket_count ? &sum->buckets[sum->bucket_count - 1] : NULL;
        if (!bucket || bucket->floats + count > BUCKET_FLOATS) {
            bucket = &sum->buckets[sum->bucket_count++];
            bucket->last = position;
        }
        bucket->first = position;
        bucket->floats += count;
        sum->bucket_of[index] = (size_t)(bucket - sum->buckets);
    }
    for (size_t i = 0; i < sum->bucket_count; ++i)
        cut_bucket(sum, &sum->buckets[i]);
    return STATUS_OK;
}

size_t gradient_sum_arrays(size_t shards, size_t workers)
{
    size_t most = 1;
    for (size_t oldest = 0; oldest < shards; ++oldest) {
        const size_t left = shards - 1 - oldest;
        const size_t last = oldest + (left < workers ? left : workers);
        const size_t pairs = last > oldest ? last / 2 - (oldest + 1) / 2 + 1 : 0;
        const size_t sums = (size_t)__builtin_popcountll(oldest) + pairs;
        most = sums > most ? sums : most;
    }
    return most;
}

double gradient_sum_message_bytes(size_t trained, size_t largest)
{
    const size_t most = largest > MESSAGE_FLOATS ? largest : MESSAGE_FLOATS;
    return sizeof(float) * (double)(trained < most ? trained : most);
}

static Status make_arrays(GradientSum *sum)
{
    for (size_t k = 0; k + 1 < sum->array_count; ++k)
        if (!sum->arrays[k])
            TRY(MEMORY_NEW(&sum->arrays[k], sum->total));
    return STATUS_OK;
}

/* The places of sums, and who may write there. */
static Status make_tree(GradientSum *sum)
{
    const size_t count = sum->parameters->count;
    sum->array_count = gradient_sum_arrays(sum->local_shards, sum->worker_count);
    TRY(MEMORY_NEW(&sum->arrays, sum->array_count));
    TRY(MEMORY_NEW(&sum->nodes, count * sum->array_count));
    TRY(MEMORY_NEW(&sum->locks, count));
    for (size_t i = 0; i < count; ++i)
        pthread_mutex_init(&sum->locks[i], NULL); /* cannot fail on Linux */
    return make_arrays(sum);
}

static Status build(GradientSum *sum)
{
    size_t count = sum->parameters->count;
    TRY(MEMORY_NEW(&sum->trainable, count));
    TRY(MEMORY_NEW(&sum->bucket_of, count));
    TRY(MEMORY_NEW(&sum->offset, count));
    for (size_t i = 0; i < count; ++i) {
        if (!parameter_trains(&sum->parameters->items[i]))
            continue;
        sum->trainable[sum->trainable_count++] = i;
        sum->offset[i] = sum->total;
        sum->total += sum->parameters->items[i].count;
    }
    TRY(make_tree(sum));
    return make_buckets(sum);
}

static Status make_workers(GradientSum *sum)
{
    TRY(MEMORY_NEW(&sum->workers, sum->worker_count));
    for (size_t w = 0; w < sum->worker_count; ++w)
        sum->workers[w] = (Worker){.sum = sum, .index = w, .shard = NO_SHARD};
    return build(sum);
}

Status gradient_sum_new(size_t workers, ParameterList *parameters, MPI_Comm group, size_t shards,
                        GradientSum **sum)
{
    int rank, ranks;
    TRY_MPI(MPI_Comm_rank(group, &rank));
    TRY_MPI(MPI_Comm_size(group, &ranks));
    const size_t parts = (size_t)ranks * workers;
    if (!shards || shards & (shards - 1) || shards % parts || shards >> MAX_LEVELS)
        FAIL(STATUS_ARGUMENT,
             "%zu shards on %d ranks of %zu threads (expected a power of two that they divide)",
             shards, ranks, workers);
    TRY(MEMORY_NEW(sum, 1));
    GradientSum *made = *sum;
    made->parameters = parameters;
    pthread_mutex_init(&made->dealing, NULL);
    made->group = group;
    made->rank = rank;
    made->rank_levels = log2_of((size_t)ranks);
    made->worker_count = workers;
    made->local_shards = shards / (size_t)ranks;
    Status status = make_workers(made);
    if (status != STATUS_OK) {
        gradient_sum_free(made);
        *sum = NULL;
    }
    return status;
}

void gradient_sum_rest(GradientSum *sum)
{
    for (size_t k = 0; sum->arrays && k + 1 < sum->array_count; ++k) {
        free(sum->arrays[k]);
        sum->arrays[k] = NULL;
    }
}

static void drop_messages(Bucket *bucket)
{
    free(bucket->outgoing);
    free(bucket->incoming);
    bucket->outgoing = bucket->incoming = NULL;
}

void gradient_sum_free(GradientSum *sum)
{
    if (!sum)
        return;
    for (size_t i = 0; i < sum->bucket_count; ++i)
        if (!sum->buckets[i].moving) /* else given up: MPI may still write there */
            drop_messages(&sum->buckets[i]);
    gradient_sum_rest(sum);
    free(sum->arrays);
    free(sum->nodes);
    for (size_t i = 0; sum->locks && i < sum->parameters->count; ++i)
        pthread_mutex_destroy(&sum->locks[i]);
    free(sum->locks);
    pthread_mutex_destroy(&sum->dealing);
    free(sum->workers);
    free(sum->buckets);
    free(sum->trainable);
    free(sum->bucket_of);
    free(sum->offset);
    free(sum);
}

Status gradient_sum_begin(GradientSum *sum)
{
    TRY(make_arrays(sum));
    memset(sum->nodes, 0, sum->parameters->count * sum->array_count * sizeof *sum->nodes);
    for (size_t i = 0; i < sum->bucket_count; ++i) {
        Bucket *bucket = &sum->buckets[i];
        atomic_store(&bucket->waiting, bucket->last - bucket->first + 1);
        atomic_store(&bucket->complete, false);
        bucket->level = 0;
        bucket->moving = bucket->summed = false;
    }
    sum->travelled = sum->started = sum->floats_moving = sum->dealt = 0;
    return STATUS_OK;
}

static void add(size_t count, const float *from, float *to)
{
#pragma omp parallel for simd schedule(static) if (count > 1 << 16)
    for (size_t i = 0; i < count; ++i)
        to[i] += from[i];
}

/* ---- inside a rank ---- */

static float *array_at(const GradientSum *sum, size_t index, size_t array)
{
    return array ? sum->arrays[array - 1] + sum->offset[index]
                 : sum->parameters->items[index].gradient;
}

/* Where the parameter's sum over a node of the tree lies; sum->array_count if it is not there. */
static size_t find_node(const GradientSum *sum, size_t index, uint32_t node)
{
    const uint32_t *nodes = sum->nodes + index * sum->array_count;
    size_t array = 0;
    while (array < sum->array_count && nodes[array] != node)
        ++array;
    return array;
}

/* Puts a shard's gradient into the tree and adds up what that completes. Of two sums that are added
 * the one in the lower array takes in the other, so that the first array, which is the first to be
 * taken and so never left, ends up with the sum of all: then the result is true. */
static bool absorb_shard(const GradientSum *sum, size_t index, size_t shard, const float *gradient)
{
    const size_t count = sum->parameters->items[index].count;
    uint32_t *nodes = sum->nodes + index * sum->array_count;
    uint32_t node = (uint32_t)(sum->local_shards + shard);
    size_t own = find_node(sum, index, node ^ 1);
    if (node > 1 && own < sum->array_count) {
        add(count, gradient, array_at(sum, index, own));
        node /= 2;
    } else {
        own = find_node(sum, index, NO_NODE);
        assert(own < sum->array_count);
        memcpy(array_at(sum, index, own), gradient, count * sizeof(float));
    }
    for (nodes[own] = node; node > 1; nodes[own] = node) {
        const size_t other = find_node(sum, index, node ^ 1);
        if (other == sum->array_count)
            return false;
        const size_t kept = own < other ? own : other, freed = own < other ? other : own;
        add(count, array_at(sum, index, freed), array_at(sum, index, kept));
        nodes[freed] = NO_NODE;
        own = kept;
        node /= 2;
    }
    return true;
}

/* Whoever brings the bucket's count to 0 sees what the others have written, and worker 0 then sees
 * the sum. */
static void count_down(GradientSum *sum, size_t index)
{
    Bucket *bucket = &sum->buckets[sum->bucket_of[index]];
    if (atomic_fetch_sub(&bucket->waiting, 1) == 1)
        atomic_store(&bucket->complete, true);
}

/* The worker is through with its shard and gets the next one, or none; false: it has to wait. */
static bool deal(GradientSum *sum, Worker *own)
{
    own->shard = NO_SHARD;
    size_t oldest = sum->dealt;
    for (size_t w = 0; w < sum->worker_count; ++w)
        if (sum->workers[w].shard < oldest)
            oldest = sum->workers[w].shard;
    if (sum->dealt == sum->local_shards || sum->given_up)
        return true;
    if (sum->dealt > oldest + sum->worker_count)
        return false;
    own->shard = sum->dealt++;
    return true;
}

Status gradient_sum_take_shard(GradientSum *sum, size_t worker, size_t *shard, void **context)
{
    Worker *own = &sum->workers[worker];
    for (;;) {
        pthread_mutex_lock(&sum->dealing);
        const bool done = deal(sum, own);
        pthread_mutex_unlock(&sum->dealing);
        *shard = own->shard;
        *context = own->shard == NO_SHARD ? NULL : own;
        if (done)
            return STATUS_OK;
        if (worker == 0) {
            TRY(mpi_pulse());
            TRY(gradient_sum_advance(sum));
        }
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
}

void gradient_sum_give_up(GradientSum *sum)
{
    pthread_mutex_lock(&sum->dealing);
    sum->given_up = true;
    pthread_mutex_unlock(&sum->dealing);
}

/* ---- between ranks ---- */

static void take(float *numbers, float *packed, size_t count)
{
    memcpy(packed, numbers, count * sizeof(float));
}

static void put(float *numbers, float *packed, size_t count)
{
    memcpy(numbers, packed, count * sizeof(float));
}

static void add_to(float *numbers, float *packed, size_t count)
{
    add(count, packed, numbers);
}

/* Goes through a span of the bucket and as many packed numbers, parameter by parameter. */
static void walk(const GradientSum *sum, const Bucket *bucket, SumNumbers what, Span span,
                 float *packed, void (*act)(float *numbers, float *packed, size_t count))
{
    size_t at = 0;
    for (size_t position = bucket->last + 1; position-- > bucket->first;) {
        const Parameter *parameter = parameter_at(sum, position);
        const size_t end = at + parameter->count;
        const size_t from = span.first > at ? span.first : at, to = span.end < end ? span.end : end;
        float *numbers = what == SUM_VALUES ? parameter->value : parameter->gradient;
        if (from < to)
            act(numbers + (from - at), packed + (from - span.first), to - from);
        at = end;
    }
}

/* What the partner keeps at a level. */
static Span partners(const Bucket *bucket, unsigned level)
{
    const Span all = bucket->spans[level], own = bucket->spans[level + 1];
    return own.first > all.first ? (Span){all.first, own.first} : (Span){own.end, all.end};
}

/* Sends one span to the level's partner and gets another. Buckets are numbered the same on every
 * rank, and so are messages. */
static Status trade(const GradientSum *sum, size_t index, unsigned level, SumNumbers what,
                    Span given, Span wanted)
{
    Bucket *bucket = &sum->buckets[index];
    const int partner = sum->rank ^ (1 << level), tag = (int)index;
    walk(sum, bucket, what, given, bucket->outgoing, take);
    bucket->moving = true;
    TRY_MPI(MPI_Irecv(bucket->incoming, (int)(wanted.end - wanted.first), MPI_FLOAT, partner, tag,
                      sum->group, &bucket->requests[0]));
    TRY_MPI(MPI_Isend(bucket->outgoing, (int)(given.end - given.first), MPI_FLOAT, partner, tag,
                      sum->group, &bucket->requests[1]));
    return STATUS_OK;
}

/* Whether the next bucket has room to travel beside those that do. Buckets start in their order on
 * every rank, so that the one that all wait for is under way. */
static bool has_room(const GradientSum *sum)
{
    return sum->started < sum->bucket_count &&
           (!sum->floats_moving ||
            sum->floats_moving + sum->buckets[sum->started].floats <= MESSAGE_FLOATS);
}

static Status start_bucket(GradientSum *sum)
{
    Bucket *bucket = &sum->buckets[sum->started++];
    sum->floats_moving += bucket->floats;
    TRY(MEMORY_NEW(&bucket->outgoing, bucket->room));
    return MEMORY_NEW(&bucket->incoming, bucket->room);
}

static void end_bucket(GradientSum *sum, Bucket *bucket)
{
    bucket->summed = true;
    sum->floats_moving -= bucket->floats;
    drop_messages(bucket);
}

static Status start_level(GradientSum *sum, size_t index)
{
    Bucket *bucket = &sum->buckets[index];
    if (bucket->level < sum->rank_levels)
        return trade(sum, index, bucket->level, SUM_GRADIENTS, partners(bucket, bucket->level),
                     bucket->spans[bucket->level + 1]);
    end_bucket(sum, bucket);
    return STATUS_OK;
}

static Status end_level(GradientSum *sum, size_t index)
{
    Bucket *bucket = &sum->buckets[index];
    bucket->moving = false;
    ++bucket->level;
    walk(sum, bucket, SUM_GRADIENTS, bucket->spans[bucket->level], bucket->incoming, add_to);
    return start_level(sum, index);
}

Status gradient_sum_spread(GradientSum *sum, SumNumbers what)
{
    for (unsigned level = sum->rank_levels; level-- > 0;) {
        sum->started = 0;
        for (size_t i = 0; i < sum->bucket_count; ++i) {
            Bucket *bucket = &sum->buckets[i];
            while (has_room(sum)) {
                const size_t next = sum->started;
                TRY(start_bucket(sum));
                TRY(trade(sum, next, level, what, sum->buckets[next].spans[level + 1],
                          partners(&sum->buckets[next], level)));
            }
            TRY(mpi_wait_all(2, bucket->requests));
            bucket->moving = false;
            walk(sum, bucket, what, partners(bucket, level), bucket->incoming, put);
            end_bucket(sum, bucket);
        }
    }
    return STATUS_OK;
}

Status gradient_sum_ranges(const GradientSum *sum, size_t *count, ParameterRange **ranges)
{
    *count = 0;
    TRY(MEMORY_NEW(ranges, sum->trainable_count));
    for (size_t position = 0; position < sum->trainable_count; ++position) {
        const size_t index = sum->trainable[position];
        const Bucket *bucket = &sum->buckets[sum->bucket_of[index]];
        const Span own = bucket->spans[sum->rank_levels];
        size_t at = 0;
        for (size_t before = bucket->last; before > position; --before)
            at += parameter_at(sum, before)->count;
        const size_t end = at + parameter_at(sum, position)->count;
        const size_t from = own.first > at ? own.first : at, to = own.end < end ? own.end : end;
        if (from < to)
            (*ranges)[(*count)++] = (ParameterRange){index, from - at, to - at};
    }
    return STATUS_OK;
}

/* Starts what is complete and goes on with what has come. */
Status gradient_sum_advance(GradientSum *sum)
{
    if (!sum->rank_levels)
        return STATUS_OK;
    while (has_room(sum) && atomic_load(&sum->buckets[sum->started].complete)) {
        const size_t next = sum->started;
        TRY(start_bucket(sum));
        TRY(start_level(sum, next));
    }
    for (size_t i = sum->travelled; i < sum->started; ++i) {
        int done = 0;
        if (sum->buckets[i].moving)
            TRY_MPI(MPI_Testall(2, sum->buckets[i].requests, &done, MPI_STATUSES_IGNORE));
        if (done)
            TRY(end_level(sum, i));
    }
    while (sum->travelled < sum->started && sum->buckets[sum->travelled].summed)
        ++sum->travelled;
    return STATUS_OK;
}

Status gradient_sum_ready(void *context, size_t parameter, const float *gradient)
{
    const Worker *worker = context;
    GradientSum *sum = worker->sum;
    pthread_mutex_lock(&sum->locks[parameter]);
    const bool all = absorb_shard(sum, parameter, worker->shard, gradient);
    pthread_mutex_unlock(&sum->locks[parameter]);
    if (all)
        count_down(sum, parameter);
    if (worker->index > 0)
        return STATUS_OK;
    TRY(mpi_pulse());
    return gradient_sum_advance(sum);
}

Status gradient_sum_finish(GradientSum *sum)
{
    if (!sum->rank_levels)
        return STATUS_OK;
    double started = clock_seconds();
    while (sum->travelled < sum->bucket_count) {
        Bucket *oldest = &sum->buckets[sum->travelled];
        TRY(gradient_sum_advance(sum));
        if (oldest->moving)
            TRY(mpi_wait_all(2, oldest->requests));
    }
    sum->seconds_exposed += clock_seconds() - started;
    return STATUS_OK;
}

double gradient_sum_seconds_exposed(const GradientSum *sum)
{
    return sum->seconds_exposed;
}

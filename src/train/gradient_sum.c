/* See gradient_sum.h. The sum owns its tree and the messages. What ranks exchange is packed out of
 * the gradients, and what comes is added in their place. */
#include "train/gradient_sum.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "train/mpi_check.h"
#include "train/shard_tree.h"

enum {
    BUCKET_FLOATS = 1 << 20,
    MESSAGE_FLOATS = 1 << 24, /* of the buckets that travel at a time, but for a larger one alone */
    MAX_LEVELS = 16
};

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
    ShardTree *tree;      /* below */
    Worker *workers;
    size_t trainable_count;
    size_t *trainable; /* parameter index of each trainable position */
    size_t *bucket_of; /* by parameter index */
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

double gradient_sum_message_bytes(size_t trained, size_t largest)
{
    const size_t most = largest > MESSAGE_FLOATS ? largest : MESSAGE_FLOATS;
    return sizeof(float) * (double)(trained < most ? trained : most);
}

static Status build(GradientSum *sum)
{
    size_t count = sum->parameters->count;
    TRY(MEMORY_NEW(&sum->trainable, count));
    TRY(MEMORY_NEW(&sum->bucket_of, count));
    for (size_t i = 0; i < count; ++i)
        if (parameter_trains(&sum->parameters->items[i]))
            sum->trainable[sum->trainable_count++] = i;
    return make_buckets(sum);
}

static Status make_tree(GradientSum *sum, Precision precision, size_t shards, size_t workers)
{
    TRY(MEMORY_NEW(&sum->workers, workers));
    for (size_t w = 0; w < workers; ++w)
        sum->workers[w] = (Worker){.sum = sum, .index = w, .shard = NO_SHARD};
    TRY(shard_tree_new(sum->parameters, precision, shards, workers, &sum->tree));
    return build(sum);
}

Status gradient_sum_new(size_t workers, ParameterList *parameters, Precision precision,
                        MPI_Comm group, size_t shards, GradientSum **sum)
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
    made->group = group;
    made->rank = rank;
    made->rank_levels = log2_of((size_t)ranks);
    Status status = make_tree(made, precision, shards / (size_t)ranks, workers);
    if (status != STATUS_OK) {
        gradient_sum_free(made);
        *sum = NULL;
    }
    return status;
}

void gradient_sum_rest(GradientSum *sum)
{
    shard_tree_rest(sum->tree);
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
    shard_tree_free(sum->tree);
    free(sum->workers);
    free(sum->buckets);
    free(sum->trainable);
    free(sum->bucket_of);
    free(sum);
}

Status gradient_sum_begin(GradientSum *sum)
{
    TRY(shard_tree_begin(sum->tree));
    for (size_t i = 0; i < sum->bucket_count; ++i) {
        Bucket *bucket = &sum->buckets[i];
        atomic_store(&bucket->waiting, bucket->last - bucket->first + 1);
        atomic_store(&bucket->complete, false);
        bucket->level = 0;
        bucket->moving = bucket->summed = false;
    }
    sum->travelled = sum->started = sum->floats_moving = 0;
    return STATUS_OK;
}

/* ---- inside a rank ---- */

/* Whoever brings the bucket's count to 0 sees what the others have written, and worker 0 then sees
 * the sum. */
static void count_down(GradientSum *sum, size_t index)
{
    Bucket *bucket = &sum->buckets[sum->bucket_of[index]];
    if (atomic_fetch_sub(&bucket->waiting, 1) == 1)
        atomic_store(&bucket->complete, true);
}

static float *open_gradient(void *context, size_t parameter)
{
    const Worker *worker = context;
    return shard_tree_open(worker->sum->tree, parameter);
}

static void keep_gradient(void *context, size_t parameter, size_t first, size_t count,
                          const float *numbers, bool last)
{
    const Worker *worker = context;
    shard_tree_keep(worker->sum->tree, parameter, worker->shard, first, count, numbers, last);
}

static void add_kept_gradient(void *context, size_t parameter, size_t first, size_t count,
                              float *numbers)
{
    const Worker *worker = context;
    shard_tree_add_kept(worker->sum->tree, parameter, worker->shard, first, count, numbers);
}

static Status take_gradient(void *context, size_t parameter, const float *gradient)
{
    const Worker *worker = context;
    GradientSum *sum = worker->sum;
    if (shard_tree_add(sum->tree, parameter, worker->shard, gradient))
        count_down(sum, parameter);
    if (worker->index > 0)
        return STATUS_OK;
    TRY(mpi_pulse());
    return gradient_sum_advance(sum);
}

Status gradient_sum_take_shard(GradientSum *sum, size_t worker, size_t *shard, GradientTaker *taker)
{
    Worker *own = &sum->workers[worker];
    while (!shard_tree_deal(sum->tree, worker, clock_seconds(), &own->shard)) {
        if (worker == 0) {
            TRY(mpi_pulse());
            TRY(gradient_sum_advance(sum));
        }
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
    *shard = own->shard;
    *taker = (GradientTaker){.context = own->shard == NO_SHARD ? NULL : own,
                             .open = open_gradient,
                             .keep = keep_gradient,
                             .add_kept = add_kept_gradient,
                             .ready = take_gradient};
    return STATUS_OK;
}

void gradient_sum_give_up(GradientSum *sum)
{
    shard_tree_stop(sum->tree);
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

static void add(float *numbers, float *packed, size_t count)
{
#pragma omp parallel for simd schedule(static) if (count > 1 << 16)
    for (size_t i = 0; i < count; ++i)
        numbers[i] += packed[i];
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
    bucket->outgoing = malloc(bucket->room * sizeof(float) + 1);
    bucket->incoming = malloc(bucket->room * sizeof(float) + 1);
    if (!bucket->outgoing || !bucket->incoming)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot allocate a message of %zu numbers",
             bucket->room);
    return STATUS_OK;
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
    walk(sum, bucket, SUM_GRADIENTS, bucket->spans[bucket->level], bucket->incoming, add);
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

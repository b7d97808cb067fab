/* See gradient_sum.h. The sum owns the partial sums and the buckets' buffers. What ranks exchange
 * is packed out of the gradients, and what comes is added in their place. */
#include "train/gradient_sum.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "train/mpi_check.h"

enum { BUCKET_FLOATS = 1 << 20, MAX_LEVELS = 16 };

/* Numbers first to end - 1 of a bucket. */
typedef struct {
    size_t first, end;
} Span;

typedef struct {
    size_t last, first;           /* trainable positions, last >= first: filled downwards */
    size_t floats;                /* of all its parameters */
    atomic_size_t waiting;        /* parameters, of each worker, whose last shard is not done yet */
    atomic_bool complete;         /* worker 0's gradients hold the sum over the rank */
    unsigned level;               /* of the exchange between ranks */
    bool started, moving, summed; /* it travels; requests are open; every level is added */
    MPI_Request requests[2];
    float *outgoing, *incoming; /* room for the larger half */
    Span spans[MAX_LEVELS + 1]; /* what this rank still adds up before each level, and at the end */
} Bucket;

/* A thread's part of the rank's shards. */
typedef struct {
    GradientSum *sum;
    ParameterList *parameters; /* borrowed */
    size_t index, shard;
    float *partial[MAX_LEVELS]; /* partial sums, all trainable parameters one after another */
} Worker;

struct GradientSum {
    ParameterList *parameters; /* worker 0's */
    MPI_Comm group;            /* borrowed */
    int rank;
    unsigned rank_levels, worker_levels; /* of the tree: between ranks, inside a worker */
    size_t worker_count, worker_shards;  /* shards of a worker */
    Worker *workers;
    size_t trainable_count;
    size_t *trainable; /* parameter index of each trainable position */
    size_t *bucket_of; /* by parameter index */
    size_t *offset;    /* by parameter index: its place in a partial sum, ... */
    size_t total;      /* ... which has so many numbers */
    size_t bucket_count;
    Bucket *buckets;
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
static Status cut_bucket(const GradientSum *sum, Bucket *bucket)
{
    Span span = {.end = bucket->floats};
    bucket->spans[0] = span;
    for (unsigned level = 0; level < sum->rank_levels; ++level) {
        const size_t middle = middle_of(sum, bucket, span);
        if (level == 0) {
            const size_t room = middle > span.end - middle ? middle : span.end - middle;
            TRY(MEMORY_NEW(&bucket->outgoing, room));
            TRY(MEMORY_NEW(&bucket->incoming, room));
        }
        if ((unsigned)sum->rank >> level & 1)
            span.first = middle;
        else
            span.end = middle;
        bucket->spans[level + 1] = span;
    }
    return STATUS_OK;
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
        TRY(cut_bucket(sum, &sum->buckets[i]));
    return STATUS_OK;
}

static Status make_partial_sums(GradientSum *sum)
{
    for (size_t w = 0; w < sum->worker_count; ++w)
        for (unsigned level = 0; level < sum->worker_levels; ++level)
            if (!sum->workers[w].partial[level])
                TRY(MEMORY_NEW(&sum->workers[w].partial[level], sum->total));
    return STATUS_OK;
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
    TRY(make_partial_sums(sum));
    return make_buckets(sum);
}

static Status make_workers(GradientSum *sum, ParameterList *const *parameters)
{
    TRY(MEMORY_NEW(&sum->workers, sum->worker_count));
    for (size_t w = 0; w < sum->worker_count; ++w)
        sum->workers[w] = (Worker){.sum = sum, .parameters = parameters[w], .index = w};
    return build(sum);
}

Status gradient_sum_new(size_t workers, ParameterList *const *parameters, MPI_Comm group,
                        size_t shards, GradientSum **sum)
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
    made->parameters = parameters[0];
    made->group = group;
    made->rank = rank;
    made->rank_levels = log2_of((size_t)ranks);
    made->worker_count = workers;
    made->worker_shards = shards / parts;
    made->worker_levels = log2_of(made->worker_shards);
    Status status = make_workers(made, parameters);
    if (status != STATUS_OK) {
        gradient_sum_free(made);
        *sum = NULL;
    }
    return status;
}

void gradient_sum_rest(GradientSum *sum)
{
    for (size_t w = 0; w < sum->worker_count; ++w)
        for (unsigned level = 0; level < MAX_LEVELS; ++level) {
            free(sum->workers[w].partial[level]);
            sum->workers[w].partial[level] = NULL;
        }
}

void gradient_sum_free(GradientSum *sum)
{
    if (!sum)
        return;
    for (size_t i = 0; i < sum->bucket_count; ++i) {
        if (sum->buckets[i].moving)
            continue; /* given up: MPI may still write there */
        free(sum->buckets[i].outgoing);
        free(sum->buckets[i].incoming);
    }
    if (sum->workers)
        gradient_sum_rest(sum);
    free(sum->workers);
    free(sum->buckets);
    free(sum->trainable);
    free(sum->bucket_of);
    free(sum->offset);
    free(sum);
}

Status gradient_sum_begin(GradientSum *sum)
{
    TRY(make_partial_sums(sum));
    for (size_t i = 0; i < sum->bucket_count; ++i) {
        Bucket *bucket = &sum->buckets[i];
        atomic_store(&bucket->waiting, (bucket->last - bucket->first + 1) * sum->worker_count);
        atomic_store(&bucket->complete, false);
        bucket->level = 0;
        bucket->started = bucket->moving = bucket->summed = false;
    }
    return STATUS_OK;
}

void *gradient_sum_begin_shard(GradientSum *sum, size_t worker, size_t shard)
{
    Worker *own = &sum->workers[worker];
    own->shard = shard;
    parameters_zero_gradients(own->parameters);
    return own;
}

static void add(size_t count, const float *from, float *to)
{
#pragma omp parallel for simd schedule(static) if (count > 1 << 16)
    for (size_t i = 0; i < count; ++i)
        to[i] += from[i];
}

/* ---- inside a rank ---- */

/* Adds the finished shard to the worker's tree: as a binary counter, shard s first absorbs one
 * partial sum for each trailing 1 bit of s, then takes the place of its lowest 0 bit. The last
 * shard has only 1 bits, so that its gradient buffer ends up with the sum of all. */
static void absorb_shard(Worker *worker, size_t index)
{
    const GradientSum *sum = worker->sum;
    Parameter *parameter = &worker->parameters->items[index];
    unsigned level = 0;
    for (; level < sum->worker_levels && (worker->shard >> level & 1); ++level)
        add(parameter->count, worker->partial[level] + sum->offset[index], parameter->gradient);
    if (level < sum->worker_levels)
        memcpy(worker->partial[level] + sum->offset[index], parameter->gradient,
               parameter->count * sizeof(float));
}

/* Adds up the bucket's gradients of all workers, which are through with them, into worker 0's. */
static void add_workers(GradientSum *sum, const Bucket *bucket)
{
    for (size_t position = bucket->first; position <= bucket->last; ++position) {
        const size_t index = sum->trainable[position];
        for (size_t step = 1; step < sum->worker_count; step *= 2)
            for (size_t w = 0; w < sum->worker_count; w += 2 * step)
                add(sum->parameters->items[index].count,
                    sum->workers[w + step].parameters->items[index].gradient,
                    sum->workers[w].parameters->items[index].gradient);
    }
}

/* The worker is through with the parameter. Whoever brings the count to 0 sees what the others have
 * written, and worker 0 then sees the sum. */
static void count_down(Worker *worker, size_t index)
{
    Bucket *bucket = &worker->sum->buckets[worker->sum->bucket_of[index]];
    if (atomic_fetch_sub(&bucket->waiting, 1) > 1)
        return;
    add_workers(worker->sum, bucket);
    atomic_store(&bucket->complete, true);
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

static Status start_level(GradientSum *sum, size_t index)
{
    Bucket *bucket = &sum->buckets[index];
    if (bucket->level < sum->rank_levels)
        return trade(sum, index, bucket->level, SUM_GRADIENTS, partners(bucket, bucket->level),
                     bucket->spans[bucket->level + 1]);
    bucket->summed = true;
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
        for (size_t i = 0; i < sum->bucket_count; ++i)
            TRY(trade(sum, i, level, what, sum->buckets[i].spans[level + 1],
                      partners(&sum->buckets[i], level)));
        for (size_t i = 0; i < sum->bucket_count; ++i) {
            Bucket *bucket = &sum->buckets[i];
            TRY(mpi_wait_all(2, bucket->requests));
            bucket->moving = false;
            walk(sum, bucket, what, partners(bucket, level), bucket->incoming, put);
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
    for (size_t i = 0; sum->rank_levels && i < sum->bucket_count; ++i) {
        Bucket *bucket = &sum->buckets[i];
        if (!bucket->started && atomic_load(&bucket->complete)) {
            bucket->started = true;
            TRY(start_level(sum, i));
        }
        if (!bucket->moving)
            continue;
        int done;
        TRY_MPI(MPI_Testall(2, bucket->requests, &done, MPI_STATUSES_IGNORE));
        if (done)
            TRY(end_level(sum, i));
    }
    return STATUS_OK;
}

Status gradient_sum_ready(void *context, size_t parameter)
{
    Worker *worker = context;
    if (worker->index == 0)
        TRY(mpi_pulse());
    absorb_shard(worker, parameter);
    if (worker->shard + 1 < worker->sum->worker_shards)
        return STATUS_OK;
    count_down(worker, parameter);
    return worker->index == 0 ? gradient_sum_advance(worker->sum) : STATUS_OK;
}

Status gradient_sum_finish(GradientSum *sum)
{
    if (!sum->rank_levels)
        return STATUS_OK;
    double started = clock_seconds();
    for (size_t i = 0; i < sum->bucket_count; ++i)
        while (!sum->buckets[i].summed) {
            TRY(gradient_sum_advance(sum));
            if (sum->buckets[i].moving)
                TRY(mpi_wait_all(2, sum->buckets[i].requests));
        }
    sum->seconds_exposed += clock_seconds() - started;
    return STATUS_OK;
}

double gradient_sum_seconds_exposed(const GradientSum *sum)
{
    return sum->seconds_exposed;
}

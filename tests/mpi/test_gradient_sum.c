/* The sum of gradients over shards: the same bits on any number of ranks and of threads. */
#include "mpi_unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/gradient_sum.h"
#include "train/mpi_check.h"
#include "train/shard_tree.h"

enum { SHARDS = 8, PARAMETERS = 5 };

/* One is larger than a bucket, one is frozen; two are weights, which may be rounded. */
static const size_t sizes[PARAMETERS][2] = {{7}, {1025, 1024}, {3}, {40, 25}, {1}};
enum { LARGEST = 1, FROZEN = 2, REUSED = 3 };

static void make(ParameterList *list)
{
    parameters_init(list);
    for (size_t i = 0; i < PARAMETERS; ++i) {
        char name[] = "p0";
        name[1] = (char)('0' + i);
        size_t index;
        assert_int_equal(parameters_declare(list, name, sizes[i][1] ? 2 : 1, sizes[i], (Initial){0},
                                            false, &index),
                         STATUS_OK);
        list->items[index].trainable = i != FROZEN;
    }
    assert_int_equal(parameters_add_gradients(list), STATUS_OK);
}

/* Of one use of the parameter. */
static float use_gradient(size_t step, size_t shard, size_t parameter, size_t use, size_t k)
{
    RandomStream stream;
    random_init(&stream, step, use ? "earlier use" : "gradient",
                (uint32_t)(shard * PARAMETERS + parameter), (uint32_t)(k / 64));
    return random_normal(&stream) * (float)(1 + k % 64);
}

/* As weights wait in that precision. */
static float rounded(Precision precision, size_t parameter, float number)
{
    return precision == PRECISION_BF16 && sizes[parameter][1] ? float_of(bfloat16_of(number))
                                                              : number;
}

static float shard_gradient(Precision precision, size_t step, size_t shard, size_t parameter,
                            size_t k)
{
    float gradient = use_gradient(step, shard, parameter, 0, k);
    if (parameter == REUSED)
        gradient =
            rounded(precision, parameter, gradient) + use_gradient(step, shard, parameter, 1, k);
    return rounded(precision, parameter, gradient);
}

/* The tree of gradient_sum.h written as its definition. */
static float tree(Precision precision, size_t step, size_t first, size_t count, size_t parameter,
                  size_t k)
{
    if (count == 1)
        return shard_gradient(precision, step, first, parameter, k);
    return tree(precision, step, first, count / 2, parameter, k) +
           tree(precision, step, first + count / 2, count / 2, parameter, k);
}

/* In two runs. */
static void keep(const GradientTaker *taker, size_t count, const float *numbers, bool last)
{
    const size_t first = count / 3;
    taker->keep(taker->context, REUSED, 0, first, numbers, last);
    taker->keep(taker->context, REUSED, first, count - first, numbers + first, last);
}

/* Gives a shard's gradients as backward does: the reused one's in two parts. */
static Status give_shard(const ParameterList *list, Precision precision, const GradientTaker *taker,
                         size_t step, size_t shard, float *own)
{
    const size_t reused_count = list->items[REUSED].count;
    float *reused = precision == PRECISION_BF16 ? own : taker->open(taker->context, REUSED);
    for (size_t k = 0; k < reused_count; ++k)
        reused[k] = use_gradient(step, shard, REUSED, 0, k);
    if (precision == PRECISION_BF16)
        keep(taker, reused_count, own, false);
    for (size_t i = PARAMETERS; i-- > 0;) {
        float *gradient = i == REUSED ? reused : own;
        if (i == FROZEN)
            continue;
        for (size_t k = 0; k < list->items[i].count; ++k)
            if (i == REUSED && precision != PRECISION_BF16)
                gradient[k] += use_gradient(step, shard, i, 1, k);
            else
                gradient[k] = use_gradient(step, shard, i, i == REUSED, k);
        if (i == REUSED && precision == PRECISION_BF16) {
            taker->add_kept(taker->context, i, 0, reused_count, gradient);
            keep(taker, reused_count, gradient, true);
            gradient = NULL;
        }
        TRY(taker->ready(taker->context, i, gradient));
    }
    return STATUS_OK;
}

/* A worker's shards of a step; `first` is the rank's first of the batch. */
static Status run_worker(GradientSum *sum, const ParameterList *list, Precision precision,
                         size_t worker, size_t step, size_t first)
{
    size_t shard;
    GradientTaker taker;
    float *own;
    TRY(MEMORY_NEW(&own, list->items[LARGEST].count));
    Status status = gradient_sum_take_shard(sum, worker, &shard, &taker);
    while (status == STATUS_OK && taker.context) {
        status = give_shard(list, precision, &taker, step, first + shard, own);
        if (status == STATUS_OK)
            status = gradient_sum_take_shard(sum, worker, &shard, &taker);
    }
    free(own);
    return status;
}

/* Together the ranks have every number that trains, none of them more than its share and a chunk of
 * each bucket. */
static void assert_parts_are_whole(const GradientSum *sum, const ParameterList *list, int ranks)
{
    size_t count, total = 0;
    ParameterRange *ranges;
    assert_int_equal(gradient_sum_ranges(sum, &count, &ranges), STATUS_OK);
    double own = 0;
    for (size_t i = 0; i < count; ++i) {
        assert_int_equal(ranges[i].first % OPTIMISER_CHUNK, 0);
        own += (double)(ranges[i].end - ranges[i].first);
    }
    for (size_t i = 0; i < PARAMETERS; ++i)
        total += i == FROZEN ? 0 : list->items[i].count;
    assert_true(own <= (double)total / ranks + 8 * OPTIMISER_CHUNK);
    assert_int_equal(mpi_sum_doubles(MPI_COMM_WORLD, 1, &own), STATUS_OK);
    assert_true(own == (double)total);
    free(ranges);
}

static void run_step(GradientSum *sum, const ParameterList *list, Precision precision,
                     size_t workers, size_t step, size_t first)
{
    int failed = 0;
    assert_int_equal(gradient_sum_begin(sum), STATUS_OK);
#pragma omp parallel for schedule(static, 1) num_threads((int)workers) reduction(+ : failed)
    for (size_t w = 0; w < workers; ++w)
        failed += run_worker(sum, list, precision, w, step, first) != STATUS_OK;
    assert_int_equal(failed, 0);
    assert_int_equal(gradient_sum_finish(sum), STATUS_OK);
}

static void assert_sum(const ParameterList *list, Precision precision, size_t shards, size_t step)
{
    for (size_t i = 0; i < PARAMETERS; ++i)
        for (size_t k = 0; i != FROZEN && k < list->items[i].count; k += i == LARGEST ? 4099 : 1) {
            float expected = tree(precision, step, 0, shards, i, k);
            assert_memory_equal(&list->items[i].gradient[k], &expected, sizeof expected);
        }
}

static void check_sum(Precision precision, size_t shards, size_t workers)
{
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    ParameterList list;
    GradientSum *sum;
    make(&list);
    assert_int_equal(gradient_sum_new(workers, &list, precision, MPI_COMM_WORLD, shards, &sum),
                     STATUS_OK);
    for (size_t step = 0; step < 2; ++step) {
        run_step(sum, &list, precision, workers, step, (size_t)rank * (shards / (size_t)ranks));
        gradient_sum_rest(sum); /* the next step has what it needs again */
        assert_parts_are_whole(sum, &list, ranks);
        assert_int_equal(gradient_sum_spread(sum, SUM_GRADIENTS), STATUS_OK);
        assert_sum(&list, precision, shards, step);
    }
    gradient_sum_free(sum);
    parameters_clear(&list);
}

/* Four threads, two ranks of two threads, four ranks. */
static void the_sum_is_one_fixed_tree_on_any_number_of_ranks_and_threads(void **state)
{
    (void)state;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    const size_t workers = ranks < 4 ? 4 / (size_t)ranks : 1;
    if (SHARDS % ranks)
        return;
    check_sum(PRECISION_F32, SHARDS, workers);
    check_sum(PRECISION_BF16, SHARDS, workers);
    check_sum(PRECISION_BF16, (size_t)ranks, 1); /* a shard has no sibling on its rank */
    check_sum(PRECISION_F32, (size_t)ranks, 1);
}

static void few_partial_sums_are_held(void **state)
{
    (void)state;
    assert_int_equal(shard_tree_arrays(1, 1, false), 1);
    assert_int_equal(shard_tree_arrays(2, 2, false), 1);
    assert_int_equal(shard_tree_arrays(4, 2, false), 2);
    assert_int_equal(shard_tree_arrays(16, 1, false), 4);
    assert_int_equal(shard_tree_arrays(16, 2, false), 4);
    assert_int_equal(shard_tree_arrays(16, 16, false), 8);
    assert_int_equal(shard_tree_arrays(1, 1, true), 1);
    assert_int_equal(shard_tree_arrays(2, 2, true), 2);
    assert_int_equal(shard_tree_arrays(16, 1, true), 5);
}

static void shards_that_the_ranks_do_not_divide_are_refused(void **state)
{
    (void)state;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    ParameterList list;
    GradientSum *sum;
    make(&list);
    assert_int_equal(gradient_sum_new(1, &list, PRECISION_F32, MPI_COMM_WORLD, 6, &sum),
                     STATUS_ARGUMENT);
    assert_int_equal(gradient_sum_new(3, &list, PRECISION_F32, MPI_COMM_WORLD, SHARDS, &sum),
                     STATUS_ARGUMENT);
    if (ranks == 3)
        assert_int_equal(gradient_sum_new(1, &list, PRECISION_F32, MPI_COMM_WORLD, SHARDS, &sum),
                         STATUS_ARGUMENT);
    parameters_clear(&list);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_sum_is_one_fixed_tree_on_any_number_of_ranks_and_threads),
    cmocka_unit_test(few_partial_sums_are_held),
    cmocka_unit_test(shards_that_the_ranks_do_not_divide_are_refused),
};
RUN_MPI_TESTS(tests)

/* The sum of gradients over shards: the same bits on any number of ranks and of threads. */
#include "mpi_unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/gradient_sum.h"
#include "train/mpi_check.h"

enum { SHARDS = 8, PARAMETERS = 5 };

/* One is larger than a bucket, one is frozen. */
static const size_t sizes[PARAMETERS] = {7, 1 << 21, 3, 1000, 1};
enum { LARGEST = 1, FROZEN = 2 };

static void make(ParameterList *list)
{
    parameters_init(list);
    for (size_t i = 0; i < PARAMETERS; ++i) {
        char name[] = "p0";
        name[1] = (char)('0' + i);
        size_t index;
        assert_int_equal(parameters_declare(list, name, 1, &sizes[i], (Initial){0}, false, &index),
                         STATUS_OK);
        list->items[index].trainable = i != FROZEN;
    }
    assert_int_equal(parameters_add_gradients(list), STATUS_OK);
}

static float shard_gradient(size_t step, size_t shard, size_t parameter, size_t k)
{
    RandomStream stream;
    random_init(&stream, step, "gradient", (uint32_t)(shard * PARAMETERS + parameter),
                (uint32_t)(k / 64));
    return random_normal(&stream) * (float)(1 + k % 64);
}

/* The tree of gradient_sum.h written as its definition. */
static float tree(size_t step, size_t first, size_t count, size_t parameter, size_t k)
{
    if (count == 1)
        return shard_gradient(step, first, parameter, k);
    return tree(step, first, count / 2, parameter, k) +
           tree(step, first + count / 2, count / 2, parameter, k);
}

/* A worker's shards of a step; `first` is the rank's first of the batch. */
static Status run_worker(GradientSum *sum, size_t worker, size_t step, size_t first)
{
    size_t shard;
    void *context;
    float *gradient;
    TRY(MEMORY_NEW(&gradient, sizes[LARGEST]));
    TRY(gradient_sum_take_shard(sum, worker, &shard, &context));
    while (context) {
        for (size_t i = PARAMETERS; i-- > 0;) {
            if (i == FROZEN)
                continue;
            for (size_t k = 0; k < sizes[i]; ++k)
                gradient[k] = shard_gradient(step, first + shard, i, k);
            TRY(gradient_sum_ready(context, i, gradient));
        }
        TRY(gradient_sum_take_shard(sum, worker, &shard, &context));
    }
    free(gradient);
    return STATUS_OK;
}

/* Together the ranks have every number that trains, none of them more than its share and a chunk of
 * each bucket. */
static void assert_parts_are_whole(const GradientSum *sum, int ranks)
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
        total += i == FROZEN ? 0 : sizes[i];
    assert_true(own <= (double)total / ranks + 8 * OPTIMISER_CHUNK);
    assert_int_equal(mpi_sum_doubles(MPI_COMM_WORLD, 1, &own), STATUS_OK);
    assert_true(own == (double)total);
    free(ranges);
}

/* Four threads, two ranks of two threads, four ranks. */
static void the_sum_is_one_fixed_tree_on_any_number_of_ranks_and_threads(void **state)
{
    (void)state;
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (SHARDS % ranks)
        return;
    ParameterList list;
    GradientSum *sum;
    const size_t workers = ranks < 4 ? 4 / (size_t)ranks : 1;
    const size_t first = (size_t)rank * (SHARDS / (size_t)ranks);
    make(&list);
    assert_int_equal(gradient_sum_new(workers, &list, MPI_COMM_WORLD, SHARDS, &sum), STATUS_OK);
    for (size_t step = 0; step < 2; ++step) {
        int failed = 0;
        assert_int_equal(gradient_sum_begin(sum), STATUS_OK);
#pragma omp parallel for schedule(static, 1) num_threads((int)workers) reduction(+ : failed)
        for (size_t w = 0; w < workers; ++w)
            failed += run_worker(sum, w, step, first) != STATUS_OK;
        assert_int_equal(failed, 0);
        assert_int_equal(gradient_sum_finish(sum), STATUS_OK);
        gradient_sum_rest(sum); /* the next step has what it needs again */
        assert_parts_are_whole(sum, ranks);
        assert_int_equal(gradient_sum_spread(sum, SUM_GRADIENTS), STATUS_OK);
        for (size_t i = 0; i < PARAMETERS; ++i)
            for (size_t k = 0; i != FROZEN && k < sizes[i]; k += i == 1 ? 4099 : 1) {
                float expected = tree(step, 0, SHARDS, i, k);
                assert_memory_equal(&list.items[i].gradient[k], &expected, sizeof expected);
            }
    }
    gradient_sum_free(sum);
    parameters_clear(&list);
}

static void few_partial_sums_are_held(void **state)
{
    (void)state;
    assert_int_equal(gradient_sum_arrays(1, 1), 1);
    assert_int_equal(gradient_sum_arrays(2, 2), 1);
    assert_int_equal(gradient_sum_arrays(4, 2), 2);
    assert_int_equal(gradient_sum_arrays(16, 1), 4);
    assert_int_equal(gradient_sum_arrays(16, 2), 4);
    assert_int_equal(gradient_sum_arrays(16, 16), 8);
}

static void shards_that_the_ranks_do_not_divide_are_refused(void **state)
{
    (void)state;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    ParameterList list;
    GradientSum *sum;
    make(&list);
    assert_int_equal(gradient_sum_new(1, &list, MPI_COMM_WORLD, 6, &sum), STATUS_ARGUMENT);
    assert_int_equal(gradient_sum_new(3, &list, MPI_COMM_WORLD, SHARDS, &sum), STATUS_ARGUMENT);
    if (ranks == 3)
        assert_int_equal(gradient_sum_new(1, &list, MPI_COMM_WORLD, SHARDS, &sum), STATUS_ARGUMENT);
    parameters_clear(&list);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_sum_is_one_fixed_tree_on_any_number_of_ranks_and_threads),
    cmocka_unit_test(few_partial_sums_are_held),
    cmocka_unit_test(shards_that_the_ranks_do_not_divide_are_refused),
};
RUN_MPI_TESTS(tests)

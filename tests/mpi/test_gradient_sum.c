/* The sum of gradients over shards: the same bits on any number of ranks. */
#include "mpi_unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "train/gradient_sum.h"

enum { SHARDS = 8, PARAMETERS = 5 };

/* One is larger than a bucket, one is frozen. */
static const size_t sizes[PARAMETERS] = {7, 1 << 21, 3, 1000, 1};
enum { FROZEN = 2 };

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

static void the_sum_is_one_fixed_tree_on_any_number_of_ranks(void **state)
{
    (void)state;
    int rank, ranks;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (SHARDS % ranks)
        return;
    ParameterList list;
    GradientSum *sum;
    make(&list);
    assert_int_equal(gradient_sum_new(&list, MPI_COMM_WORLD, SHARDS, &sum), STATUS_OK);
    size_t local = SHARDS / (size_t)ranks;
    for (size_t step = 0; step < 2; ++step) {
        for (size_t shard = 0; shard < local; ++shard) {
            gradient_sum_begin_shard(sum, shard);
            for (size_t i = PARAMETERS; i-- > 0;) {
                if (i == FROZEN)
                    continue;
                for (size_t k = 0; k < sizes[i]; ++k)
                    list.items[i].gradient[k] +=
                        shard_gradient(step, (size_t)rank * local + shard, i, k);
                assert_int_equal(gradient_sum_ready(sum, i), STATUS_OK);
            }
        }
        assert_int_equal(gradient_sum_finish(sum), STATUS_OK);
        for (size_t i = 0; i < PARAMETERS; ++i)
            for (size_t k = 0; i != FROZEN && k < sizes[i]; k += i == 1 ? 4099 : 1) {
                float expected = tree(step, 0, SHARDS, i, k);
                assert_memory_equal(&list.items[i].gradient[k], &expected, sizeof expected);
            }
    }
    gradient_sum_free(sum);
    parameters_clear(&list);
}

static void shards_that_the_ranks_do_not_divide_are_refused(void **state)
{
    (void)state;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    ParameterList list;
    GradientSum *sum;
    make(&list);
    assert_int_equal(gradient_sum_new(&list, MPI_COMM_WORLD, 6, &sum), STATUS_ARGUMENT);
    if (ranks == 3)
        assert_int_equal(gradient_sum_new(&list, MPI_COMM_WORLD, SHARDS, &sum), STATUS_ARGUMENT);
    parameters_clear(&list);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_sum_is_one_fixed_tree_on_any_number_of_ranks),
    cmocka_unit_test(shards_that_the_ranks_do_not_divide_are_refused),
};
RUN_MPI_TESTS(tests)

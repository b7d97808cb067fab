/* Dealing out shards, and their sum whoever is first: the part of the sum that needs no MPI. */
#include "../unit.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "train/shard_tree.h"

/* Weights, which are rounded in bfloat16, and a bias that is used twice; another that is not. */
enum { WEIGHTS, REUSED, PLAIN, PARAMETERS, NUMBERS = 6, MOST_WORKERS = 8 };

static void make(ParameterList *list)
{
    static const char *const names[] = {"weights", "reused", "plain"};
    parameters_init(list);
    for (size_t i = 0; i < PARAMETERS; ++i) {
        const size_t dims[] = {i == WEIGHTS ? 2 : NUMBERS, NUMBERS / 2};
        size_t index;
        assert_int_equal(parameters_declare(list, names[i], i == WEIGHTS ? 2 : 1, dims,
                                            (Initial){0}, false, &index),
                         STATUS_OK);
    }
    assert_int_equal(parameters_add_gradients(list), STATUS_OK);
}

static float number_of(size_t shard, size_t parameter, size_t use, size_t k)
{
    return 1.0F / (float)(1 + 7 * shard + 3 * parameter + 5 * use + k);
}

static float rounded(Precision precision, float number)
{
    return precision == PRECISION_BF16 ? float_of(bfloat16_of(number)) : number;
}

static float expected(Precision precision, size_t first, size_t count, size_t parameter, size_t k)
{
    if (count > 1)
        return expected(precision, first, count / 2, parameter, k) +
               expected(precision, first + count / 2, count / 2, parameter, k);
    const float later = number_of(first, parameter, 0, k);
    if (parameter == PLAIN)
        return later;
    if (parameter == REUSED)
        return later + number_of(first, parameter, 1, k);
    return rounded(precision, rounded(precision, later) + number_of(first, parameter, 1, k));
}

/* A worker between its shard's uses of the parameters. */
typedef struct {
    size_t shard, steps; /* steps of the shard that are done */
    float *opened[PARAMETERS];
} Worker;

static void fill(size_t shard, size_t parameter, size_t use, float *numbers)
{
    for (size_t k = 0; k < NUMBERS; ++k)
        numbers[k] += number_of(shard, parameter, use, k);
}

static void use_first(ShardTree *tree, Precision precision, Worker *worker, size_t parameter)
{
    float numbers[NUMBERS] = {0};
    if (parameter == PLAIN)
        return;
    if (parameter == WEIGHTS && precision == PRECISION_BF16) {
        fill(worker->shard, parameter, 0, numbers);
        shard_tree_keep(tree, parameter, worker->shard, 0, NUMBERS, numbers, false);
        return;
    }
    float *opened = worker->opened[parameter] = shard_tree_open(tree, parameter);
    for (size_t k = 0; k < NUMBERS; ++k)
        opened[k] = number_of(worker->shard, parameter, 0, k);
}

static void use_last(ShardTree *tree, Precision precision, const Worker *worker, size_t parameter)
{
    float numbers[NUMBERS] = {0}, *gradient = numbers;
    fill(worker->shard, parameter, parameter != PLAIN, numbers);
    if (parameter == WEIGHTS && precision == PRECISION_BF16) {
        shard_tree_add_kept(tree, parameter, worker->shard, 0, NUMBERS, numbers);
    } else if (parameter != PLAIN) {
        gradient = worker->opened[parameter];
        fill(worker->shard, parameter, 1, gradient);
    }
    shard_tree_add(tree, parameter, worker->shard, gradient);
}

/* A step in which whoever `stream` picks goes on by one use of one parameter. */
static void run_step(ShardTree *tree, Precision precision, size_t workers, RandomStream *stream)
{
    Worker all[MOST_WORKERS];
    size_t busy = workers;
    double now = 0;
    assert_int_equal(shard_tree_begin(tree), STATUS_OK);
    for (size_t w = 0; w < workers; ++w)
        all[w] = (Worker){.shard = NO_SHARD};
    while (busy > 0) {
        const size_t w = random_u32(stream) % workers;
        Worker *worker = &all[w];
        now += 0.001;
        if (worker->steps == 2 * PARAMETERS || worker->shard == NO_SHARD) {
            const bool asked = worker->steps != SIZE_MAX;
            if (asked && shard_tree_deal(tree, w, now, &worker->shard)) {
                worker->steps = worker->shard == NO_SHARD ? SIZE_MAX : 0;
                busy -= worker->shard == NO_SHARD;
            }
        } else if (worker->steps < PARAMETERS) {
            use_first(tree, precision, worker, worker->steps++);
        } else {
            use_last(tree, precision, worker, worker->steps++ - PARAMETERS);
        }
    }
}

static void any_order_of_the_workers_comes_to_the_same_sum(void **state)
{
    (void)state;
    RandomStream stream;
    ParameterList list;
    make(&list);
    random_init(&stream, 1, "order", 0, 0);
    for (size_t shards = 1; shards <= 16; shards *= 2)
        for (size_t workers = 1; workers <= shards && workers <= MOST_WORKERS; workers *= 2)
            for (size_t turn = 0; turn < 40; ++turn) {
                const Precision precision = turn % 2 ? PRECISION_BF16 : PRECISION_F32;
                ShardTree *tree;
                assert_int_equal(shard_tree_new(&list, precision, shards, workers, &tree),
                                 STATUS_OK);
                run_step(tree, precision, workers, &stream);
                for (size_t i = 0; i < PARAMETERS; ++i)
                    for (size_t k = 0; k < NUMBERS; ++k)
                        assert_true(list.items[i].gradient[k] ==
                                    expected(precision, 0, shards, i, k));
                shard_tree_free(tree);
            }
    parameters_clear(&list);
}

typedef struct {
    ParameterList list;
    ShardTree *tree;
    size_t shard; /* the last that was dealt */
} Game;

static void game_begin(Game *game, size_t shards, size_t workers)
{
    make(&game->list);
    assert_int_equal(shard_tree_new(&game->list, PRECISION_F32, shards, workers, &game->tree),
                     STATUS_OK);
    assert_int_equal(shard_tree_begin(game->tree), STATUS_OK);
}

static void game_end(Game *game)
{
    shard_tree_free(game->tree);
    parameters_clear(&game->list);
}

/* While the other has the first shard, sums wait: of 1, of 2 and 3, of 4 and 5. */
static void a_worker_runs_ahead_of_a_slow_one_as_far_as_there_are_arrays(void **state)
{
    (void)state;
    Game game;
    game_begin(&game, 8, 2);
    assert_int_equal(shard_tree_arrays(8, 2, true), 5);
    assert_int_equal(shard_tree_arrays(8, 2, false), 3);
    assert_true(shard_tree_deal(game.tree, 0, 0, &game.shard) && game.shard == 0);
    for (size_t i = 1; i < 6; ++i)
        assert_true(shard_tree_deal(game.tree, 1, (double)i, &game.shard) && game.shard == i);
    assert_false(shard_tree_deal(game.tree, 1, 6, &game.shard));
    assert_true(shard_tree_deal(game.tree, 0, 6, &game.shard) && game.shard == 6);
    assert_true(shard_tree_deal(game.tree, 1, 6, &game.shard) && game.shard == 7);
    assert_true(shard_tree_deal(game.tree, 0, 12, &game.shard) && game.shard == NO_SHARD);
    game_end(&game);
}

/* One takes 1 s a shard, the other 3 s and then, for its neighbour has left, 1.5 s. */
static void the_last_shard_is_for_who_is_through_with_it_sooner(void **state)
{
    (void)state;
    Game game;
    game_begin(&game, 8, 2);
    assert_true(shard_tree_deal(game.tree, 0, 0, &game.shard) && game.shard == 0);
    for (size_t i = 1; i < 4; ++i)
        assert_true(shard_tree_deal(game.tree, 1, (double)i - 1, &game.shard) && game.shard == i);
    assert_true(shard_tree_deal(game.tree, 0, 3, &game.shard) && game.shard == 4);
    for (size_t i = 5; i < 7; ++i)
        assert_true(shard_tree_deal(game.tree, 1, (double)i - 2, &game.shard) && game.shard == i);
    assert_false(shard_tree_deal(game.tree, 0, 4.5, &game.shard)); /* 6.75 s, the other 6 s */
    assert_false(shard_tree_deal(game.tree, 0, 5.5, &game.shard)); /* it is late, but 7 s */
    assert_true(shard_tree_deal(game.tree, 0, 6.5, &game.shard) && game.shard == 7);
    game_end(&game);
}

/* What it is expected to take is from long ago. */
static void a_worker_that_got_no_shard_is_tried_again(void **state)
{
    (void)state;
    Game game;
    game_begin(&game, 2, 2);
    assert_true(shard_tree_deal(game.tree, 0, 0, &game.shard) && game.shard == 0);
    assert_true(shard_tree_deal(game.tree, 1, 0, &game.shard) && game.shard == 1);
    assert_true(shard_tree_deal(game.tree, 0, 1, &game.shard) && game.shard == NO_SHARD);
    assert_true(shard_tree_deal(game.tree, 1, 9, &game.shard) && game.shard == NO_SHARD);
    for (size_t step = 0; step < 2; ++step) {
        const double now = 10 + 2 * (double)step;
        assert_int_equal(shard_tree_begin(game.tree), STATUS_OK);
        assert_true(shard_tree_deal(game.tree, 0, now, &game.shard) && game.shard == 0);
        assert_true(shard_tree_deal(game.tree, 1, now, &game.shard) == (step > 0));
        if (step > 0)
            assert_int_equal(game.shard, 1);
        else
            assert_true(shard_tree_deal(game.tree, 0, now + 1, &game.shard) && game.shard == 1);
    }
    game_end(&game);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_of_the_workers_comes_to_the_same_sum),
        cmocka_unit_test(a_worker_runs_ahead_of_a_slow_one_as_far_as_there_are_arrays),
        cmocka_unit_test(the_last_shard_is_for_who_is_through_with_it_sooner),
        cmocka_unit_test(a_worker_that_got_no_shard_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

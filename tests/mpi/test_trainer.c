/* Training gives the same bits on any number of ranks and threads, and after being stopped and
 * resumed. */
#include "mpi_unit.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../helpers/cell_settings.h"
#include "../unit/data/example_data.h"
#include "store/files.h"
#include "train/cell_files.h"
#include "train/group_state.h"
#include "train/trainer.h"

enum { SIZE = 64, TRAINING = 12, STEPS = 3 };

static CellSettings small_cell(void)
{
    return cell_settings("base=4 size=64 epochs=4 batch=4 shards=4 seed=3");
}

/* Whether a step's input is a large one. */
static bool is_large(const CellSettings *settings, size_t step)
{
    return input_sizes_draw(&settings->sizes, settings->seed, step) == 96;
}

/* Of the first seed by which both sizes are there before step STEPS, and step STEPS has another one
 * than the first. */
static CellSettings sized_cell(void)
{
    CellSettings settings =
        cell_settings("base=4 size=64 sizes=64+96 epochs=4 batch=4 shards=4 seed=1");
    while (is_large(&settings, 0) == is_large(&settings, 1) ||
           is_large(&settings, 0) == is_large(&settings, STEPS))
        ++settings.seed;
    return settings;
}

static void run_steps(Trainer *trainer, size_t steps)
{
    for (size_t i = 0; i < steps; ++i) {
        StepResult result;
        Status status = trainer_step(trainer, STEP_GO_ON, &result);
        if (status != STATUS_OK)
            fail_msg("%s", status_message());
    }
}

static void start(Trainer *trainer, const CellSettings *settings, const Dataset *dataset,
                  MPI_Comm group)
{
    assert_int_equal(trainer_init(trainer, settings, dataset, group), STATUS_OK);
    assert_int_equal(trainer_start(trainer), STATUS_OK);
}

static void assert_same_parameters(const Trainer *a, const Trainer *b)
{
    assert_int_equal(a->parameters.count, b->parameters.count);
    for (size_t i = 0; i < a->parameters.count; ++i)
        if (memcmp(a->parameters.items[i].value, b->parameters.items[i].value,
                   a->parameters.items[i].count * sizeof(float)) != 0)
            fail_msg("%s differs", a->parameters.items[i].name);
}

static void a_group_trains_to_the_bits_of_one_rank_of_any_threads(void **state)
{
    (void)state;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    CellSettings settings = small_cell();
    if (settings.shards % (size_t)ranks)
        return;
    Dataset *dataset = example_data(TRAINING, 4, SIZE);
    Trainer alone, group;
    for (int local = 0; local < 2; ++local) {
        settings.tuning = local ? TUNING_LOCAL : TUNING_GLOBAL;
        omp_set_num_threads(local ? 3 : 4);
        start(&alone, &settings, dataset, MPI_COMM_SELF);
        assert_int_equal(alone.workers, local ? 2 : 4);
        run_steps(&alone, STEPS);
        omp_set_num_threads(1);
        start(&group, &settings, dataset, MPI_COMM_WORLD);
        run_steps(&group, STEPS);
        assert_same_parameters(&alone, &group);
        trainer_clear(&alone);
        trainer_clear(&group);
    }
    dataset_free(dataset);
}

/* One thread's networks of the smaller input lie in the memory of those of the larger one. */
static void a_group_meets_the_sizes_of_one_rank(void **state)
{
    (void)state;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    CellSettings settings = sized_cell();
    if (settings.shards % (size_t)ranks)
        return;
    Dataset *dataset = example_data(TRAINING, 4, SIZE);
    Trainer alone, group, one_size;
    omp_set_num_threads(2);
    start(&alone, &settings, dataset, MPI_COMM_SELF);
    assert_int_equal(alone.size_count, 2);
    assert_int_equal(alone.network->plan.model.size, SIZE);
    run_steps(&alone, STEPS);
    omp_set_num_threads(1);
    start(&group, &settings, dataset, MPI_COMM_WORLD);
    run_steps(&group, STEPS);
    assert_same_parameters(&alone, &group);
    if (ranks == 1) {
        settings.sizes = (InputSizes){0};
        start(&one_size, &settings, dataset, MPI_COMM_SELF);
        run_steps(&one_size, STEPS);
        const Parameter *first = &one_size.parameters.items[0];
        assert_memory_not_equal(first->value, alone.parameters.items[0].value,
                                first->count * sizeof(float));
        trainer_clear(&one_size);
    }
    trainer_clear(&alone);
    trainer_clear(&group);
    dataset_free(dataset);
}

static void a_cell_resumed_from_its_checkpoint_goes_on_with_the_same_bits(void **state)
{
    (void)state;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    char folder[64], path[128];
    snprintf(folder, sizeof folder, "/tmp/gisd-resume-%d-%d", (int)getpid(), rank);
    assert_int_equal(files_make_folder(folder), STATUS_OK);
    const CellPlace place = {.folder = folder, .cell_id = "0123456789ab"};
    const CellSettings settings = small_cell();
    Dataset *dataset = example_data(TRAINING, 4, SIZE);
    Trainer whole, before, after;
    History history, restored;
    double row[32] = {1, 2, 3};
    bool found;
    start(&whole, &settings, dataset, MPI_COMM_SELF);
    start(&before, &settings, dataset, MPI_COMM_SELF);
    assert_int_equal(history_init(&history, &whole.network->plan.model), STATUS_OK);
    assert_int_equal(history_init(&restored, &whole.network->plan.model), STATUS_OK);
    assert_true(history.column_count < sizeof row / sizeof *row);
    run_steps(&whole, 2 * STEPS);
    /* The first state saved is the second last one then. */
    run_steps(&before, 1);
    assert_int_equal(cell_save(&place, &before, &history, 0.5), STATUS_OK);
    run_steps(&before, STEPS - 1);
    assert_int_equal(history_add(&history, row), STATUS_OK);
    history_add_step(&history, row);
    assert_int_equal(cell_save(&place, &before, &history, 0.5), STATUS_OK);
    trainer_clear(&before);

    assert_int_equal(trainer_init(&after, &settings, dataset, MPI_COMM_SELF), STATUS_OK);
    assert_int_equal(cell_restore(&place, &after, &restored, &found), STATUS_OK);
    assert_true(found);
    assert_int_equal(after.step, STEPS);
    assert_int_equal(restored.count, 1);
    assert_memory_equal(restored.rows, row, restored.column_count * sizeof *row);
    assert_int_equal(restored.running_steps, 1);
    assert_int_equal(shared_update_swap(&after.update), STATUS_OK);
    assert_int_equal(trainer_start(&after), STATUS_OK);
    run_steps(&after, STEPS);
    assert_same_parameters(&whole, &after);
    trainer_clear(&after);

    /* Of a later state than is seen the journal knows: a file system that lags. */
    CellPlace later = place;
    later.saved_step = STEPS + 1;
    assert_int_equal(trainer_init(&after, &settings, dataset, MPI_COMM_SELF), STATUS_OK);
    assert_int_equal(cell_restore(&later, &after, &restored, &found), STATUS_STORAGE);
    assert_true(found);
    assert_non_null(strstr(status_message(), "only step 3 is seen, but by the journal step 4"));
    later.folder = "/tmp/gisd-no-such-folder";
    assert_int_equal(cell_restore(&later, &after, &restored, &found), STATUS_STORAGE);
    assert_false(found);
    assert_non_null(strstr(status_message(), "no checkpoint is seen, but by the journal step 4"));
    trainer_clear(&after);

    /* A checkpoint that was damaged falls back to the one before, which costs two steps more. */
    snprintf(path, sizeof path, "%s/checkpoint.h5", folder);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    /* In the numbers: damaged headers make the library leak, and say so at its end. */
    fseek(file, 0, SEEK_END);
    fseek(file, ftell(file) * 3 / 8, SEEK_SET);
    fputs("damage", file);
    fclose(file);
    later.folder = folder;
    later.saved_step = STEPS;
    assert_int_equal(trainer_init(&after, &settings, dataset, MPI_COMM_SELF), STATUS_OK);
    assert_int_equal(cell_restore(&later, &after, &restored, &found), STATUS_OK);
    assert_int_equal(after.step, 1);
    assert_int_equal(shared_update_swap(&after.update), STATUS_OK);
    assert_int_equal(trainer_start(&after), STATUS_OK);
    run_steps(&after, 2 * STEPS - 1);
    assert_same_parameters(&whole, &after);
    trainer_clear(&after);
    trainer_clear(&whole);
    history_clear(&history);
    history_clear(&restored);
    dataset_free(dataset);
    snprintf(path, sizeof path, "rm -r '%s'", folder);
    assert_int_equal(system(path), 0);
}

/* The others' folders hold nothing, or an older state. */
static void a_group_goes_on_from_what_its_rank_0_reads(void **state)
{
    (void)state;
    int ranks, rank;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const CellSettings settings = sized_cell();
    if (settings.shards % (size_t)ranks)
        return;
    char folder[64], command[80];
    snprintf(folder, sizeof folder, "/tmp/gisd-group-%d-%d", (int)getpid(), rank);
    assert_int_equal(files_make_folder(folder), STATUS_OK);
    const CellPlace place = {.folder = folder, .cell_id = "0123456789ab"};
    Dataset *dataset = example_data(TRAINING, 4, SIZE);
    Trainer whole, after;
    History history, restored;
    double row[32] = {1, 2, 3};
    bool resumed = false;
    start(&whole, &settings, dataset, MPI_COMM_SELF);
    assert_int_equal(history_init(&history, &whole.network->plan.model), STATUS_OK);
    assert_int_equal(history_init(&restored, &whole.network->plan.model), STATUS_OK);
    run_steps(&whole, rank == 1 ? 1 : STEPS); /* rank 1 sees an older one, rank 2 and on none */
    assert_int_equal(history_add(&history, row), STATUS_OK);
    history_add_step(&history, row);
    if (rank < 2)
        assert_int_equal(cell_save(&place, &whole, &history, 0.5), STATUS_OK);
    run_steps(&whole, rank == 1 ? 2 * STEPS - 1 : STEPS);

    assert_int_equal(trainer_init(&after, &settings, dataset, MPI_COMM_WORLD), STATUS_OK);
    if (rank == 0) {
        assert_int_equal(cell_restore(&place, &after, &restored, &resumed), STATUS_OK);
        assert_int_equal(shared_update_release(&after.update), STATUS_OK);
    } else {
        assert_int_equal(shared_update_serve(&after.update), STATUS_OK);
    }
    assert_int_equal(group_state_send(&after, &restored, &resumed), STATUS_OK);
    assert_int_equal(shared_update_swap(&after.update), STATUS_OK);
    assert_true(resumed);
    assert_int_equal(after.step, STEPS);
    assert_int_equal(restored.count, 1);
    assert_int_equal(restored.running_steps, 1);
    assert_memory_equal(restored.rows, row, restored.column_count * sizeof *row);
    assert_int_equal(trainer_start(&after), STATUS_OK);
    run_steps(&after, STEPS);
    assert_same_parameters(&whole, &after);
    assert_int_equal(group_state_check(&after), STATUS_OK);

    /* What the group saves of the parts that its ranks have, one rank goes on from. */
    assert_int_equal(cell_save(&place, &after, &restored, 0.5), STATUS_OK);
    run_steps(&after, 1);
    if (rank == 0) {
        Trainer alone;
        assert_int_equal(trainer_init(&alone, &settings, dataset, MPI_COMM_SELF), STATUS_OK);
        assert_int_equal(cell_restore(&place, &alone, &restored, &resumed), STATUS_OK);
        assert_int_equal(shared_update_swap(&alone.update), STATUS_OK);
        assert_int_equal(trainer_start(&alone), STATUS_OK);
        run_steps(&alone, 1);
        assert_same_parameters(&alone, &after);
        trainer_clear(&alone);
    }

    /* A bit that flips on one rank is noticed by all. */
    if (rank == ranks - 1)
        ((uint32_t *)(void *)after.parameters.items[3].value)[5] ^= 1;
    assert_int_equal(group_state_check(&after), ranks > 1 ? STATUS_DIVERGED : STATUS_OK);
    trainer_clear(&after);
    trainer_clear(&whole);
    history_clear(&history);
    history_clear(&restored);
    dataset_free(dataset);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_group_trains_to_the_bits_of_one_rank_of_any_threads),
    cmocka_unit_test(a_group_meets_the_sizes_of_one_rank),
    cmocka_unit_test(a_cell_resumed_from_its_checkpoint_goes_on_with_the_same_bits),
    cmocka_unit_test(a_group_goes_on_from_what_its_rank_0_reads),
};
RUN_MPI_TESTS(tests)

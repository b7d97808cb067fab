/* The whole network and thirty training steps of it against PyTorch (golden/network.h5), on any
 * number of ranks. */
#include "mpi_unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../helpers/cell_settings.h"
#include "../unit/nn/golden_graph.h"
#include "model/improved_ssd.h"
#include "train/trainer.h"

static const char *const path = "golden/network.h5";
enum { SIZE = 96, SIDE = 120, IMAGES = 8, STEPS = 30, CLASSES = 3 };

static void draw_whole_network(Pen *pen)
{
    const ImprovedSsdSettings settings = {
        .backbone = {50, 1}, .base = 16, .classes = CLASSES, .recursion_steps = 2, .size = SIZE};
    ImprovedSsd network;
    assert_int_equal(improved_ssd_build(pen->net, &settings, 2, &network), STATUS_OK);
    pen->inputs[pen->input_count++] = network.image;
    pen_output(pen, network.location);
    pen_output(pen, network.classification);
    pen_output(pen, network.mask);
}

static void outputs_and_every_gradient_are_those_of_pytorch(void **state)
{
    (void)state;
    check_golden(path, "whole_network", draw_whole_network, 1e-4, 1e-3);
}

/* ---- training ---- */

static void describe_example(Dataset *dataset, size_t index, const float (*boxes)[6],
                             size_t box_count, const uint8_t *has_mask)
{
    Example *example = &dataset->examples[index];
    assert_int_equal(memory_copy_text("image.png", &example->name), STATUS_OK);
    assert_int_equal(memory_copy_text("", &example->form), STATUS_OK);
    example->split = SPLIT_TRAIN;
    example->has_mask = has_mask[index];
    example->width = example->height = SIDE;
    example->label = LABEL_NORMAL;
    assert_int_equal(MEMORY_NEW(&example->lesions, box_count), STATUS_OK);
    for (size_t k = 0; k < box_count; ++k) {
        if ((size_t)boxes[k][0] != index)
            continue;
        example->label = (int32_t)boxes[k][5];
        example->lesions[example->lesion_count++] =
            (Lesion){{boxes[k][1], boxes[k][2], boxes[k][3], boxes[k][4]}, (uint32_t)boxes[k][5]};
    }
}

/* The data set in the golden file, all of it for training. */
static Dataset *golden_data(void)
{
    static const char *const names[CLASSES] = {"GC", "GU", "CG"};
    Hdf5Reader *reader;
    Dataset *dataset;
    size_t numbers, flags;
    if (hdf5_reader_new(path, &reader) != STATUS_OK)
        fail_msg("%s", status_message());
    float(*boxes)[6] = golden_dataset(reader, "data", "boxes", HDF5_F32, sizeof(float), &numbers);
    uint8_t *has_mask = golden_dataset(reader, "data", "has_mask", HDF5_U8, 1, &flags);
    assert_int_equal(flags, IMAGES);
    assert_int_equal(MEMORY_NEW(&dataset, 1), STATUS_OK);
    *dataset = (Dataset){.count = IMAGES,
                         .size = SIZE,
                         .training_side = dataset_training_side(SIZE),
                         .class_count = CLASSES};
    assert_int_equal(dataset->training_side, SIDE);
    assert_int_equal(MEMORY_NEW(&dataset->class_names, CLASSES), STATUS_OK);
    for (size_t i = 0; i < CLASSES; ++i)
        assert_int_equal(memory_copy_text(names[i], &dataset->class_names[i]), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&dataset->examples, IMAGES), STATUS_OK);
    for (size_t i = 0; i < IMAGES; ++i)
        describe_example(dataset, i, (const float(*)[6])boxes, numbers / 6, has_mask);
    assert_int_equal(dataset_reserve(dataset), STATUS_OK);
    for (size_t i = 0; i < IMAGES; ++i) {
        assert_int_equal(hdf5_read_rows(reader, "data/pixels", HDF5_U8, i, 1, SIDE * SIDE * 3,
                                        dataset->pixels[i]),
                         STATUS_OK);
        if (dataset->masks[i])
            assert_int_equal(
                hdf5_read_rows(reader, "data/masks", HDF5_U8, i, 1, SIDE * SIDE, dataset->masks[i]),
                STATUS_OK);
    }
    free(boxes);
    free(has_mask);
    hdf5_reader_free(reader);
    return dataset;
}

/* As trainer_start(), but the images come in their order. */
static void start_in_order(Trainer *trainer)
{
    size_t slice = trainer->local_shards * trainer->shard_images;
    assert_int_equal(loader_new(&(LoaderSettings){.dataset = trainer->dataset,
                                                  .form = trainer->network->architecture->input,
                                                  .global_batch = trainer->settings->batch,
                                                  .slice_first = (size_t)trainer->rank * slice,
                                                  .slice_count = slice},
                                &trainer->loader),
                     STATUS_OK);
}

/* Thirty steps from the case's parameters: the losses of each, and the gradients of the first. */
static void compare_training(const char *name, OptimiserKind kind, double peak)
{
    CellSettings settings =
        cell_settings("base=4 size=96 warmup_epochs=2 epochs=15 batch=4 shards=4 "
                      "augment=false");
    settings.optimiser = kind;
    settings.learning_rate = peak;
    int ranks;
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    if (settings.shards % (size_t)ranks)
        return;
    Hdf5Reader *reader;
    size_t count;
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    double(*losses)[4] = golden_dataset(reader, name, "losses", HDF5_F64, sizeof(double), &count);
    assert_int_equal(count, STEPS * 4);
    hdf5_reader_free(reader);

    GoldenCase golden;
    Trainer trainer;
    Dataset *dataset = golden_data();
    golden_case_init(&golden, path, name);
    assert_int_equal(trainer_init(&trainer, &settings, dataset, MPI_COMM_WORLD), STATUS_OK);
    golden_fill(&golden, &trainer.parameters);
    start_in_order(&trainer);
    double worst = 0, gradients = 0;
    for (size_t step = 0; step < STEPS; ++step) {
        StepResult result;
        if (trainer_step(&trainer, STEP_GO_ON, &result) != STATUS_OK)
            fail_msg("%s", status_message());
        if (step == 0) /* each rank's part is whole, to everybody */
            assert_int_equal(gradient_sum_spread(trainer.update.sum, SUM_GRADIENTS), STATUS_OK);
        if (step == 0)
            gradients = golden_check_gradients(&golden, &trainer.parameters, 1e-3);
        const double found[4] = {result.loss, result.losses[0], result.losses[1], result.losses[2]};
        for (size_t part = 0; part < 4; ++part) {
            double error = fabs(found[part] - losses[step][part]) / losses[step][part];
            worst = fmax(worst, error);
            if (!(error < 2e-3))
                fail_msg("%s, step %zu, part %zu: loss %.6f, expected %.6f", name, step, part,
                         found[part], losses[step][part]);
        }
    }
    if (trainer.rank == 0)
        print_message("%s, %d ranks: first gradients %.1e, losses %.1e\n", name, ranks, gradients,
                      worst);
    trainer_clear(&trainer);
    dataset_free(dataset);
    golden_case_clear(&golden);
    free(losses);
}

static void thirty_steps_lose_what_pytorch_loses(void **state)
{
    (void)state;
    compare_training("training/adamw", OPTIMISER_ADAMW, 1e-4);
    compare_training("training/sgd", OPTIMISER_SGD, 1e-4);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(outputs_and_every_gradient_are_those_of_pytorch),
    cmocka_unit_test(thirty_steps_lose_what_pytorch_loses),
};
RUN_MPI_TESTS(tests)

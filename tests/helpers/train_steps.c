/* train_steps PACK CHECKPOINT OUT.h5 STEPS adamw|sgd RATE f32|bf16: runs a checkpoint's network on
 * the first images of a pack's training split, then trains it on all of them, in their order and
 * without augmentation. Writes what tools/pytorch/compare.py compares with PyTorch:
 *
 *     /input, /loc, /cls, /mask   of the first batch, N H W C, by a network for inference
 *     /losses                     STEPS x 4: total, classification, box, segmentation
 *     /gradients/NAME             of the first step, in the parameter's shape
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/hdf5_writer.h"
#include "train/checkpoint.h"
#include "train/trainer.h"

enum { BATCH = 4, LOSSES = 4 };

static Status write_gradients(Hdf5Writer *writer, const ParameterList *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        char name[256];
        snprintf(name, sizeof name, "gradients/%s", parameter->name);
        TRY(hdf5_write(writer, name, HDF5_F32, parameter->rank, parameter->dims,
                       parameter->gradient, "gradient of the first step's loss", NULL));
    }
    return STATUS_OK;
}

static Status train(Trainer *trainer, size_t steps, Hdf5Writer *writer)
{
    double *losses = calloc(steps * LOSSES, sizeof *losses);
    if (!losses)
        FAIL(STATUS_NO_MEMORY, "no memory for %zu losses", steps);
    TRY(loader_new(
        &(LoaderSettings){.dataset = trainer->dataset, .global_batch = BATCH, .slice_count = BATCH},
        &trainer->loader));
    for (size_t step = 0; step < steps; ++step) {
        StepResult result;
        TRY(trainer_step(trainer, STEP_GO_ON, &result));
        const double row[LOSSES] = {result.loss, result.classification, result.box,
                                    result.segmentation};
        memcpy(losses + step * LOSSES, row, sizeof row);
        if (step == 0)
            TRY(write_gradients(writer, &trainer->parameters));
    }
    const size_t shape[2] = {steps, LOSSES};
    Status status =
        hdf5_write(writer, "losses", HDF5_F64, 2, shape, losses, "losses of every step", NULL);
    free(losses);
    return status;
}

static Status write_output(Hdf5Writer *writer, Net *net, NodeId node, const char *name)
{
    Shape shape = net_shape(net, node);
    const size_t dims[4] = {shape.n, shape.h, shape.w, shape.c};
    return hdf5_write(writer, name, HDF5_F32, 4, dims, net_value(net, node),
                      "numbers of a map, N x H x W x C", NULL);
}

static Status infer(Trainer *trainer, Hdf5Writer *writer)
{
    ImprovedSsdSettings settings;
    ImprovedSsd network;
    const Engine *engine;
    Net *net;
    Batch batch;
    size_t indices[BATCH];
    for (size_t i = 0, found = 0; i < trainer->dataset->count && found < BATCH; ++i)
        if (trainer->dataset->examples[i].split == SPLIT_TRAIN)
            indices[found++] = i;
    TRY(trainer_network_settings(trainer->settings, trainer->dataset->class_count, &settings));
    TRY(engine_find("auto", &engine));
    TRY(net_new(&trainer->parameters, engine, false, &net));
    TRY(net_set_precision(net, trainer->settings->precision));
    TRY(improved_ssd_build(net, &settings, BATCH, &network));
    TRY(net_plan(net));
    TRY(batch_init(&batch, trainer->dataset, BATCH));
    TRY(dataset_fill_batch(trainer->dataset, BATCH, indices, &batch));
    memcpy(net_value(net, network.image), batch.input,
           shape_count(net_shape(net, network.image)) * sizeof(float));
    TRY(write_output(writer, net, network.image, "input"));
    TRY(net_forward(net));
    TRY(write_output(writer, net, network.location, "loc"));
    TRY(write_output(writer, net, network.classification, "cls"));
    TRY(write_output(writer, net, network.mask, "mask"));
    batch_clear(&batch);
    net_free(net);
    return STATUS_OK;
}

static Status run(char **arguments)
{
    CheckpointModel model;
    Dataset *dataset;
    Trainer trainer;
    Hdf5Writer *writer;
    TRY(checkpoint_read_model(arguments[2], &model));
    const ImprovedSsdSettings *network = &model.settings;
    CellSettings settings = {
        .base = network->base,
        .recursion_steps = network->recursion_steps,
        .size = network->size,
        .tuning = TUNING_GLOBAL,
        .focal_alpha = 0.25,
        .focal_gamma = 2,
        .segmentation_weight = 1,
        .optimiser = strcmp(arguments[5], "sgd") == 0 ? OPTIMISER_SGD : OPTIMISER_ADAMW,
        .learning_rate = strtod(arguments[6], NULL),
        .precision = strcmp(arguments[7], "bf16") == 0 ? PRECISION_BF16 : PRECISION_F32,
        .momentum = 0.9,
        .weight_decay = 1e-4,
        .clip_norm = 10,
        .schedule = SCHEDULE_CONSTANT,
        .epochs = 1,
        .batch = BATCH,
        .shards = BATCH};
    const SplitSettings split = split_defaults();
    snprintf(settings.backbone, sizeof settings.backbone, "r%zux%zu", network->backbone.depth,
             network->backbone.width);
    TRY(dataset_load(arguments[1], settings.size, &split, &dataset));
    TRY(trainer_init(&trainer, &settings, dataset, MPI_COMM_SELF));
    TRY(checkpoint_read_parameters(arguments[2], &trainer.parameters));
    TRY(hdf5_writer_new(arguments[3], &writer));
    TRY(infer(&trainer, writer));
    TRY(train(&trainer, strtoul(arguments[4], NULL, 10), writer));
    TRY(hdf5_writer_commit(writer));
    trainer_clear(&trainer);
    dataset_free(dataset);
    checkpoint_model_clear(&model);
    return STATUS_OK;
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 8) {
        fprintf(stderr,
                "usage: train_steps PACK CHECKPOINT OUT.h5 STEPS adamw|sgd RATE f32|bf16\n");
        return 1;
    }
    MPI_Init(NULL, NULL);
    Status status = run(arguments);
    if (status != STATUS_OK)
        fprintf(stderr, "train_steps: %s\n", status_message());
    MPI_Finalize();
    return status != STATUS_OK;
}

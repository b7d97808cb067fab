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

#include "cell_settings.h"
#include "infer/checkpoint.h"
#include "store/hdf5_writer.h"
#include "train/trainer.h"

enum { BATCH = 4, LOSSES = 4 };

static Status write_gradients(Hdf5Writer *writer, const ParameterList *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        char name[256];
        if (!parameter_trains(parameter))
            continue;
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
    TRY(loader_new(&(LoaderSettings){.dataset = trainer->dataset,
                                     .form = trainer->network.architecture->input,
                                     .global_batch = BATCH,
                                     .slice_count = BATCH},
                   &trainer->loader));
    for (size_t step = 0; step < steps; ++step) {
        StepResult result;
        TRY(trainer_step(trainer, STEP_GO_ON, &result));
        const double row[LOSSES] = {result.loss, result.losses[0], result.losses[1],
                                    result.losses[2]};
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
    static const char *const names[] = {"loc", "cls", "mask"};
    const NetworkPlan plan =
        trainer_network_plan(trainer->settings, trainer->dataset->class_count, BATCH);
    Network network;
    Batch batch;
    size_t indices[BATCH];
    for (size_t i = 0, found = 0; i < trainer->dataset->count && found < BATCH; ++i)
        if (trainer->dataset->examples[i].split == SPLIT_TRAIN)
            indices[found++] = i;
    TRY(network_init(&network, &plan, &trainer->parameters));
    TRY(batch_init(&batch, trainer->dataset, BATCH, &network.architecture->input));
    TRY(dataset_fill_batch(trainer->dataset, BATCH, indices, &batch));
    memcpy(net_value(network.net, network.nodes.image), batch.input,
           network_input_count(&network) * sizeof(float));
    TRY(write_output(writer, network.net, network.nodes.image, "input"));
    TRY(net_forward(network.net));
    for (size_t i = 0; i < 3; ++i)
        TRY(write_output(writer, network.net, network.nodes.outputs[i], names[i]));
    batch_clear(&batch);
    network_clear(&network);
    return STATUS_OK;
}

static Status run(char **arguments)
{
    CheckpointModel model;
    Dataset *dataset;
    Trainer trainer;
    Hdf5Writer *writer;
    TRY(checkpoint_read_model(arguments[2], &model));
    CellSettings settings = cell_settings("schedule=constant epochs=1 batch=4 shards=4");
    settings.model = model.settings;
    settings.optimiser = strcmp(arguments[5], "sgd") == 0 ? OPTIMISER_SGD : OPTIMISER_ADAMW;
    settings.learning_rate = strtod(arguments[6], NULL);
    settings.precision = strcmp(arguments[7], "bf16") == 0 ? PRECISION_BF16 : PRECISION_F32;
    const SplitSettings split = split_defaults();
    TRY(dataset_load(arguments[1], settings.model.size, &split, &dataset));
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

/* train_steps PACK CHECKPOINT OUT.h5 STEPS adamw|sgd RATE f32|bf16: runs a checkpoint's network on
 * the first images of a pack's training split, then trains it on all of them, in their order,
 * without augmentation and dropout, each batch in one shard. Writes what compare.py and
 * classifiers.py of tools/pytorch compare with PyTorch:
 *
 *     /input              of the first batch, N H W C
 *     /NAME               an output, as the task names it, by a network for inference
 *     /labels             0 normal, then the classes
 *     /losses             STEPS x (1 + losses of the task): total, then each
 *     /gradients/NAME     of the first step, in the parameter's shape
 *     /measured/NAME      running means and variances after it
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell_settings.h"
#include "infer/checkpoint.h"
#include "store/hdf5_writer.h"
#include "train/trainer.h"

enum { BATCH = 4 };

static Status write_gradients(Hdf5Writer *writer, const ParameterList *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const Parameter *parameter = &parameters->items[i];
        char name[256];
        snprintf(name, sizeof name, "%s/%s", parameter->buffer ? "measured" : "gradients",
                 parameter->name);
        TRY(hdf5_write(writer, name, HDF5_F32, parameter->rank, parameter->dims,
                       parameter->buffer ? parameter->value : parameter->gradient,
                       "gradient of the first step's loss, or what it measured", NULL));
    }
    return STATUS_OK;
}

static Status train(Trainer *trainer, size_t steps, Hdf5Writer *writer)
{
    const size_t columns = 1 + trainer->network->task->loss_count;
    double *losses = calloc(steps * columns, sizeof *losses);
    if (!losses)
        FAIL(STATUS_NO_MEMORY, "no memory for %zu losses", steps);
    TRY(loader_new(&(LoaderSettings){.dataset = trainer->dataset,
                                     .form = trainer->network->architecture->input,
                                     .global_batch = BATCH,
                                     .slice_count = BATCH},
                   &trainer->loader));
    for (size_t step = 0; step < steps; ++step) {
        StepResult result;
        TRY(trainer_step(trainer, STEP_GO_ON, &result));
        losses[step * columns] = result.loss;
        memcpy(losses + step * columns + 1, result.losses, (columns - 1) * sizeof *losses);
        if (step == 0)
            TRY(write_gradients(writer, &trainer->parameters));
    }
    const size_t shape[2] = {steps, columns};
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
    const NetworkPlan plan =
        trainer_network_plan(trainer->settings, trainer->dataset->class_count, BATCH);
    Network network;
    Batch batch;
    size_t indices[BATCH];
    int64_t labels[BATCH];
    for (size_t i = 0, found = 0; i < trainer->dataset->count && found < BATCH; ++i)
        if (trainer->dataset->examples[i].split == SPLIT_TRAIN) {
            labels[found] = trainer->dataset->examples[i].label - LABEL_NORMAL;
            indices[found++] = i;
        }
    TRY(network_init(&network, &plan, &trainer->parameters));
    TRY(batch_init(&batch, trainer->dataset, BATCH, &network.architecture->input));
    TRY(dataset_fill_batch(trainer->dataset, BATCH, indices, &batch));
    memcpy(net_value(network.net, network.nodes.image), batch.input,
           network_input_count(&network) * sizeof(float));
    TRY(write_output(writer, network.net, network.nodes.image, "input"));
    TRY(net_forward(network.net));
    for (size_t i = 0; i < network.task->output_count; ++i)
        if (network_has_output(&network, i))
            TRY(write_output(writer, network.net, network.nodes.outputs[i],
                             network.task->outputs[i].name));
    const size_t images = BATCH;
    TRY(hdf5_write(writer, "labels", HDF5_I64, 1, &images, labels, "labels of the batch", NULL));
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
    CellSettings settings =
        cell_settings("schedule=constant warmup_epochs=0 ema=0 branch_scale=1 epochs=1 "
                      "batch=4 shards=1");
    settings.model = model.settings;
    settings.task = setting_defaults((size_t)model.settings.architecture).task;
    const size_t dropout = setting_find("model", "dropout");
    TRY(setting_read(&settings, dropout, "0"));
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

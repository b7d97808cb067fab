/* See benchmark.h. */
#include "train/benchmark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "eval/quantile.h"
#include "infer/calibration.h"
#include "train/mpi_check.h"
#include "train/trainer.h"

enum { CLASSES = 3, NAME_BYTES = 128 };

/* ---- random pictures, each with one lesion and its mask ---- */

static Status fill_example(Dataset *dataset, size_t index)
{
    static const Lesion middle = {{0.3F, 0.3F, 0.7F, 0.6F}, 0};
    Example *example = &dataset->examples[index];
    TRY(memory_copy_text("random", &example->name));
    TRY(memory_copy_text("", &example->form));
    TRY(MEMORY_NEW(&example->lesions, 1));
    example->label = (int32_t)(index % CLASSES);
    example->split = SPLIT_TRAIN;
    example->has_mask = true;
    example->width = example->height = (uint32_t)dataset->size;
    example->lesion_count = 1;
    example->lesions[0] = middle;
    example->lesions[0].class_index = (uint32_t)example->label;
    return STATUS_OK;
}

static void fill_pixels(Dataset *dataset, RandomStream *stream, size_t index)
{
    size_t side = dataset_side(dataset, index);
    for (size_t p = 0; p < side * side * 3; ++p)
        dataset->pixels[index][p] = (uint8_t)(random_u32(stream) >> 24);
    for (size_t y = side * 3 / 10; y < side * 6 / 10; ++y)
        memset(dataset->masks[index] + y * side + side * 3 / 10, 1, side * 4 / 10);
}

static Status make_dataset(size_t size, size_t count, Dataset *dataset)
{
    *dataset = (Dataset){.count = count,
                         .size = size,
                         .training_side = dataset_training_side(size),
                         .class_count = CLASSES,
                         .patient_count = 1};
    TRY(MEMORY_NEW(&dataset->class_names, CLASSES));
    TRY(MEMORY_NEW(&dataset->patients, 1));
    TRY(memory_copy_text("nobody", &dataset->patients[0]));
    for (size_t k = 0; k < CLASSES; ++k)
        TRY(memory_copy_text("class", &dataset->class_names[k]));
    TRY(MEMORY_NEW(&dataset->examples, count));
    for (size_t i = 0; i < count; ++i)
        TRY(fill_example(dataset, i));
    TRY(dataset_reserve(dataset));
    RandomStream stream;
    random_init(&stream, 1, "benchmark", 0, 0);
    for (size_t i = 0; i < count; ++i)
        fill_pixels(dataset, &stream, i);
    return dataset_seal(dataset);
}

/* ---- timing ---- */

static void summarise(const BenchmarkSettings *settings, double *seconds, Benchmark *result)
{
    size_t n = settings->repeats;
    double images = (double)settings->cell.batch;
    quantile_sort(seconds, n);
    double median = quantile(seconds, n, 0.5);
    for (size_t i = 0; i < n; ++i)
        result->timed_seconds += seconds[i];
    result->seconds_per_image = median / images;
    result->best_seconds = seconds[0] / images;
    result->worst_seconds = seconds[n - 1] / images;
    result->images_per_second = images / median;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    result->peak_memory_bytes = (size_t)usage.ru_maxrss * 1024;
}

/* Copies the costs, since they borrow from the net. */
static Status keep_costs(const Net *net, size_t images, Benchmark *result)
{
    result->cost_count = net_node_count(net);
    result->packing_seconds = net_packing_seconds(net);
    result->memory_plan_bytes = net_memory_bytes(net);
    result->forward_macs = net_forward_macs(net) / (double)images;
    TRY(MEMORY_NEW(&result->costs, result->cost_count));
    TRY(MEMORY_NEW(&result->texts, result->cost_count * NAME_BYTES));
    for (size_t i = 0; i < result->cost_count; ++i) {
        char *name = result->texts + i * NAME_BYTES;
        result->costs[i] = net_node_cost(net, i);
        snprintf(name, NAME_BYTES, "%s", result->costs[i].parameter);
        result->costs[i].parameter = name;
    }
    return STATUS_OK;
}

/* All of a shard's gradients at once. */
static Status give_zeros(const Trainer *trainer, const GradientTaker *taker, const float *zeros)
{
    for (size_t i = trainer->parameters.count; i-- > 0;)
        if (parameter_trains(&trainer->parameters.items[i]))
            TRY(taker->ready(taker->context, i, zeros));
    return STATUS_OK;
}

/* From the rank's last shard on. */
static Status time_round(Trainer *trainer, const float *zeros, double *seconds)
{
    double started = 0;
    TRY(mpi_agree(trainer->group, STATUS_OK));
    TRY(gradient_sum_begin(trainer->sum));
    for (size_t i = 0; i < trainer->local_shards; ++i) {
        size_t shard;
        GradientTaker taker;
        TRY(gradient_sum_take_shard(trainer->sum, 0, &shard, &taker));
        started = clock_seconds();
        TRY(give_zeros(trainer, &taker, zeros));
    }
    TRY(gradient_sum_finish(trainer->sum));
    *seconds = clock_seconds() - started;
    return STATUS_OK;
}

/* The median time of the sum over ranks with all gradients there at once. */
static Status time_sum_alone(Trainer *trainer, double *median)
{
    enum { ROUNDS = 5 };
    double seconds[ROUNDS];
    size_t largest = 0;
    float *zeros;
    for (size_t i = 0; i < trainer->parameters.count; ++i)
        if (trainer->parameters.items[i].count > largest)
            largest = trainer->parameters.items[i].count;
    TRY(MEMORY_NEW(&zeros, largest));
    Status status = STATUS_OK;
    for (int round = 0; round < ROUNDS && status == STATUS_OK; ++round)
        status = time_round(trainer, zeros, &seconds[round]);
    free(zeros);
    TRY(status);
    quantile_sort(seconds, ROUNDS);
    *median = quantile(seconds, ROUNDS, 0.5);
    return STATUS_OK;
}

static Status time_training(const BenchmarkSettings *settings, const Dataset *dataset,
                            MPI_Comm group, Trainer *trainer, Benchmark *result)
{
    double *seconds;
    StepResult step;
    TRY(trainer_init(trainer, &settings->cell, dataset, group));
    TRY(trainer_start(trainer));
    TRY(trainer_step(trainer, STEP_GO_ON, &step));
    TRY(net_time_nodes(trainer->network->net));
    double waited = loader_seconds_waited(trainer->loader);
    double exposed = gradient_sum_seconds_exposed(trainer->sum);
    TRY(MEMORY_NEW(&seconds, settings->repeats));
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < settings->repeats; ++i) {
        double started = clock_seconds();
        status = trainer_step(trainer, STEP_GO_ON, &step);
        seconds[i] = clock_seconds() - started;
    }
    if (status == STATUS_OK)
        summarise(settings, seconds, result);
    free(seconds);
    TRY(status);
    result->seconds_waited = loader_seconds_waited(trainer->loader) - waited;
    result->seconds_exposed = gradient_sum_seconds_exposed(trainer->sum) - exposed;
    result->parameters = parameters_total(&trainer->parameters, false);
    result->gradient_bytes = parameters_total(&trainer->parameters, true) * sizeof(float);
    result->ranks = trainer->ranks;
    result->workers = trainer->workers;
    TRY(time_sum_alone(trainer, &result->seconds_alone));
    return keep_costs(trainer->network->net, trainer->shard_images, result);
}

static void fill_input(Network *network)
{
    RandomStream stream;
    random_init(&stream, 1, "benchmark", 0, 0);
    float *input = net_value(network->net, network->nodes.image);
    for (size_t i = 0; i < network_input_count(network); ++i)
        input[i] = random_range(&stream, -1, 1);
}

static Status time_network(const BenchmarkSettings *settings, Network *network, Benchmark *result)
{
    double *seconds;
    parameters_randomise(network->parameters, settings->cell.seed);
    fill_input(network);
    TRY(net_forward(network->net));
    TRY(net_time_nodes(network->net));
    TRY(MEMORY_NEW(&seconds, settings->repeats));
    Status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < settings->repeats; ++i) {
        double started = clock_seconds();
        status = net_forward(network->net);
        seconds[i] = clock_seconds() - started;
    }
    if (status == STATUS_OK)
        summarise(settings, seconds, result);
    free(seconds);
    TRY(status);
    result->parameters = parameters_total(network->parameters, false);
    return keep_costs(network->net, settings->cell.batch, result);
}

/* ---- the machine's peaks ---- */

/* The best of several passes of one large convolution, 3x3 over 256 channels. */
static Status measure_arithmetic(const Engine *engine, Precision precision, Benchmark *result)
{
    enum { CHANNELS = 256, SIDE = 48, ROUNDS = 12 };
    const ConvolutionShape shape = {.half = precision != PRECISION_F32 && engine->has_half(),
                                    .step = precision == PRECISION_INT8 ? 1 : 0,
                                    .input = {2, SIDE, SIDE, CHANNELS},
                                    .output_channels = CHANNELS,
                                    .kernel_h = 3,
                                    .kernel_w = 3,
                                    .stride = 1,
                                    .pad_h = 1,
                                    .pad_w = 1,
                                    .dilation = 1};
    ConvolutionPlan *plan;
    void *packed[PACKS] = {NULL};
    float *buffers[4] = {0}; /* input, output, weights, workspace; zeros run as fast as anything */
    TRY(engine->plan_new(&shape, false, false, &plan));
    size_t counts[4] = {shape_count(shape.input), shape_count(shape.input),
                        (size_t)CHANNELS * CHANNELS * 9, engine->workspace_bytes(plan) / 4 + 1};
    Status status = STATUS_OK;
    for (int i = 0; i < 4 && status == STATUS_OK; ++i)
        status = MEMORY_NEW(&buffers[i], counts[i]);
    if (status == STATUS_OK) {
        engine->set_workspace(plan, buffers[3]);
        status = engine_give_packed(engine, plan, packed);
    }
    if (status == STATUS_OK)
        status = engine_pack_all(engine, plan, buffers[2]);
    double best = 1e30;
    for (int i = 0; status == STATUS_OK && i < ROUNDS; ++i) {
        double started = clock_seconds();
        status = engine->forward(plan, buffers[0], NULL, buffers[1]);
        double seconds = clock_seconds() - started;
        best = seconds < best ? seconds : best;
    }
    engine->plan_free(plan);
    for (int i = 0; i < 4; ++i)
        free(buffers[i]);
    for (int i = 0; i < PACKS; ++i)
        free(packed[i]);
    result->peak_flops = 2.0 * (double)counts[0] * CHANNELS * 9 / best;
    return status;
}

static Status measure_bandwidth(Benchmark *result)
{
    enum { ROUNDS = 5 };
    const size_t count = (size_t)64 << 20; /* floats, 256 MiB an array */
    float *from, *to;
    TRY(MEMORY_NEW(&from, count));
    Status status = MEMORY_NEW(&to, count);
    double best = 1e30;
    for (int i = 0; status == STATUS_OK && i < ROUNDS; ++i) {
        double started = clock_seconds();
#pragma omp parallel for simd schedule(static)
        for (size_t k = 0; k < count; ++k)
            to[k] = from[k] + 1;
        double seconds = clock_seconds() - started;
        best = seconds < best ? seconds : best;
    }
    free(from);
    free(to);
    result->peak_bytes = (double)(count * 2 * sizeof(float)) / best;
    return status;
}

/* ---- the whole ---- */

static Status run_training(const BenchmarkSettings *settings, MPI_Comm group, Benchmark *result)
{
    Dataset *dataset;
    TRY(MEMORY_NEW(&dataset, 1));
    Trainer trainer = {0};
    Status status = make_dataset(settings->cell.model.size, settings->cell.batch * 2, dataset);
    if (status == STATUS_OK)
        status = time_training(settings, dataset, group, &trainer, result);
    trainer_clear(&trainer);
    dataset_free(dataset);
    return status;
}

static Status observe(const BenchmarkSettings *settings, Network *network, InputRanges *ranges)
{
    Calibration *calibration;
    parameters_randomise(network->parameters, settings->cell.seed);
    fill_input(network);
    TRY(calibration_new(&calibration));
    net_observe(network->net, calibration_observe, calibration);
    Status status = net_forward(network->net);
    if (status == STATUS_OK)
        status = calibration_ranges(calibration, ranges);
    calibration_free(calibration);
    return status;
}

/* What the network needs to be of 8 bits, of the one picture that it will be shown. */
static Status calibrate(const BenchmarkSettings *settings, NetworkPlan plan,
                        ParameterList *parameters, InputRanges *ranges)
{
    Network network;
    plan.precision = PRECISION_F32;
    Status status = network_init(&network, &plan, parameters);
    if (status == STATUS_OK)
        status = observe(settings, &network, ranges);
    network_clear(&network);
    return status;
}

static Status run_inference(const BenchmarkSettings *settings, Benchmark *result)
{
    const CellSettings *cell = &settings->cell;
    NetworkPlan plan = trainer_network_plan(cell, CLASSES, cell->batch);
    InputRanges ranges = {0};
    ParameterList parameters;
    Network network = {0};
    parameters_init(&parameters);
    plan.ranges = &ranges;
    Status status = STATUS_OK;
    if (plan.precision == PRECISION_INT8)
        status = calibrate(settings, plan, &parameters, &ranges);
    if (status == STATUS_OK)
        status = network_init(&network, &plan, &parameters);
    if (status == STATUS_OK)
        status = time_network(settings, &network, result);
    network_clear(&network);
    input_ranges_clear(&ranges);
    parameters_clear(&parameters);
    return status;
}

Status benchmark_steps(const BenchmarkSettings *settings, MPI_Comm group, Benchmark *result)
{
    *result = (Benchmark){.ranks = 1, .workers = 1};
    if (settings->cell.sizes.count)
        FAIL(STATUS_ARGUMENT,
             "sizes: several of them (expected none: layers are measured at one, model.size)");
    return settings->train ? run_training(settings, group, result)
                           : run_inference(settings, result);
}

Status benchmark_run(const BenchmarkSettings *settings, MPI_Comm group, Benchmark *result)
{
    const Engine *engine;
    TRY(benchmark_steps(settings, group, result));
    TRY(engine_find("auto", &engine));
    TRY(measure_arithmetic(engine, settings->cell.precision, result));
    return measure_bandwidth(result);
}

void benchmark_clear(Benchmark *result)
{
    free(result->costs);
    free(result->texts);
    *result = (Benchmark){0};
}

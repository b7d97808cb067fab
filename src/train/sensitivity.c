/* See sensitivity.h. Each convolution is tried in a network of its own, in which all others are as
 * they were; so errors that would add up or cancel are not seen, but neither do those of a hundred
 * others hide one. */
#include "train/sensitivity.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/loader.h"

enum { MOST_IMAGES = 12 };

typedef struct {
    const CheckpointEvaluation *of;
    ParameterList *parameters;
    Batch batch;
    size_t images, numbers; /* of all outputs of an image */
    float *reference;       /* images x numbers: as it was */
    float *answers;         /* likewise */
} Trial;

static size_t count_numbers(const Network *network, size_t output)
{
    return network_has_output(network, output)
               ? shape_count(net_shape(network->net, network->nodes.outputs[output]))
               : 0;
}

/* Runs the network and copies its outputs, one after the other. */
static Status answer(Trial *trial, const Network *network, float *answers)
{
    const CheckpointEvaluation *of = trial->of;
    for (size_t i = 0; i < trial->images; ++i) {
        const size_t index = of->indices[i * of->count / trial->images];
        TRY(dataset_fill_batch(of->dataset, 1, &index, &trial->batch));
        memcpy(net_value(network->net, network->nodes.image), trial->batch.input,
               network_input_count(network) * sizeof(float));
        TRY(net_forward(network->net));
        TRY(network_check_outputs(network));
        for (size_t k = 0; k < network->task->output_count; ++k) {
            const size_t count = count_numbers(network, k);
            if (count)
                memcpy(answers, net_value(network->net, network->nodes.outputs[k]),
                       count * sizeof *answers);
            answers += count;
        }
    }
    return STATUS_OK;
}

static void note_macs(const Network *network, const InputRanges *ranges, Sensitivity *found)
{
    for (size_t i = 0; i < net_node_count(network->net); ++i) {
        const NodeCost cost = net_node_cost(network->net, i);
        for (size_t k = 0; k < ranges->count && cost.macs > 0; ++k)
            if (strcmp(cost.parameter, ranges->items[k].weight) == 0)
                found[k].macs += cost.macs;
    }
}

/* The squared distance of the answers, output by output in the variance of what it was. */
static double distance(const Trial *trial, const Network *network)
{
    double total = 0;
    size_t first = 0;
    for (size_t k = 0; k < network->task->output_count; ++k) {
        const size_t count = count_numbers(network, k);
        double sum = 0, squares = 0, error = 0;
        for (size_t i = 0; i < trial->images; ++i)
            for (size_t j = first; j < first + count; ++j) {
                const double was = (double)trial->reference[i * trial->numbers + j];
                const double is = (double)trial->answers[i * trial->numbers + j];
                sum += was;
                squares += was * was;
                error += (is - was) * (is - was);
            }
        const double spread = squares - sum * sum / (double)(trial->images * count + !count);
        total += spread > 0 ? error / spread : 0;
        first += count;
    }
    return total;
}

/* Runs on one thread, as validation does. */
static Status run_alone(Trial *trial, const Network *network, float *answers)
{
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    Status status = answer(trial, network, answers);
    omp_set_num_threads(threads);
    return status;
}

static Status look_before(Trial *trial, NetworkPlan plan, Sensitivity *found)
{
    Network network;
    Status status = network_init(&network, &plan, trial->parameters);
    for (size_t k = 0; status == STATUS_OK && k < network.task->output_count; ++k)
        trial->numbers += count_numbers(&network, k);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&trial->reference, trial->images * trial->numbers);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&trial->answers, trial->images * trial->numbers);
    if (status == STATUS_OK)
        status = batch_init(&trial->batch, trial->of->dataset, 1, &network.architecture->input);
    if (status == STATUS_OK)
        status = run_alone(trial, &network, trial->reference);
    if (status == STATUS_OK)
        note_macs(&network, &trial->of->model->ranges, found);
    network_clear(&network);
    return status;
}

static Status try_one(Trial *trial, const NetworkPlan *plan, Sensitivity *found)
{
    Network network;
    Status status = network_init(&network, plan, trial->parameters);
    if (status == STATUS_OK)
        status = run_alone(trial, &network, trial->answers);
    if (status == STATUS_OK)
        found->error = distance(trial, &network);
    network_clear(&network);
    return status;
}

/* The ranges with one alone in 8 bits; the names are borrowed. */
static Status try_all(Trial *trial, NetworkPlan plan, Sensitivity *found)
{
    const InputRanges *ranges = &trial->of->model->ranges;
    InputRanges single = {.count = ranges->count};
    Status status = MEMORY_NEW(&single.items, ranges->count);
    plan.ranges = &single;
    for (size_t i = 0; i < ranges->count && status == STATUS_OK; ++i) {
        for (size_t k = 0; k < ranges->count; ++k) {
            single.items[k] = ranges->items[k];
            single.items[k].left = k != i;
        }
        status = try_one(trial, &plan, &found[i]);
    }
    free(single.items);
    return status;
}

static double badness(const Sensitivity *one)
{
    return one->macs > 0 ? one->error / one->macs : 0;
}

static int worse_first(const void *a, const void *b)
{
    const Sensitivity *x = a, *y = b;
    const double bad_x = badness(x), bad_y = badness(y);
    if (bad_x != bad_y)
        return bad_x < bad_y ? 1 : -1;
    return x->range < y->range ? -1 : x->range > y->range;
}

Status sensitivity_measure(const CheckpointEvaluation *of, Precision before,
                           ParameterList *parameters, Sensitivity **found)
{
    const size_t count = of->model->ranges.count;
    Trial trial = {.of = of,
                   .parameters = parameters,
                   .images = of->count < MOST_IMAGES ? of->count : MOST_IMAGES};
    NetworkPlan plan = checkpoint_plan(of);
    TRY(MEMORY_NEW(found, count));
    for (size_t i = 0; i < count; ++i)
        (*found)[i].range = i;
    plan.precision = before;
    Status status = look_before(&trial, plan, *found);
    plan.precision = of->precision;
    if (status == STATUS_OK)
        status = try_all(&trial, plan, *found);
    batch_clear(&trial.batch);
    free(trial.reference);
    free(trial.answers);
    if (status != STATUS_OK) {
        free(*found);
        *found = NULL;
        return status;
    }
    qsort(*found, count, sizeof **found, worse_first);
    return STATUS_OK;
}

size_t sensitivity_leave(size_t count, const Sensitivity *found, double share, InputRanges *ranges)
{
    double all = 0, taken = 0;
    size_t left = 0;
    for (size_t i = 0; i < count; ++i)
        all += found[i].macs;
    for (size_t i = 0; i < count; ++i) {
        const bool fits = taken + found[i].macs <= share * all;
        taken += fits ? found[i].macs : 0;
        left += fits;
        ranges->items[found[i].range].left = fits;
    }
    return left;
}

/* See answering.h. The mirrored images go first, so that the net holds the outputs of the images as
 * they are when the two are averaged, and the images themselves afterwards. */
#include "infer/answering.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Turns left and right of every image in the input. */
static void mirror_input(const Network *network)
{
    const Shape shape = net_shape(network->net, network->nodes.image);
    float *row = net_value(network->net, network->nodes.image);
    for (size_t y = 0; y < shape.n * shape.h; ++y, row += shape.w * shape.c)
        for (size_t x = 0; x < shape.w / 2; ++x)
            for (size_t c = 0; c < shape.c; ++c) {
                float *left = row + x * shape.c + c;
                float *right = row + (shape.w - 1 - x) * shape.c + c;
                const float old = *left;
                *left = *right;
                *right = old;
            }
}

/* Copies of the outputs; NULL for those that the network lacks. */
static Status copy_outputs(const Network *network, float *copies[NETWORK_OUTPUTS_MOST])
{
    for (size_t k = 0; k < network->task->output_count; ++k) {
        if (!network_has_output(network, k))
            continue;
        const NodeId node = network->nodes.outputs[k];
        const size_t count = shape_count(net_shape(network->net, node));
        TRY(MEMORY_NEW(&copies[k], count));
        memcpy(copies[k], net_value(network->net, node), count * sizeof *copies[k]);
    }
    return STATUS_OK;
}

static Status answer_both(const Network *network, const AnswerReader *answers,
                          float *mirrored[NETWORK_OUTPUTS_MOST])
{
    mirror_input(network);
    Status status = net_forward(network->net);
    mirror_input(network);
    TRY(status);
    TRY(copy_outputs(network, mirrored));
    TRY(net_forward(network->net));
    network->task->answers.average(answers, (const float *const *)mirrored);
    return STATUS_OK;
}

Status network_answer(const Network *network, const AnswerReader *answers)
{
    float *mirrored[NETWORK_OUTPUTS_MOST] = {0};
    if (!network->plan.model.test_flips)
        return net_forward(network->net);
    Status status = answer_both(network, answers, mirrored);
    for (size_t k = 0; k < NETWORK_OUTPUTS_MOST; ++k)
        free(mirrored[k]);
    return status;
}

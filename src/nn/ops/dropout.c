/* Dropout (Srivastava et al. 2014): in training a number is kept with probability 1 - p and divided
 * by that, so that nothing is left to do in inference.
 *
 * Number i of image b of the batch is dropped if u < p, u the i-th uniform number of the stream
 * that is keyed by the run's seed and the node's name and placed at (step, b): counter-based, so
 * that each run of numbers is drawn by itself on any thread, rank or shard. saved: the factor of
 * each number, 0 or 1 / (1 - p), as one byte, 0 or 1.
 */
#include "nn/node.h"

#include <stdio.h>

#include "base/random.h"
#include "base/vector.h"

VECTORISED static void scale(size_t n, float factor, const uint8_t *restrict kept,
                             const float *restrict x, bool add, float *restrict y)
{
    /* A product, not a choice, so that a NaN passes. */
    if (add)
        for (size_t i = 0; i < n; ++i)
            y[i] += (kept[i] ? factor : 0.0f) * x[i];
    else
        for (size_t i = 0; i < n; ++i)
            y[i] = (kept[i] ? factor : 0.0f) * x[i];
}

static void draw(const OperationCall *call, size_t image, size_t first, size_t count, uint8_t *kept)
{
    const DropoutSettings *settings = &call->node->request.settings.dropout;
    char purpose[NODE_NAME_BYTES + 16];
    snprintf(purpose, sizeof purpose, "dropout/%s", settings->name);
    RandomStream stream;
    random_init(&stream, call->pass->seed, purpose, (uint32_t)call->pass->step,
                (uint32_t)(call->pass->first_image + image));
    random_seek(&stream, first);
    for (size_t i = 0; i < count; ++i)
        kept[i] = (double)random_uniform(&stream) >= settings->probability;
}

static float factor_of(const OperationCall *call)
{
    return (float)(1 / (1 - call->node->request.settings.dropout.probability));
}

static Status forward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t image = shape_count(shape) / shape.n, tiles = (image + NUMBERS_TILE - 1) / NUMBERS_TILE;
    uint8_t *kept = (uint8_t *)call->saved;
#pragma omp parallel for collapse(2) schedule(static)
    for (size_t n = 0; n < shape.n; ++n)
        for (size_t t = 0; t < tiles; ++t) {
            float tile_x[NUMBERS_TILE], tile_y[NUMBERS_TILE];
            size_t first = t * NUMBERS_TILE, left = image - first, at = n * image + first;
            size_t size = left < NUMBERS_TILE ? left : NUMBERS_TILE;
            draw(call, n, first, size, kept + at);
            float *y = numbers_open(call->output, at, size, false, tile_y);
            scale(size, factor_of(call), kept + at, numbers_read(call->input[0], at, size, tile_x),
                  false, y);
            numbers_close(call->output, at, size, y);
        }
    return STATUS_OK;
}

static Status backward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    const uint8_t *kept = (const uint8_t *)call->saved;
    bool add = call->add_gradient[0];
#pragma omp parallel for schedule(static)
    for (size_t at = 0; at < count; at += NUMBERS_TILE) {
        float tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        size_t size = count - at < NUMBERS_TILE ? count - at : NUMBERS_TILE;
        float *dx = numbers_open(call->input_gradient[0], at, size, add, tile_dx);
        scale(size, factor_of(call), kept + at,
              numbers_read(call->output_gradient, at, size, tile_dy), add, dx);
        numbers_close(call->input_gradient[0], at, size, dx);
    }
    return STATUS_OK;
}

NodeId net_dropout(Net *net, NodeId input, const char *name, double probability)
{
    static const Operation operation = {
        .name = "dropout", .forward = forward, .backward = backward};
    if (!(probability >= 0 && probability < 1))
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: dropout probability %g (expected 0 to below 1)",
                                          name, probability));
    if (!net_is_training(net) || probability == 0)
        return input;
    Shape shape = net_shape(net, input);
    NodeRequest request = {
        .operation = &operation,
        .input_count = 1,
        .inputs = {input},
        .shape = shape,
        .saved_floats = (shape_count(shape) + 3) / 4,
        .weight = NO_PARAMETER,
        .bias = NO_PARAMETER,
        .settings.dropout.probability = probability,
    };
    char *own = request.settings.dropout.name;
    if (snprintf(own, NODE_NAME_BYTES, "%s", name) >= NODE_NAME_BYTES)
        return net_refuse(net, status_set(STATUS_ARGUMENT,
                                          "%s: a dropout's name has at most %d characters", name,
                                          NODE_NAME_BYTES - 1));
    return net_add_node(net, &request);
}

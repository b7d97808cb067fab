/* Operations that treat each number by itself: ReLU, logistic, sum, product, and the gated blend.
 */
#include "nn/node.h"

#include <math.h>

#include "base/vector.h"

/* Blocks of this many numbers go to the threads; their bodies are the vectorised functions below.
 */
enum { BLOCK = 8192 };

#define FOR_BLOCKS(count, first, size)                                                             \
    _Pragma("omp parallel for schedule(static)") for (size_t first = 0; first < (count);           \
                                                      first +=                                     \
                                                      BLOCK) for (size_t size =                    \
                                                                      (count)-first < BLOCK        \
                                                                          ? (count)-first          \
                                                                          : BLOCK,                 \
                                                                  once_ = 1;                       \
                                                                  once_; once_ = 0)

/* target = (add ? target : 0) + source x factor (1 where factor is NULL) */
VECTORISED static void accumulate(size_t n, const float *source, const float *factor, bool add,
                                  float *target)
{
    if (!factor && add)
        for (size_t i = 0; i < n; ++i)
            target[i] += source[i];
    else if (!factor)
        for (size_t i = 0; i < n; ++i)
            target[i] = source[i];
    else if (add)
        for (size_t i = 0; i < n; ++i)
            target[i] += source[i] * factor[i];
    else
        for (size_t i = 0; i < n; ++i)
            target[i] = source[i] * factor[i];
}

static NodeId add_elementwise(Net *net, const Operation *operation, size_t count,
                              const NodeId *inputs, unsigned reads_inputs, bool reads_output)
{
    NodeRequest request = {
        .operation = operation,
        .input_count = count,
        .shape = net_shape(net, inputs[count - 1]),
        .backward_reads_inputs = reads_inputs,
        .backward_reads_output = reads_output,
        .weight = NO_PARAMETER,
        .bias = NO_PARAMETER,
    };
    for (size_t i = 0; i < count; ++i) {
        request.inputs[i] = inputs[i];
        Shape shape = net_shape(net, inputs[i]);
        bool gate = count == 3 && i == 0;
        if (shape_pixels(shape) != shape_pixels(request.shape) ||
            shape.c != (gate ? 1 : request.shape.c))
            return net_refuse(
                net, status_set(STATUS_ARGUMENT, "%s: the inputs' shapes differ", operation->name));
    }
    return net_add_node(net, &request);
}

/* ---- ReLU ---- */

VECTORISED static void relu(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; ++i)
        y[i] = 0 > x[i] ? 0 : x[i]; /* so that a NaN passes */
}

VECTORISED static void relu_gradient(size_t n, const float *y, const float *dy, bool add, float *dx)
{
    for (size_t i = 0; i < n; ++i)
        dx[i] = (add ? dx[i] : 0) + (y[i] > 0 ? dy[i] : 0);
}

static Status relu_forward(const OperationCall *call)
{
    FOR_BLOCKS(shape_count(call->node->request.shape), first, size)
    relu(size, call->input[0] + first, call->output + first);
    return STATUS_OK;
}

static Status relu_backward(const OperationCall *call)
{
    FOR_BLOCKS(shape_count(call->node->request.shape), first, size)
    relu_gradient(size, call->output + first, call->output_gradient + first, call->add_gradient[0],
                  call->input_gradient[0] + first);
    return STATUS_OK;
}

NodeId net_relu(Net *net, NodeId input)
{
    static const Operation operation = {"relu", relu_forward, relu_backward};
    return add_elementwise(net, &operation, 1, &input, 0, true);
}

/* ---- logistic ---- */

static Status sigmoid_forward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < count; ++i)
        call->output[i] = 1 / (1 + expf(-call->input[0][i]));
    return STATUS_OK;
}

VECTORISED static void sigmoid_gradient(size_t n, const float *y, const float *dy, bool add,
                                        float *dx)
{
    for (size_t i = 0; i < n; ++i)
        dx[i] = (add ? dx[i] : 0) + dy[i] * y[i] * (1 - y[i]);
}

static Status sigmoid_backward(const OperationCall *call)
{
    FOR_BLOCKS(shape_count(call->node->request.shape), first, size)
    sigmoid_gradient(size, call->output + first, call->output_gradient + first,
                     call->add_gradient[0], call->input_gradient[0] + first);
    return STATUS_OK;
}

NodeId net_sigmoid(Net *net, NodeId input)
{
    static const Operation operation = {"sigmoid", sigmoid_forward, sigmoid_backward};
    return add_elementwise(net, &operation, 1, &input, 0, true);
}

/* ---- sum ---- */

VECTORISED static void sum(size_t n, const float *a, const float *b, float *y)
{
    for (size_t i = 0; i < n; ++i)
        y[i] = a[i] + b[i];
}

static Status add_forward(const OperationCall *call)
{
    FOR_BLOCKS(shape_count(call->node->request.shape), first, size)
    sum(size, call->input[0] + first, call->input[1] + first, call->output + first);
    return STATUS_OK;
}

static Status add_backward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    for (int k = 0; k < 2; ++k)
        if (call->input_gradient[k])
            FOR_BLOCKS(count, first, size)
    accumulate(size, call->output_gradient + first, NULL, call->add_gradient[k],
               call->input_gradient[k] + first);
    return STATUS_OK;
}

NodeId net_add(Net *net, NodeId a, NodeId b)
{
    static const Operation operation = {"add", add_forward, add_backward};
    return add_elementwise(net, &operation, 2, (NodeId[]){a, b}, 0, false);
}

/* ---- product ---- */

static Status multiply_forward(const OperationCall *call)
{
    FOR_BLOCKS(shape_count(call->node->request.shape), first, size)
    accumulate(size, call->input[0] + first, call->input[1] + first, false, call->output + first);
    return STATUS_OK;
}

static Status multiply_backward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    for (int k = 0; k < 2; ++k)
        if (call->input_gradient[k])
            FOR_BLOCKS(count, first, size)
    accumulate(size, call->output_gradient + first, call->input[1 - k] + first,
               call->add_gradient[k], call->input_gradient[k] + first);
    return STATUS_OK;
}

NodeId net_multiply(Net *net, NodeId a, NodeId b)
{
    static const Operation operation = {"multiply", multiply_forward, multiply_backward};
    return add_elementwise(net, &operation, 2, (NodeId[]){a, b}, 3, false);
}

/* ---- blend: y = g a + (1 - g) b, one g a pixel ---- */

VECTORISED static void blend(size_t C, float g, const float *a, const float *b, float *y)
{
    for (size_t c = 0; c < C; ++c)
        y[c] = g * a[c] + (1 - g) * b[c];
}

VECTORISED static void scaled(size_t C, float factor, const float *dy, bool add, float *dx)
{
    for (size_t c = 0; c < C; ++c)
        dx[c] = (add ? dx[c] : 0) + factor * dy[c];
}

static Status blend_forward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t pixels = shape_pixels(shape), C = shape.c;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < pixels; ++p)
        blend(C, call->input[0][p], call->input[1] + p * C, call->input[2] + p * C,
              call->output + p * C);
    return STATUS_OK;
}

static Status blend_backward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t pixels = shape_pixels(shape), C = shape.c;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < pixels; ++p) {
        float g = call->input[0][p];
        const float *dy = call->output_gradient + p * C;
        const float *a = call->input[1] + p * C, *b = call->input[2] + p * C;
        if (call->input_gradient[0]) {
            float product = 0;
            for (size_t c = 0; c < C; ++c)
                product += dy[c] * (a[c] - b[c]);
            call->input_gradient[0][p] =
                (call->add_gradient[0] ? call->input_gradient[0][p] : 0) + product;
        }
        for (int k = 1; k < 3; ++k)
            if (call->input_gradient[k])
                scaled(C, k == 1 ? g : 1 - g, dy, call->add_gradient[k],
                       call->input_gradient[k] + p * C);
    }
    return STATUS_OK;
}

NodeId net_blend(Net *net, NodeId gate, NodeId a, NodeId b)
{
    static const Operation operation = {"blend", blend_forward, blend_backward};
    return add_elementwise(net, &operation, 3, (NodeId[]){gate, a, b}, 7, false);
}

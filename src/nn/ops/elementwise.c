/* Operations that treat each number by itself: ReLU, leaky ReLU, logistic, sum, product, the gated
 * blend, and the change of precision. */
#include "nn/node.h"

#include <math.h>
#include <string.h>

#include "base/vector.h"

/* Goes over `count` numbers in runs of NUMBERS_RUN from `first` on, on all threads. The bodies'
 * loops are the vectorised functions below. */
#define FOR_RUNS(first, count)                                                                     \
    _Pragma("omp parallel for schedule(static) if (count > NUMBERS_FEW)") for (size_t first = 0;   \
                                                                               first < (count);    \
                                                                               first +=            \
                                                                               NUMBERS_RUN)

static size_t run_size(size_t first, size_t count)
{
    return count - first < NUMBERS_RUN ? count - first : NUMBERS_RUN;
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

/* ---- one input: y = f(x), dx from y and dy ---- */

typedef void (*Function)(size_t n, const float *x, float *y);
typedef void (*Gradient)(size_t n, const float *y, const float *dy, bool add, float *dx);

static void apply(const OperationCall *call, Function function)
{
    size_t count = shape_count(call->node->request.shape);
    FOR_RUNS (first, count) {
        size_t size = run_size(first, count);
        float tile_x[NUMBERS_RUN], tile_y[NUMBERS_RUN];
        float *y = numbers_open(call->output, first, size, false, tile_y);
        function(size, numbers_read(call->input[0], first, size, tile_x), y);
        numbers_close(call->output, first, size, y);
    }
}

static void apply_gradient(const OperationCall *call, Gradient gradient)
{
    size_t count = shape_count(call->node->request.shape);
    bool add = call->add_gradient[0];
    FOR_RUNS (first, count) {
        size_t size = run_size(first, count);
        float tile_y[NUMBERS_RUN], tile_dy[NUMBERS_RUN], tile_dx[NUMBERS_RUN];
        float *dx = numbers_open(call->input_gradient[0], first, size, add, tile_dx);
        gradient(size, numbers_read(call->output, first, size, tile_y),
                 numbers_read(call->output_gradient, first, size, tile_dy), add, dx);
        numbers_close(call->input_gradient[0], first, size, dx);
    }
}

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
    apply(call, relu);
    return STATUS_OK;
}

static Status relu_backward(const OperationCall *call)
{
    apply_gradient(call, relu_gradient);
    return STATUS_OK;
}

NodeId net_relu(Net *net, NodeId input)
{
    static const Operation operation = {.name = "relu",
                                        .forward = relu_forward,
                                        .backward = relu_backward,
                                        .non_negative = true,
                                        .fuse = FUSE_RELU};
    return add_elementwise(net, &operation, 1, &input, 0, true);
}

VECTORISED static void leaky_relu(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; ++i)
        y[i] = x[i] < 0 ? NET_LEAK * x[i] : x[i];
}

/* y has the sign of x. */
VECTORISED static void leaky_relu_gradient(size_t n, const float *y, const float *dy, bool add,
                                           float *dx)
{
    for (size_t i = 0; i < n; ++i)
        dx[i] = (add ? dx[i] : 0) + (y[i] > 0 ? dy[i] : NET_LEAK * dy[i]);
}

static Status leaky_relu_forward(const OperationCall *call)
{
    apply(call, leaky_relu);
    return STATUS_OK;
}

static Status leaky_relu_backward(const OperationCall *call)
{
    apply_gradient(call, leaky_relu_gradient);
    return STATUS_OK;
}

NodeId net_leaky_relu(Net *net, NodeId input)
{
    static const Operation operation = {.name = "leaky_relu",
                                        .forward = leaky_relu_forward,
                                        .backward = leaky_relu_backward,
                                        .fuse = FUSE_LEAKY_RELU};
    return add_elementwise(net, &operation, 1, &input, 0, true);
}

static void sigmoid(size_t n, const float *x, float *y)
{
    for (size_t i = 0; i < n; ++i)
        y[i] = 1 / (1 + expf(-x[i]));
}

VECTORISED static void sigmoid_gradient(size_t n, const float *y, const float *dy, bool add,
                                        float *dx)
{
    for (size_t i = 0; i < n; ++i)
        dx[i] = (add ? dx[i] : 0) + dy[i] * y[i] * (1 - y[i]);
}

/* The same for what becomes bfloat16, to 1e-6: e^-x = 2^n 2^f with f up to a half, by a polynomial.
 * Adding 1.5 x 2^23 rounds to n and leaves it in the low bits. A NaN passes. */
VECTORISED static void sigmoid_near(size_t n, const float *restrict x, float *restrict y)
{
    for (size_t i = 0; i < n; ++i) {
        uint32_t bits;
        float t = -1.44269504F * x[i], power;
        t = t > 126 ? 126 : t;
        t = t < -126 ? -126 : t;
        const float rounded = t + 0x1.8p23F, f = t - (rounded - 0x1.8p23F);
        memcpy(&bits, &rounded, sizeof bits);
        bits = (bits << 23) + (127U << 23);
        memcpy(&power, &bits, sizeof power);
        y[i] =
            1 /
            (1 + power * (1 + f * (0.693147182F +
                                   f * (0.240226507F +
                                        f * (0.0555036F + f * (0.00961798F + f * 0.00133982F))))));
    }
}

static Status sigmoid_forward(const OperationCall *call)
{
    apply(call, call->output.half ? sigmoid_near : sigmoid);
    return STATUS_OK;
}

static Status sigmoid_backward(const OperationCall *call)
{
    apply_gradient(call, sigmoid_gradient);
    return STATUS_OK;
}

NodeId net_sigmoid(Net *net, NodeId input)
{
    static const Operation operation = {.name = "sigmoid",
                                        .forward = sigmoid_forward,
                                        .backward = sigmoid_backward,
                                        .non_negative = true};
    return add_elementwise(net, &operation, 1, &input, 0, true);
}

/* ---- change of precision: the same numbers in the other kind of array ---- */

/* Adds the output's gradient to that of input k, or copies it. */
static void pass_gradient(const OperationCall *call, int k)
{
    size_t count = shape_count(call->node->request.shape);
    const Numbers from = call->output_gradient, to = call->input_gradient[k];
    FOR_RUNS (first, count)
        if (call->add_gradient[k])
            numbers_sum(from, to, first, run_size(first, count), to);
        else
            numbers_copy(from, first, to, first, run_size(first, count));
}

static Status convert_forward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    FOR_RUNS (first, count)
        numbers_copy(call->input[0], first, call->output, first, run_size(first, count));
    return STATUS_OK;
}

static Status convert_backward(const OperationCall *call)
{
    pass_gradient(call, 0);
    return STATUS_OK;
}

NodeId net_convert(Net *net, NodeId input, bool half)
{
    static const Operation operation = {.name = "convert",
                                        .forward = convert_forward,
                                        .backward = convert_backward,
                                        .keeps_sign = true};
    if (net_is_half(net, input) == half)
        return input;
    return net_add_node(net, &(NodeRequest){.operation = &operation,
                                            .input_count = 1,
                                            .inputs = {input},
                                            .shape = net_shape(net, input),
                                            .weight = NO_PARAMETER,
                                            .bias = NO_PARAMETER,
                                            .single = !half});
}

/* ---- sum ---- */

static Status add_forward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    FOR_RUNS (first, count)
        numbers_sum(call->input[0], call->input[1], first, run_size(first, count), call->output);
    return STATUS_OK;
}

static Status add_backward(const OperationCall *call)
{
    for (int k = 0; k < 2; ++k)
        if (call->input_gradient[k].data &&
            call->input_gradient[k].data != call->output_gradient.data)
            pass_gradient(call, k);
    return STATUS_OK;
}

static bool sums_are_same(const NodeRequest *a, const NodeRequest *b)
{
    (void)a;
    (void)b;
    return true;
}

NodeId net_add(Net *net, NodeId a, NodeId b)
{
    static const Operation operation = {.name = "add",
                                        .forward = add_forward,
                                        .backward = add_backward,
                                        .keeps_sign = true,
                                        .hands_on = true,
                                        .fuse = FUSE_SUM,
                                        .same = sums_are_same};
    return add_elementwise(net, &operation, 2, (NodeId[]){a, b}, 0, false);
}

/* ---- product ---- */

VECTORISED static void product(size_t n, const float *a, const float *b, float *y)
{
    for (size_t i = 0; i < n; ++i)
        y[i] = a[i] * b[i];
}

static Status multiply_forward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    FOR_RUNS (first, count) {
        size_t size = run_size(first, count);
        float tile_a[NUMBERS_RUN], tile_b[NUMBERS_RUN], tile_y[NUMBERS_RUN];
        float *y = numbers_open(call->output, first, size, false, tile_y);
        product(size, numbers_read(call->input[0], first, size, tile_a),
                numbers_read(call->input[1], first, size, tile_b), y);
        numbers_close(call->output, first, size, y);
    }
    return STATUS_OK;
}

VECTORISED static void product_gradient(size_t n, const float *other, const float *dy, bool add,
                                        float *dx)
{
    for (size_t i = 0; i < n; ++i)
        dx[i] = (add ? dx[i] : 0) + dy[i] * other[i];
}

static Status multiply_backward(const OperationCall *call)
{
    size_t count = shape_count(call->node->request.shape);
    for (int k = 0; k < 2; ++k) {
        bool add = call->add_gradient[k];
        if (!call->input_gradient[k].data)
            continue;
        FOR_RUNS (first, count) {
            size_t size = run_size(first, count);
            float tile_b[NUMBERS_RUN], tile_dy[NUMBERS_RUN], tile_dx[NUMBERS_RUN];
            float *dx = numbers_open(call->input_gradient[k], first, size, add, tile_dx);
            product_gradient(size, numbers_read(call->input[1 - k], first, size, tile_b),
                             numbers_read(call->output_gradient, first, size, tile_dy), add, dx);
            numbers_close(call->input_gradient[k], first, size, dx);
        }
    }
    return STATUS_OK;
}

NodeId net_multiply(Net *net, NodeId a, NodeId b)
{
    static const Operation operation = {.name = "multiply",
                                        .forward = multiply_forward,
                                        .backward = multiply_backward,
                                        .keeps_sign = true};
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
    for (size_t p = 0; p < pixels; ++p) {
        float tile_g, tile_a[NUMBERS_TILE], tile_b[NUMBERS_TILE], tile_y[NUMBERS_TILE];
        float *y = numbers_open(call->output, p * C, C, false, tile_y);
        blend(C, *numbers_read(call->input[0], p, 1, &tile_g),
              numbers_read(call->input[1], p * C, C, tile_a),
              numbers_read(call->input[2], p * C, C, tile_b), y);
        numbers_close(call->output, p * C, C, y);
    }
    return STATUS_OK;
}

static void blend_gate_gradient(const OperationCall *call, size_t p, size_t C, const float *dy)
{
    float tile_a[NUMBERS_TILE], tile_b[NUMBERS_TILE], tile, total = 0;
    const float *a = numbers_read(call->input[1], p * C, C, tile_a);
    const float *b = numbers_read(call->input[2], p * C, C, tile_b);
    for (size_t c = 0; c < C; ++c)
        total += dy[c] * (a[c] - b[c]);
    float *dg = numbers_open(call->input_gradient[0], p, 1, call->add_gradient[0], &tile);
    *dg = (call->add_gradient[0] ? *dg : 0) + total;
    numbers_close(call->input_gradient[0], p, 1, dg);
}

static Status blend_backward(const OperationCall *call)
{
    Shape shape = call->node->request.shape;
    size_t pixels = shape_pixels(shape), C = shape.c;
#pragma omp parallel for schedule(static)
    for (size_t p = 0; p < pixels; ++p) {
        float tile_g, tile_dy[NUMBERS_TILE], tile_dx[NUMBERS_TILE];
        float g = *numbers_read(call->input[0], p, 1, &tile_g);
        const float *dy = numbers_read(call->output_gradient, p * C, C, tile_dy);
        if (call->input_gradient[0].data)
            blend_gate_gradient(call, p, C, dy);
        for (int k = 1; k < 3; ++k)
            if (call->input_gradient[k].data) {
                bool add = call->add_gradient[k];
                float *dx = numbers_open(call->input_gradient[k], p * C, C, add, tile_dx);
                scaled(C, k == 1 ? g : 1 - g, dy, add, dx);
                numbers_close(call->input_gradient[k], p * C, C, dx);
            }
    }
    return STATUS_OK;
}

NodeId net_blend(Net *net, NodeId gate, NodeId a, NodeId b)
{
    static const Operation operation = {
        .name = "blend", .forward = blend_forward, .backward = blend_backward};
    return add_elementwise(net, &operation, 3, (NodeId[]){gate, a, b}, 7, false);
}

/* bfloat16 networks against float32 ones of the same parameters: outputs and gradients agree to
 * what 8 bits of precision leave, operation by operation. */
#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "nn/net.h"
#include "nn/numbers.h"

/* Each draws one operation on maps a and b (2 x 9 x 7 x 24) that a trainable convolution made. */
typedef NodeId (*Drawing)(Net *net, NodeId a, NodeId b);

static NodeId draw_convolution(Net *net, NodeId a, NodeId b)
{
    return net_convolution(net, net_add(net, a, b), "op",
                           &(ConvolutionSettings){.output_channels = 16,
                                                  .kernel_h = 3,
                                                  .kernel_w = 3,
                                                  .stride = 2,
                                                  .pad_h = 1,
                                                  .pad_w = 1,
                                                  .bias = true});
}

static NodeId draw_standardised(Net *net, NodeId a, NodeId b)
{
    return net_convolution(
        net, net_add(net, a, b), "op",
        &(ConvolutionSettings){
            .output_channels = 16, .kernel_h = 1, .kernel_w = 1, .standardised = true});
}

static NodeId draw_group_norm(Net *net, NodeId a, NodeId b)
{
    return net_add(net, net_group_norm(net, a, "op", 6, true), b);
}

static NodeId draw_again(Net *net, NodeId a, NodeId b)
{
    NodeId normed = net_group_norm(net, net_add(net, a, b), "norm", 6, true);
    return net_convolution(
        net, normed, "op",
        &(ConvolutionSettings){.output_channels = 8, .kernel_h = 3, .kernel_w = 3});
}

/* So many channels that they go through in whole vectors, with and without a ReLU. */
static NodeId draw_wide_norms(Net *net, NodeId a, NodeId b)
{
    const NodeId x = net_concat_channels(net, 2, (NodeId[]){a, b});
    return net_add(net, net_group_norm(net, x, "op", 3, true),
                   net_group_norm(net, x, "other", 3, false));
}

static NodeId draw_relu(Net *net, NodeId a, NodeId b)
{
    return net_add(net, net_relu(net, a), b);
}

static NodeId draw_leaky_relu(Net *net, NodeId a, NodeId b)
{
    return net_add(net, net_leaky_relu(net, a), b);
}

static NodeId draw_sigmoid(Net *net, NodeId a, NodeId b)
{
    return net_multiply(net, net_sigmoid(net, a), b);
}

static NodeId draw_blend(Net *net, NodeId a, NodeId b)
{
    NodeId gate = net_convolution(
        net, a, "op",
        &(ConvolutionSettings){.output_channels = 1, .kernel_h = 1, .kernel_w = 1, .bias = true});
    return net_blend(net, net_sigmoid(net, gate), a, b);
}

static NodeId draw_max_pool(Net *net, NodeId a, NodeId b)
{
    return net_max_pool(net, net_add(net, a, b));
}

/* The mean broadcast again: its gradient is a sum over all pixels. */
static NodeId draw_mean(Net *net, NodeId a, NodeId b)
{
    return net_add(net, net_resize_nearest(net, net_mean(net, a), 9, 7), b);
}

static NodeId draw_resize_nearest(Net *net, NodeId a, NodeId b)
{
    return net_resize_nearest(net, net_add(net, a, b), 17, 14);
}

static NodeId draw_resize_bilinear(Net *net, NodeId a, NodeId b)
{
    return net_add(net, net_resize_bilinear(net, a, 18, 14), net_resize_bilinear(net, b, 18, 14));
}

static NodeId draw_concat_channels(Net *net, NodeId a, NodeId b)
{
    return net_concat_channels(net, 3, (NodeId[]){a, b, a});
}

static NodeId draw_concat_rows(Net *net, NodeId a, NodeId b)
{
    return net_concat_rows(net, 2, (NodeId[]){a, b}, 4);
}

static NodeId draw_batch_norm(Net *net, NodeId a, NodeId b)
{
    return net_add(net, net_batch_norm(net, a, "op", &(BatchNormSettings){.relu = true}), b);
}

/* Its value is made again for the convolution's backward pass. */
static NodeId draw_batch_norm_again(Net *net, NodeId a, NodeId b)
{
    NodeId normed = net_batch_norm(net, net_add(net, a, b), "norm", &(BatchNormSettings){0});
    return net_convolution(
        net, normed, "op",
        &(ConvolutionSettings){.output_channels = 8, .kernel_h = 3, .kernel_w = 3});
}

static NodeId draw_dropout(Net *net, NodeId a, NodeId b)
{
    return net_dropout(net, net_add(net, net_dropout(net, a, "one", 0.2), b), "two", 0.5);
}

static NodeId draw_linear(Net *net, NodeId a, NodeId b)
{
    return net_linear(net, net_add(net, a, b), "op", &(LinearSettings){.outputs = 10});
}

static NodeId draw_max_pool_2d(Net *net, NodeId a, NodeId b)
{
    const PoolSettings settings = {
        .kernel_h = 3, .kernel_w = 3, .stride = 2, .pad_h = 1, .pad_w = 1, .ceil_mode = true};
    return net_max_pool_2d(net, net_add(net, a, b), &settings);
}

static NodeId draw_average_pool(Net *net, NodeId a, NodeId b)
{
    const PoolSettings settings = {.kernel_h = 3, .kernel_w = 3, .pad_h = 1, .pad_w = 1};
    return net_add(net, net_average_pool(net, a, &settings), b);
}

static NodeId draw_adaptive_average_pool(Net *net, NodeId a, NodeId b)
{
    return net_adaptive_average_pool(net, net_add(net, a, b), 4, 3);
}

static void fill(float *numbers, size_t count, const char *purpose)
{
    RandomStream stream;
    random_init(&stream, 5, purpose, 0, 0);
    for (size_t i = 0; i < count; ++i)
        numbers[i] = random_normal(&stream);
}

/* The output and all parameters' gradients, one after the other, in *numbers. */
static void run(Drawing drawing, Precision precision, float **numbers, size_t *count)
{
    ParameterList parameters;
    Net *net;
    const ConvolutionSettings first = {
        .output_channels = 24, .kernel_h = 1, .kernel_w = 1, .bias = true};
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_onednn(), true, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, precision), STATUS_OK);
    NodeId image = net_input(net, (Shape){2, 9, 7, 5});
    NodeId a = net_convolution(net, image, "a", &first),
           b = net_convolution(net, image, "b", &first);
    NodeId output = net_output(net, drawing(net, a, b));
    if (net_plan(net) != STATUS_OK)
        fail_msg("%s", status_message());
    assert_int_equal(parameters_add_gradients(&parameters), STATUS_OK);
    parameters_randomise(&parameters, 7);
    size_t outputs = shape_count(net_shape(net, output));
    fill(net_value(net, image), 2 * 9 * 7 * 5, "image");
    assert_int_equal(net_forward(net), STATUS_OK);
    fill(net_gradient(net, output), outputs, "gradient");
    assert_int_equal(net_backward(net, NULL), STATUS_OK);
    *count = outputs + parameters_total(&parameters, true);
    assert_int_equal(MEMORY_NEW(numbers, *count), STATUS_OK);
    memcpy(*numbers, net_value(net, output), outputs * sizeof(float));
    float *at = *numbers + outputs;
    for (size_t i = 0; i < parameters.count; ++i) {
        const Parameter *parameter = &parameters.items[i];
        if (!parameter_trains(parameter))
            continue;
        memcpy(at, parameter->gradient, parameter->count * sizeof(float));
        at += parameter->count;
    }
    net_free(net);
    parameters_clear(&parameters);
}

static void operations_agree_with_float32(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        Drawing drawing;
    } cases[] = {
        {"convolution", draw_convolution},
        {"standardised", draw_standardised},
        {"group_norm", draw_group_norm},
        {"group_norm again", draw_again},
        {"norms of many channels", draw_wide_norms},
        {"relu", draw_relu},
        {"leaky_relu", draw_leaky_relu},
        {"sigmoid", draw_sigmoid},
        {"blend", draw_blend},
        {"max_pool", draw_max_pool},
        {"mean", draw_mean},
        {"resize_nearest", draw_resize_nearest},
        {"resize_bilinear", draw_resize_bilinear},
        {"concat_channels", draw_concat_channels},
        {"concat_rows", draw_concat_rows},
        {"batch_norm", draw_batch_norm},
        {"batch_norm again", draw_batch_norm_again},
        {"dropout", draw_dropout},
        {"linear", draw_linear},
        {"max_pool_2d", draw_max_pool_2d},
        {"average_pool", draw_average_pool},
        {"adaptive_average_pool", draw_adaptive_average_pool},
    };
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        float *single, *half;
        size_t count, same;
        run(cases[i].drawing, PRECISION_F32, &single, &count);
        run(cases[i].drawing, PRECISION_BF16, &half, &same);
        assert_int_equal(count, same);
        double difference = 0, norm = 0;
        for (size_t k = 0; k < count; ++k) {
            difference += pow((double)half[k] - (double)single[k], 2);
            norm += pow((double)single[k], 2);
        }
        /* The rounding of input, weights and results, and a few flips of ReLU and maximum. */
        if (!(sqrt(difference / norm) < 2.5e-2) || difference == 0)
            fail_msg("%s: relative difference %g", cases[i].name, sqrt(difference / norm));
        free(single);
        free(half);
    }
}

/* So many that weights are not closed all at once. */
enum { RECURSION_CHANNELS = 96 };

/* The same convolution three times, so that its parameters have three uses. */
static NodeId draw_recursion(Net *net, NodeId a, NodeId b)
{
    NodeId x = net_add(net, a, b);
    for (int i = 0; i < 3; ++i)
        x = net_convolution(net, x, "op",
                            &(ConvolutionSettings){.output_channels = RECURSION_CHANNELS,
                                                   .kernel_h = 1,
                                                   .kernel_w = 1,
                                                   .standardised = true,
                                                   .bias = true});
    return x;
}

/* Keeps what it is given as it is. */
typedef struct {
    ParameterList *parameters;
    float *opened[8], *kept[8];
    size_t keeps[8], adds[8];
} Keeper;

static float *keeper_open(void *context, size_t parameter)
{
    Keeper *keeper = context;
    assert_null(keeper->opened[parameter]);
    assert_int_equal(
        MEMORY_NEW(&keeper->opened[parameter], keeper->parameters->items[parameter].count),
        STATUS_OK);
    return keeper->opened[parameter];
}

static void keeper_keep(void *context, size_t parameter, size_t first, size_t count,
                        const float *numbers, bool last)
{
    Keeper *keeper = context;
    assert_true(last ==
                (keeper->keeps[parameter] >= 2 * keeper->parameters->items[parameter].count));
    if (!keeper->kept[parameter])
        assert_int_equal(
            MEMORY_NEW(&keeper->kept[parameter], keeper->parameters->items[parameter].count),
            STATUS_OK);
    memcpy(keeper->kept[parameter] + first, numbers, count * sizeof(float));
    keeper->keeps[parameter] += count;
}

static void keeper_add(void *context, size_t parameter, size_t first, size_t count, float *numbers)
{
    Keeper *keeper = context;
    for (size_t k = 0; k < count; ++k)
        numbers[k] += keeper->kept[parameter][first + k];
    keeper->adds[parameter] += count;
}

/* The last use's, against those that were added up in the parameter's own array before. */
static Status keeper_compare(void *context, size_t parameter, const float *gradient)
{
    const Keeper *keeper = context;
    const Parameter *item = &keeper->parameters->items[parameter];
    assert_memory_equal(gradient ? gradient : keeper->kept[parameter], item->gradient,
                        item->count * sizeof(float));
    return STATUS_OK;
}

static void weights_of_several_uses_have_their_gradient_kept_in_between(void **state)
{
    (void)state;
    ParameterList parameters;
    Net *net;
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_onednn(), true, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, PRECISION_BF16), STATUS_OK);
    NodeId image = net_input(net, (Shape){2, 9, 7, RECURSION_CHANNELS});
    NodeId output = net_output(net, draw_recursion(net, image, image));
    assert_int_equal(net_plan(net), STATUS_OK);
    assert_int_equal(parameters_add_gradients(&parameters), STATUS_OK);
    parameters_randomise(&parameters, 7);
    Keeper keeper = {.parameters = &parameters};
    const GradientTaker taker = {&keeper, keeper_open, keeper_keep, keeper_add, keeper_compare};
    for (int i = 0; i < 2; ++i) {
        fill(net_value(net, image), 2 * 9 * 7 * RECURSION_CHANNELS, "image");
        assert_int_equal(net_forward(net), STATUS_OK);
        fill(net_gradient(net, output), shape_count(net_shape(net, output)), "gradient");
        assert_int_equal(net_backward(net, i ? &taker : NULL), STATUS_OK);
    }
    for (size_t i = 0; i < parameters.count; ++i) {
        const bool weights = parameters.items[i].rank > 1;
        const size_t count = parameters.items[i].count;
        assert_int_equal(keeper.keeps[i], weights ? 3 * count : 0);
        assert_int_equal(keeper.adds[i], weights ? 2 * count : 0);
        assert_true(!keeper.opened[i] == weights);
        free(keeper.opened[i]);
        free(keeper.kept[i]);
    }
    net_free(net);
    parameters_clear(&parameters);
}

static void numbers_are_rounded_to_nearest_with_ties_to_even(void **state)
{
    (void)state;
    /* One bfloat16 step above 1 is 2^-7. */
    const float step = 0x1p-7f;
    const float given[] = {1,
                           1 + 0.49f * step,
                           1 + 0.5f * step,
                           1 + 1.5f * step,
                           -1 - 0.51f * step,
                           INFINITY,
                           -INFINITY,
                           NAN};
    const float expected[] = {1, 1, 1, 1 + 2 * step, -1 - step, INFINITY, -INFINITY, NAN};
    enum { COUNT = sizeof given / sizeof *given };
    uint16_t stored[COUNT];
    float tile[COUNT];
    numbers_close((Numbers){.data = stored, .half = true}, 0, COUNT, given);
    const float *back = numbers_read((Numbers){.data = stored, .half = true}, 0, COUNT, tile);
    for (size_t i = 0; i < COUNT; ++i)
        assert_true(back[i] == expected[i] || (isnan(back[i]) && isnan(expected[i])));
}

static void an_engine_without_bfloat16_refuses_it(void **state)
{
    (void)state;
    ParameterList parameters;
    Net *net;
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), true, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, PRECISION_F32), STATUS_OK);
    assert_int_equal(net_set_precision(net, PRECISION_BF16), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "use precision f32"));
    net_free(net);
    parameters_clear(&parameters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations_agree_with_float32),
        cmocka_unit_test(weights_of_several_uses_have_their_gradient_kept_in_between),
        cmocka_unit_test(numbers_are_rounded_to_nearest_with_ties_to_even),
        cmocka_unit_test(an_engine_without_bfloat16_refuses_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

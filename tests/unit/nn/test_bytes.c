/* Convolutions in 8 bits: the engine against a plain loop over whole numbers, arrays of 8 bits, and
 * networks that compute so against the same in float32. */
#include "../moments.h"
#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/processor.h"
#include "base/random.h"
#include "nn/engines/byte_products.h"
#include "nn/net_state.h"

static bool has_bytes(void)
{
    return engine_onednn() && engine_onednn()->has_bytes();
}

static float *random_floats(size_t count, const char *purpose)
{
    float *numbers;
    RandomStream stream;
    assert_int_equal(MEMORY_NEW(&numbers, count), STATUS_OK);
    random_init(&stream, 5, purpose, 0, 0);
    for (size_t i = 0; i < count; ++i)
        numbers[i] = random_normal(&stream);
    return numbers;
}

static void an_array_of_bytes_rounds_and_is_cut_off(void **state)
{
    (void)state;
    const float given[] = {0, 0.24F, 0.26F, 0.75F, 1.25F, -0.6F, -1000, 1000, 63.6F, -63.6F};
    const float unsigned_expected[] = {0, 0, 0.5F, 1, 1, 0, 0, 127.5F, 63.5F, 0};
    const float signed_expected[] = {0, 0, 0.5F, 1, 1, -0.5F, -63.5F, 63.5F, 63.5F, -63.5F};
    enum { COUNT = sizeof given / sizeof *given };
    for (int sign = 0; sign < 2; ++sign) {
        uint8_t bytes[COUNT];
        uint16_t halves[COUNT];
        float tile[COUNT], got[COUNT];
        const Numbers to = {.data = bytes, .step = 0.5F, .sign = sign};
        const Numbers half = {.data = halves, .half = true};
        const float *expected = sign ? signed_expected : unsigned_expected;
        memcpy(numbers_open(to, 0, COUNT, false, tile), given, sizeof given);
        numbers_close(to, 0, COUNT, tile);
        assert_memory_equal(numbers_read(to, 0, COUNT, got), expected, sizeof given);
        numbers_copy((Numbers){.data = (void *)(uintptr_t)expected}, 0, half, 0, COUNT);
        memset(bytes, 7, sizeof bytes);
        numbers_copy(half, 0, to, 0, COUNT);
        numbers_copy(to, 0, (Numbers){.data = got}, 0, COUNT);
        assert_memory_equal(got, expected, sizeof given);
    }
}

/* The output of the shape's convolution, number by number, from whole numbers. */
static void plain_loop(const ConvolutionShape *s, const void *input, const int8_t *weights,
                       const float *scales, const float *bias, const float *residual,
                       double *output)
{
    const Shape in = s->input, out = convolution_output(s);
    for (size_t at = 0; at < shape_count(out); ++at) {
        const size_t o = at % out.c, x = at / out.c % out.w, y = at / out.c / out.w % out.h;
        const size_t n = at / out.c / out.w / out.h;
        int64_t sum = 0;
        for (size_t ky = 0; ky < s->kernel_h; ++ky)
            for (size_t kx = 0; kx < s->kernel_w; ++kx) {
                const size_t iy = y * s->stride + ky * s->dilation - s->pad_h; /* may wrap */
                const size_t ix = x * s->stride + kx * s->dilation - s->pad_w;
                for (size_t c = 0; c < in.c && iy < in.h && ix < in.w; ++c) {
                    const size_t from = ((n * in.h + iy) * in.w + ix) * in.c + c;
                    const int number =
                        s->sign ? ((const int8_t *)input)[from] : ((const uint8_t *)input)[from];
                    sum += number * weights[((o * in.c + c) * s->kernel_h + ky) * s->kernel_w + kx];
                }
            }
        output[at] = (double)sum * (double)scales[o] * (double)s->step;
        output[at] += s->bias ? (double)bias[o] : 0;
        output[at] += s->residual ? (double)residual[at] : 0;
        if (s->activation == ACTIVATION_RELU && output[at] < 0)
            output[at] = 0;
        if (s->activation == ACTIVATION_LEAKY_RELU && output[at] < 0)
            output[at] *= (double)NET_LEAK;
    }
}

static void check_convolution(const Engine *engine, ConvolutionShape shape)
{
    const size_t inputs = shape_count(shape.input);
    const size_t outputs = shape_count(convolution_output(&shape));
    const size_t taps = shape.output_channels * shape.input.c * shape.kernel_h * shape.kernel_w;
    uint8_t *input;
    int8_t *whole;
    double *expected;
    float *scales, *weights = random_floats(taps, "weights");
    float *bias = random_floats(shape.output_channels, "bias");
    float *got = random_floats(outputs, "residual"), *residual = random_floats(outputs, "residual");
    assert_int_equal(MEMORY_NEW(&input, inputs), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&whole, taps), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&scales, shape.output_channels), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&expected, outputs), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 5, "input", 0, 0);
    for (size_t i = 0; i < inputs; ++i) /* all of them, the ends too */
        input[i] = (uint8_t)(random_u32(&stream) >> 24);
    for (size_t i = 0; shape.sign && i < inputs; ++i)
        input[i] = input[i] == 0x80 ? 0 : input[i];
    bytes_weights(&shape, weights, whole, scales);
    uint16_t *halves;
    assert_int_equal(MEMORY_NEW(&halves, outputs), STATUS_OK);
    const Numbers map = {.data = shape.half ? (void *)halves : got, .half = shape.half};
    const Numbers plain = {.data = residual};
    numbers_copy(plain, 0, map, 0, outputs);
    numbers_copy(map, 0, plain, 0, outputs); /* rounded */
    plain_loop(&shape, input, whole, scales, bias, residual, expected);

    ConvolutionPlan *plan, *twin;
    char *workspace;
    assert_int_equal(engine->plan_new(&shape, false, false, &plan), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&workspace, engine->workspace_bytes(plan)), STATUS_OK);
    engine->set_workspace(plan, workspace);
    void *packed = aligned_alloc(64, (engine->packed_bytes(plan, PACK_FORWARD) + 63) / 64 * 64);
    assert_non_null(packed);
    engine->set_packed(plan, PACK_FORWARD, packed);
    assert_int_equal(engine->set_weights(plan, PACK_FORWARD, weights), STATUS_OK);
    assert_int_equal(engine->plan_twin(plan, &twin), STATUS_OK);
    engine->set_workspace(twin, workspace);
    const size_t parts = engine->moment_parts ? engine->moment_parts(&shape) : 0;
    assert_true(!engine->moment_parts || (parts > 0) == (shape.input.n == 1));
    float *moments = random_floats(parts * 2 * shape.output_channels + 1, "moments");
    const size_t unit = (size_t)1 << shape.activation * 2; /* 1, 4, 16 */
    if (parts)
        engine->set_moments(twin, moments, unit);
    assert_int_equal(engine->forward(twin, input, bias, map.data), STATUS_OK);
    numbers_copy(map, 0, (Numbers){.data = got}, 0, outputs);
    check_moments(&shape, parts, unit, moments, got);
    free(moments);
    double error = 0, size = 0;
    for (size_t i = 0; i < outputs; ++i) {
        const double rounding = shape.half ? fabs(expected[i]) / 256 : 0;
        error = fmax(error, fabs((double)got[i] - expected[i]) - rounding);
        size = fmax(size, fabs(expected[i]));
    }
    if (!(error < 1e-6 * size))
        fail_msg("%zux%zu, stride %zu, %s: off by %g of %g", shape.kernel_h, shape.kernel_w,
                 shape.stride, shape.sign ? "signed" : "unsigned", error, size);
    engine->plan_free(twin);
    engine->plan_free(plan);
    free(halves);
    free(packed);
    free(workspace);
    free(expected);
    free(scales);
    free(whole);
    free(input);
    free(residual);
    free(got);
    free(bias);
    free(weights);
}

static void a_convolution_is_the_sum_of_whole_products(void **state)
{
    (void)state;
    if (!has_bytes())
        skip();
    for (int sign = 0; sign < 2; ++sign) {
        ConvolutionShape shape = {.input = {2, 9, 7, 48},
                                  .output_channels = 40,
                                  .kernel_h = 1,
                                  .kernel_w = 1,
                                  .stride = 1,
                                  .dilation = 1,
                                  .step = 0.0371F,
                                  .sign = sign};
        check_convolution(engine_onednn(), shape);
        shape.bias = true;
        shape.activation = ACTIVATION_RELU;
        check_convolution(engine_onednn(), shape);
        shape.kernel_h = shape.kernel_w = 3;
        shape.pad_h = shape.pad_w = 1;
        shape.activation = ACTIVATION_LEAKY_RELU;
        check_convolution(engine_onednn(), shape);
        shape.stride = 2;
        shape.residual = true;
        check_convolution(engine_onednn(), shape);
        shape.activation = ACTIVATION_RELU;
        shape.stride = 1;
        shape.dilation = shape.pad_h = shape.pad_w = 2;
        check_convolution(engine_onednn(), shape);
    }
}

/* Rows and slices that do not come out even, pixels that are left out, and maps of bfloat16. */
static void products_of_bytes_are_the_same_sums(void **state)
{
    (void)state;
    const ConvolutionShape shapes[] = {
        {.input = {2, 9, 7, 48}, .output_channels = 64, .stride = 1},
        {.input = {1, 1, 1, 32}, .output_channels = 64, .stride = 1, .bias = true},
        {.input = {1, 19, 17, 512}, .output_channels = 576, .stride = 1, .residual = true},
        {.input = {2, 13, 15, 512}, .output_channels = 576, .stride = 2, .bias = true},
        {.input = {1, 31, 37, 64}, .output_channels = 96, .stride = 2},
        {.input = {1, 11, 13, 528}, .output_channels = 32, .stride = 1, .residual = true},
    };
    if (!has_bytes() || processor_has_tiles())
        skip();
    for (size_t i = 0; i < 4 * sizeof shapes / sizeof *shapes; ++i) {
        ConvolutionShape shape = shapes[i / 4];
        shape.kernel_h = shape.kernel_w = shape.dilation = 1;
        shape.step = 0.0371F;
        shape.sign = i & 1;
        shape.half = (i & 2) && processor_has_half();
        assert_true(byte_products_fit(&shape));
        for (shape.activation = ACTIVATION_NONE; shape.activation <= ACTIVATION_LEAKY_RELU;
             ++shape.activation)
            check_convolution(engine_byte_products(), shape);
    }
    ConvolutionShape refused = shapes[0];
    refused.dilation = 1;
    refused.kernel_h = refused.kernel_w = 1;
    assert_false(byte_products_fit(&refused)); /* not of 8 bits */
    refused.step = 1;
    assert_true(byte_products_fit(&refused));
    refused.output_channels = 56;
    assert_false(byte_products_fit(&refused));
    refused.output_channels = 32; /* less than there are inputs */
    assert_true(byte_products_fit(&refused));
    refused.input.c = 46;
    assert_false(byte_products_fit(&refused));
}

/* Of a residual that has gone astray. */
static void a_nan_passes_through_products_of_bytes(void **state)
{
    (void)state;
    enum { NUMBERS = 32 };
    static const uint8_t input[NUMBERS] = {1, 2, 3};
    const Engine *engine = engine_byte_products();
    float *weights = random_floats((size_t)NUMBERS * NUMBERS, "weights"), output[NUMBERS];
    if (!has_bytes() || processor_has_tiles())
        skip();
    for (int activation = ACTIVATION_NONE; activation <= ACTIVATION_LEAKY_RELU; ++activation) {
        const ConvolutionShape shape = {.input = {1, 1, 1, NUMBERS},
                                        .output_channels = NUMBERS,
                                        .kernel_h = 1,
                                        .kernel_w = 1,
                                        .stride = 1,
                                        .dilation = 1,
                                        .step = 1,
                                        .residual = true,
                                        .activation = (Activation)activation};
        ConvolutionPlan *plan;
        void *packed[PACKS] = {NULL};
        assert_int_equal(engine->plan_new(&shape, false, false, &plan), STATUS_OK);
        assert_int_equal(engine_give_packed(engine, plan, packed), STATUS_OK);
        assert_int_equal(engine_pack_all(engine, plan, weights), STATUS_OK);
        for (size_t i = 0; i < NUMBERS; ++i)
            output[i] = i % 5 == 0 ? NAN : 1;
        assert_int_equal(engine->forward(plan, input, NULL, output), STATUS_OK);
        for (size_t i = 0; i < NUMBERS; ++i)
            assert_int_equal(isnan(output[i]) != 0, i % 5 == 0);
        engine->plan_free(plan);
        free(packed[PACK_FORWARD]);
    }
    free(weights);
}

/* ---- networks ---- */

/* A block as the improved SSD has it, a shortcut, maps that have a sign, and heads. */
static void build(Net *net, NodeId *input, NodeId outputs[2])
{
    const ConvolutionSettings wide = {.output_channels = 64,
                                      .kernel_h = 3,
                                      .kernel_w = 3,
                                      .pad_h = 1,
                                      .pad_w = 1,
                                      .standardised = true};
    const ConvolutionSettings point = {
        .output_channels = 64, .kernel_h = 1, .kernel_w = 1, .bias = true};
    const ConvolutionSettings head = {
        .output_channels = 4, .kernel_h = 1, .kernel_w = 1, .bias = true};
    *input = net_input(net, (Shape){1, 12, 12, 3});
    NodeId x = net_convolution(net, *input, "stem", &wide);
    NodeId a = net_group_norm(net, x, "n1", 8, true);
    NodeId y = net_convolution(net, a, "a", &wide);
    y = net_add(net, y, net_convolution(net, a, "s", &point));
    NodeId lateral = net_convolution(net, y, "b", &point);
    NodeId both[2] = {net_relu(net, lateral), net_relu(net, net_convolution(net, y, "c", &point))};
    NodeId joined = net_convolution(net, net_concat_channels(net, 2, both), "d", &wide);
    outputs[0] = net_output(net, net_convolution(net, joined, "head", &head));
    outputs[1] = net_output(net, joined);
}

enum { OUTPUTS = 12 * 12 * 64 };

static Status note_range(void *context, const char *weight, const ConvolutionShape *shape,
                         Numbers input)
{
    float most = 0;
    for (size_t i = 0; i < shape_count(shape->input); ++i)
        most = fmaxf(most, fabsf(((const float *)input.data)[i]));
    return bytes_fit(shape) ? input_ranges_add(context, weight, most) : STATUS_OK;
}

/* Runs the network; what is measured if `precision` is f32, what is taken otherwise. Counts nodes
 * of the operation. */
static size_t run(Precision precision, InputRanges *ranges, const char *operation, float *values)
{
    ParameterList parameters;
    Net *net;
    NodeId input, outputs[2];
    size_t found = 0;
    float *picture = random_floats(12 * 12 * 3, "picture");
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_onednn(), false, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, precision), STATUS_OK);
    net_set_ranges(net, ranges);
    build(net, &input, outputs);
    assert_int_equal(net_plan(net), STATUS_OK);
    parameters_randomise(&parameters, 1);
    memcpy(net_value(net, input), picture, 12 * 12 * 3 * sizeof *picture);
    if (precision == PRECISION_F32)
        net_observe(net, note_range, ranges);
    assert_int_equal(net_forward(net), STATUS_OK);
    memcpy(values, net_value(net, outputs[1]), OUTPUTS * sizeof *values);
    for (size_t i = 0; i < net_node_count(net); ++i)
        found += strcmp(net_node_cost(net, i).operation, operation) == 0;
    free(picture);
    net_free(net);
    parameters_clear(&parameters);
    return found;
}

static void a_network_in_bytes_answers_as_in_float32(void **state)
{
    (void)state;
    static float single[OUTPUTS], bytes[OUTPUTS];
    InputRanges ranges = {0};
    if (!has_bytes())
        skip();
    run(PRECISION_F32, &ranges, "quantise", single);
    assert_int_equal(ranges.count, 5); /* not the stem, nor the head */
    /* The norm and the concatenation write their maps so; the sum, whose convolution makes it,
     * does not. */
    assert_int_equal(run(PRECISION_INT8, &ranges, "quantise", bytes), 1);
    double error = 0, size = 0;
    for (size_t i = 0; i < OUTPUTS; ++i) {
        error += pow((double)bytes[i] - (double)single[i], 2);
        size += pow((double)single[i], 2);
    }
    assert_true(sqrt(error / size) < 0.03);
    assert_true(sqrt(error / size) > 1e-4); /* it was in bytes */
    input_ranges_clear(&ranges);
}

/* A norm behind convolutions of bytes, by products and by Winograd's, whose maps are outputs, too:
 * it takes its moments from them, and does as one that goes through the map. */
enum { SIDE = 24, WIDE = 64, GROUPS = 8, NORMS = 2 };

static NodeId draw_norm(Net *net, NodeId input, const char *name, const char *norm, size_t kernel,
                        NodeId *map)
{
    const ConvolutionSettings settings = {.output_channels = WIDE,
                                          .kernel_h = kernel,
                                          .kernel_w = kernel,
                                          .pad_h = kernel / 2,
                                          .pad_w = kernel / 2,
                                          .bias = true,
                                          .bias_value = 3};
    const NodeId x = net_convolution(net, input, name, &settings);
    *map = net_output(net, x);
    return net_output(net, net_group_norm(net, x, norm, GROUPS, false));
}

/* Off by at most the rounding of the result to bfloat16. */
static void check_norm(const float *map, const float *normed)
{
    enum { WIDTH = WIDE / GROUPS, PIXELS = SIDE * SIDE };
    for (size_t g = 0; g < GROUPS; ++g) {
        double sum = 0, squares = 0, most = 0;
        for (size_t i = 0; i < (size_t)PIXELS * WIDTH; ++i) {
            const double x = (double)map[i / WIDTH * WIDE + g * WIDTH + i % WIDTH];
            sum += x;
            squares += x * x;
            most = fmax(most, fabs(x));
        }
        const double mean = sum / (PIXELS * WIDTH);
        const double deviation = sqrt(squares / (PIXELS * WIDTH) - mean * mean + 1e-5);
        assert_true(deviation > 0.01);
        for (size_t i = 0; i < (size_t)PIXELS * WIDTH; ++i) {
            const size_t at = i / WIDTH * WIDE + g * WIDTH + i % WIDTH;
            const double expected = ((double)map[at] - mean) / deviation;
            const double room = 1e-4 + most / deviation * 1e-5 + fabs(expected) / 250;
            if (!(fabs((double)normed[at] - expected) <= room))
                fail_msg("number %zu is %g, not %g", at, (double)normed[at], expected);
        }
    }
}

static void a_norm_takes_its_moments_from_the_convolution(void **state)
{
    (void)state;
    ParameterList parameters;
    Net *net;
    InputRanges ranges = {0};
    NodeId maps[NORMS], norms[NORMS];
    if (!has_bytes() || !engine_onednn()->has_half() || processor_has_tiles())
        skip();
    parameters_init(&parameters);
    assert_int_equal(input_ranges_add(&ranges, "a.weight", 3), STATUS_OK);
    assert_int_equal(input_ranges_add(&ranges, "b.weight", 3), STATUS_OK);
    assert_int_equal(net_new(&parameters, engine_onednn(), false, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, PRECISION_INT8), STATUS_OK);
    net_set_ranges(net, &ranges);
    const NodeId input = net_input(net, (Shape){1, SIDE, SIDE, WIDE});
    norms[0] = draw_norm(net, input, "a", "n", 1, &maps[0]);
    norms[1] = draw_norm(net, input, "b", "m", 3, &maps[1]);
    assert_int_equal(net_plan(net), STATUS_OK);
    size_t sharing = 0;
    for (size_t i = 0; i < net->count; ++i)
        sharing += net->nodes[i].moments_of != 0;
    assert_int_equal(sharing, NORMS);
    parameters_randomise(&parameters, 1);
    for (size_t i = 0; i < parameters.count; ++i) /* norms that change nothing */
        for (size_t k = 0; parameters.items[i].rank == 1 && k < parameters.items[i].count; ++k)
            parameters.items[i].value[k] = strstr(parameters.items[i].name, "weight") ? 1 : 0;
    float *picture = random_floats((size_t)SIDE * SIDE * WIDE, "picture");
    memcpy(net_value(net, input), picture, (size_t)SIDE * SIDE * WIDE * sizeof *picture);
    assert_int_equal(net_forward(net), STATUS_OK);
    for (size_t i = 0; i < NORMS; ++i)
        check_norm(net_value(net, maps[i]), net_value(net, norms[i]));
    free(picture);
    net_free(net);
    input_ranges_clear(&ranges);
    parameters_clear(&parameters);
}

/* What is left out of 8 bits computes with its input as it is: with all of them left, no map is in
 * 8 bits, and answers are those of bfloat16. */
static void what_is_left_is_not_in_bytes(void **state)
{
    (void)state;
    static float single[OUTPUTS], some[OUTPUTS], none[OUTPUTS], half[OUTPUTS];
    InputRanges ranges = {0};
    if (!has_bytes() || !engine_onednn()->has_half())
        skip();
    run(PRECISION_F32, &ranges, "quantise", single);
    ranges.items[0].left = true;
    run(PRECISION_INT8, &ranges, "quantise", some);
    for (size_t i = 0; i < ranges.count; ++i)
        ranges.items[i].left = true;
    assert_int_equal(run(PRECISION_INT8, &ranges, "quantise", none), 0);
    run(PRECISION_BF16, NULL, "quantise", half);
    assert_memory_equal(none, half, sizeof half);
    assert_memory_not_equal(some, half, sizeof half);
    input_ranges_clear(&ranges);
}

static void what_cannot_be_in_bytes_is_refused(void **state)
{
    (void)state;
    ParameterList parameters;
    Net *net;
    NodeId input, outputs[2];
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine_blas(), false, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, PRECISION_INT8), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "AVX512_VNNI"));
    net_free(net);
    if (has_bytes()) {
        assert_int_equal(net_new(&parameters, engine_onednn(), false, &net), STATUS_OK);
        assert_int_equal(net_set_precision(net, PRECISION_INT8), STATUS_OK);
        build(net, &input, outputs);
        assert_int_equal(net_plan(net), STATUS_ARGUMENT);
        assert_non_null(strstr(status_message(), "a.weight"));
        net_free(net);
    }
    parameters_clear(&parameters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_array_of_bytes_rounds_and_is_cut_off),
        cmocka_unit_test(a_convolution_is_the_sum_of_whole_products),
        cmocka_unit_test(products_of_bytes_are_the_same_sums),
        cmocka_unit_test(a_nan_passes_through_products_of_bytes),
        cmocka_unit_test(a_network_in_bytes_answers_as_in_float32),
        cmocka_unit_test(a_norm_takes_its_moments_from_the_convolution),
        cmocka_unit_test(what_is_left_is_not_in_bytes),
        cmocka_unit_test(what_cannot_be_in_bytes_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

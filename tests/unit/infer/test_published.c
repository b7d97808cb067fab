/* Published weights: their names, their order of numbers, and what the network then computes. */
#include "../golden.h"

#include "infer/published.h"
#include "model/resnet_v2.h"
#include "store/npz.h"

enum { SIZE = 128, BASE = 4, CHANNELS = 32 * BASE };

static const PublishedNames *names_of(const char *title)
{
    for (size_t i = 0; i < published_count(); ++i)
        if (strcmp(published_at(i)->title, title) == 0)
            return published_at(i);
    fail();
    return NULL;
}

static void check_name(const char *title, const char *parameter, const char *published)
{
    PublishedTensor tensor;
    bool placed = names_of(title)->place(parameter, &tensor);
    assert_int_equal(placed, published != NULL);
    if (published)
        assert_string_equal(tensor.name, published);
}

static void names_are_those_of_the_publishers(void **state)
{
    (void)state;
    static const struct {
        const char *ours, *google, *timm;
    } rows[] = {
        {"backbone.stem.weight", "resnet/root_block/standardized_conv2d/kernel",
         "stem.conv.weight"},
        {"backbone.stages.0.0.gn1.weight", "resnet/block1/unit01/a/group_norm/gamma",
         "stages.0.blocks.0.norm1.weight"},
        {"backbone.stages.0.0.proj.weight",
         "resnet/block1/unit01/a/proj/standardized_conv2d/kernel",
         "stages.0.blocks.0.downsample.conv.weight"},
        {"backbone.stages.2.10.conv2.weight", "resnet/block3/unit11/b/standardized_conv2d/kernel",
         "stages.2.blocks.10.conv2.weight"},
        {"backbone.stages.3.2.gn3.bias", "resnet/block4/unit03/c/group_norm/beta",
         "stages.3.blocks.2.norm3.bias"},
        {"backbone.tap_gn.2.bias", "resnet/group_norm/beta", "norm.bias"},
        {"backbone.tap_gn.1.bias", NULL, NULL},
        {"backbone.stages.1.0.feedback.weight", NULL, NULL},
        {"rfpn.lateral.0.weight", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        check_name("Big Transfer", rows[i].ours, rows[i].google);
        check_name("timm resnetv2", rows[i].ours, rows[i].timm);
    }
    check_name("timm vgg19", "features.0.weight", "features.0.weight");
    check_name("timm vgg19", "classifier.0.bias", "pre_logits.fc1.bias");
    check_name("timm vgg19", "classifier.3.weight", "pre_logits.fc2.weight");
    check_name("timm vgg19", "classifier.6.weight", NULL);
    check_name("torchvision or timm", "layer4.2.bn3.running_var", "layer4.2.bn3.running_var");
    check_name("torchvision or timm", "fc.weight", NULL);
}

/* Fills the parameters from Big Transfer's file; returns how many of its arrays were used. */
static size_t fill(const SafeTensors *tensors, ParameterList *parameters)
{
    static float values[1 << 17];
    size_t used = 0;
    parameters_randomise(parameters, 1);
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        PublishedTensor published;
        if (!names_of("Big Transfer")->place(parameter->name, &published))
            continue;
        const SafeTensor *tensor = safetensors_find(tensors, published.name);
        assert_non_null(tensor);
        assert_true(published_fits(parameter, published.layout, tensor->rank, tensor->dims));
        assert_true(tensor->count <= sizeof values / sizeof *values);
        assert_int_equal(safetensors_values(tensor, values), STATUS_OK);
        published_arrange(parameter, published.layout, values, parameter->value);
        ++used;
    }
    return used;
}

static void the_network_computes_what_it_does_in_pytorch(void **state)
{
    (void)state;
    SafeTensors tensors;
    ParameterList parameters;
    Net *net;
    const Engine *engine;
    NodeId taps[RESNET_TAPS];
    const ResnetSettings settings = {.backbone = {50, 1}, .base = BASE};
    assert_int_equal(npz_read("golden/published/bit.npz", &tensors), STATUS_OK);
    parameters_init(&parameters);
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    assert_int_equal(net_new(&parameters, engine, false, &net), STATUS_OK);
    NodeId image = net_input(net, (Shape){1, SIZE, SIZE, 3});
    resnet_v2_high(net, resnet_v2_low(net, image, &settings), &settings, NULL, taps);
    NodeId features = net_output(net, net_mean(net, taps[2]));
    assert_int_equal(net_plan(net), STATUS_OK);
    assert_int_equal(fill(&tensors, &parameters), tensors.count - 2); /* all but the head */
    for (size_t y = 0; y < SIZE; ++y)
        for (size_t x = 0; x < SIZE; ++x)
            for (size_t c = 0; c < 3; ++c)
                net_value(net, image)[(y * SIZE + x) * 3 + c] =
                    (float)sin(0.3 * (double)y + 0.7 * (double)x + (double)c);
    assert_int_equal(net_forward(net), STATUS_OK);
    float *expected = golden_floats("golden/published/features.txt", "bit_features", CHANNELS);
    /* PyTorch's own float32 is 1.4e-4 from its float64, which this is: norms of few numbers. */
    for (size_t i = 0; i < CHANNELS; ++i)
        assert_near(net_value(net, features)[i], expected[i], 5e-4);
    free(expected);
    net_free(net);
    parameters_clear(&parameters);
    safetensors_clear(&tensors);
}

static void a_convolution_over_the_whole_map_is_a_linear_layer(void **state)
{
    (void)state;
    const Parameter linear = {.rank = 2, .dims = {2, 12}, .count = 24};
    assert_true(published_fits(&linear, PUBLISHED_FLAT, 4, (const size_t[]){2, 3, 2, 2}));
    assert_false(published_fits(&linear, PUBLISHED_FLAT, 4, (const size_t[]){2, 3, 2, 1}));
    assert_false(published_fits(&linear, PUBLISHED_FLAT, 2, (const size_t[]){2, 12}));
}

/* A convolution of 3 x 3 on a patch of bytes in one form, and the adapted one in the other. */
static void a_first_layer_answers_alike_to_pictures_in_another_form(void **state)
{
    (void)state;
    const InputForm was = {{123.675F, 116.28F, 103.53F}, {58.395F, 57.12F, 57.375F}, false};
    const InputForm is = {{123, 117, 104}, {1, 1, 1}, false};
    float weights[27], bias = 0.25F;
    double before = (double)bias, after;
    Parameter weight = {.rank = 4, .dims = {1, 3, 3, 3}, .count = 27, .value = weights};
    Parameter offset = {.rank = 1, .dims = {1}, .count = 1, .value = &bias};
    for (size_t k = 0; k < 27; ++k) {
        weights[k] = (float)sin((double)k);
        before += (double)weights[k] * ((double)(k * 9) - (double)was.offset[k / 9]) /
                  (double)was.scale[k / 9];
    }
    published_adapt(&was, &is, &weight, &offset);
    after = (double)bias;
    for (size_t k = 0; k < 27; ++k)
        after += (double)weights[k] * ((double)(k * 9) - (double)is.offset[k / 9]);
    assert_near(after, before, 1e-5);
}

static void vgg16_becomes_the_backbone_of_ssd300(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"backbone.features.21.weight", "features.21.weight", "features.21.weight"},
        {"backbone.extra.0.5.bias", "features.28.bias", "features.28.bias"},
        {"backbone.extra.0.7.1.weight", "classifier.0.weight", "pre_logits.fc1.weight"},
        {"backbone.extra.0.7.3.bias", "classifier.3.bias", "pre_logits.fc2.bias"},
        {"backbone.extra.1.0.weight", NULL, NULL},
        {"backbone.scale_weight", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
        check_name("torchvision vgg16", rows[i][0], rows[i][1]);
        check_name("timm vgg16", rows[i][0], rows[i][2]);
    }
    /* Numbers of 8 outputs are their place in the layer: output x inputs + input. */
    static float from[8 * 98], to[2 * 2 * 9];
    for (size_t i = 0; i < sizeof from / sizeof *from; ++i)
        from[i] = (float)i;
    const Parameter windows = {.rank = 4, .dims = {2, 2, 3, 3}, .count = 36};
    assert_true(published_fits(&windows, PUBLISHED_DECIMATED, 2, (const size_t[]){8, 98}));
    assert_true(published_fits(&windows, PUBLISHED_DECIMATED, 4, (const size_t[]){8, 2, 7, 7}));
    assert_false(published_fits(&windows, PUBLISHED_DECIMATED, 2, (const size_t[]){2, 98}));
    published_arrange(&windows, PUBLISHED_DECIMATED, from, to);
    assert_true(to[35] == 4 * 98 + 49 + 6 * 7 + 6 && to[10] == 49 + 3);
    const Parameter narrow = {.rank = 4, .dims = {2, 3, 1, 1}, .count = 6};
    assert_true(published_fits(&narrow, PUBLISHED_DECIMATED, 2, (const size_t[]){8, 12}));
    published_arrange(&narrow, PUBLISHED_DECIMATED, from, to);
    assert_true(to[1] == 4 && to[5] == 4 * 12 + 8);
    const Parameter bias = {.rank = 1, .dims = {2}, .count = 2};
    assert_true(published_fits(&bias, PUBLISHED_DECIMATED, 1, (const size_t[]){8}));
    published_arrange(&bias, PUBLISHED_DECIMATED, from, to);
    assert_true(to[1] == 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_those_of_the_publishers),
        cmocka_unit_test(the_network_computes_what_it_does_in_pytorch),
        cmocka_unit_test(a_first_layer_answers_alike_to_pictures_in_another_form),
        cmocka_unit_test(vgg16_becomes_the_backbone_of_ssd300),
        cmocka_unit_test(a_convolution_over_the_whole_map_is_a_linear_layer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

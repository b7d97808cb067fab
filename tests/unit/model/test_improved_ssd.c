/* The improved SSD as a graph: its parameters, its shapes, what each tuning trains. */
#include "../unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "model/architecture.h"
#include "model/improved_ssd.h"

typedef struct {
    ParameterList parameters;
    Net *net;
    ImprovedSsd network;
} Built;

static void build(Built *built, const char *backbone, size_t base, size_t size, size_t batch)
{
    const Engine *engine;
    ImprovedSsdSettings settings = {.base = base, .classes = 3, .recursion_steps = 2, .size = size};
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    assert_int_equal(backbone_parse(backbone, &settings.backbone), STATUS_OK);
    parameters_init(&built->parameters);
    assert_int_equal(net_new(&built->parameters, engine, true, &built->net), STATUS_OK);
    assert_int_equal(improved_ssd_build(built->net, &settings, batch, &built->network), STATUS_OK);
}

static void clear(Built *built)
{
    net_free(built->net);
    parameters_clear(&built->parameters);
}

static void parameter_totals_are_those_of_the_reference(void **state)
{
    (void)state;
    /* The three of width 3 (257.69, 428.30, 568.82) would take five gigabytes here. */
    static const struct {
        const char *backbone;
        double millions;
    } cases[] = {{"r50x1", 29.440244}, {"r100x1", 48.43}, {"r50x2", 115.20}, {"r100x2", 191.07}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        Built built;
        build(&built, cases[i].backbone, 64, 300, 1);
        size_t total = parameters_total(&built.parameters, false);
        if (i == 0)
            assert_int_equal(total, 29440244);
        assert_true((double)total / 1e6 > cases[i].millions - 0.005 &&
                    (double)total / 1e6 < cases[i].millions + 0.005);
        clear(&built);
    }
}

static void outputs_have_a_row_for_each_prior(void **state)
{
    (void)state;
    static const struct {
        size_t size, priors, mask;
    } cases[] = {{64, 372, 8}, {300, 8732, 38}, {512, 24564, 64}};
    for (size_t i = 0; i < 3; ++i) {
        Built built;
        build(&built, "r50x1", 8, cases[i].size, 2);
        Shape location = net_shape(built.net, built.network.location);
        Shape classification = net_shape(built.net, built.network.classification);
        Shape mask = net_shape(built.net, built.network.mask);
        assert_int_equal(location.n, 2);
        assert_int_equal(location.h, cases[i].priors);
        assert_int_equal(location.c, 4);
        assert_int_equal(classification.h, cases[i].priors);
        assert_int_equal(classification.c, 3);
        assert_int_equal(mask.h, cases[i].mask);
        clear(&built);
    }
}

static void local_tuning_trains_only_feedback_and_tap_norms_of_the_backbone(void **state)
{
    (void)state;
    Built built;
    build(&built, "r50x1", 8, 64, 1);
    architecture_tune(architecture_at(architecture_find("improved_ssd")), &built.parameters, true);
    size_t trained = 0;
    for (size_t i = 0; i < built.parameters.count; ++i) {
        const Parameter *parameter = &built.parameters.items[i];
        bool backbone = strncmp(parameter->name, "backbone.", 9) == 0;
        if (backbone && parameter->trainable)
            ++trained;
        if (!backbone)
            assert_true(parameter->trainable);
    }
    assert_int_equal(trained, 3 * 2 + 3 * 2); /* weight and bias of each */
    architecture_tune(architecture_at(architecture_find("improved_ssd")), &built.parameters, false);
    assert_int_equal(parameters_total(&built.parameters, true),
                     parameters_total(&built.parameters, false));
    clear(&built);
}

static void sizes_and_backbones_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    Backbone backbone;
    assert_int_equal(backbone_parse("r101x1", &backbone), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "r150x3"));
    ParameterList parameters;
    const Engine *engine;
    Net *net;
    ImprovedSsd network;
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine, false, &net), STATUS_OK);
    const ImprovedSsdSettings settings[] = {
        {.backbone = {50, 1}, .base = 8, .classes = 1, .recursion_steps = 2, .size = 100},
        {.backbone = {50, 1}, .base = 0, .classes = 1, .recursion_steps = 2, .size = 96},
        {.backbone = {50, 1}, .base = 8, .classes = 0, .recursion_steps = 2, .size = 96},
        {.backbone = {50, 1}, .base = 8, .classes = 1, .recursion_steps = 1000000, .size = 96},
        {.backbone = {50, 1000000}, .base = 8, .classes = 1, .recursion_steps = 2, .size = 96},
        {.backbone = {51, 1}, .base = 8, .classes = 1, .recursion_steps = 2, .size = 96},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i)
        assert_int_equal(improved_ssd_build(net, &settings[i], 1, &network), STATUS_ARGUMENT);
    net_free(net);
    parameters_clear(&parameters);
}

/* A unit of a trained network changes its input a little. Those of a random one replace it, and
 * fifty layers of that turn the smallest rounding into another picture: no test of precision. */
static void calm(ParameterList *parameters)
{
    for (size_t i = 0; i < parameters->count; ++i)
        for (size_t k = 0;
             strstr(parameters->items[i].name, "gn3.weight") && k < parameters->items[i].count; ++k)
            parameters->items[i].value[k] = 0.25F;
}

/* Location, classification and mask of one random image, one after the other. */
static void run_once(Precision precision, float **outputs, size_t *count)
{
    const Engine *engine;
    ParameterList parameters;
    Net *net;
    ImprovedSsd network;
    ImprovedSsdSettings settings = {.base = 16, .classes = 3, .recursion_steps = 2, .size = 96};
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    assert_int_equal(backbone_parse("r50x1", &settings.backbone), STATUS_OK);
    parameters_init(&parameters);
    assert_int_equal(net_new(&parameters, engine, false, &net), STATUS_OK);
    assert_int_equal(net_set_precision(net, precision), STATUS_OK);
    assert_int_equal(improved_ssd_build(net, &settings, 1, &network), STATUS_OK);
    assert_int_equal(net_plan(net), STATUS_OK);
    parameters_randomise(&parameters, 1);
    calm(&parameters);
    RandomStream stream;
    random_init(&stream, 1, "image", 0, 0);
    for (size_t i = 0; i < settings.size * settings.size * 3; ++i)
        net_value(net, network.image)[i] = random_range(&stream, -1, 1);
    assert_int_equal(net_forward(net), STATUS_OK);
    const NodeId nodes[3] = {network.location, network.classification, network.mask};
    *count = 0;
    for (int k = 0; k < 3; ++k)
        *count += shape_count(net_shape(net, nodes[k]));
    assert_int_equal(MEMORY_NEW(outputs, *count), STATUS_OK);
    float *at = *outputs;
    for (int k = 0; k < 3; ++k) {
        size_t numbers = shape_count(net_shape(net, nodes[k]));
        memcpy(at, net_value(net, nodes[k]), numbers * sizeof *at);
        at += numbers;
    }
    net_free(net);
    parameters_clear(&parameters);
}

static void bfloat16_outputs_stay_close_to_those_of_float32(void **state)
{
    (void)state;
    if (!engine_onednn() || !engine_onednn()->has_half())
        skip();
    float *single, *half;
    size_t count;
    run_once(PRECISION_F32, &single, &count);
    run_once(PRECISION_BF16, &half, &count);
    double difference = 0, norm = 0;
    for (size_t i = 0; i < count; ++i) {
        difference += pow((double)half[i] - (double)single[i], 2);
        norm += pow((double)single[i], 2);
    }
    if (!(sqrt(difference / norm) < 5e-2) || difference == 0)
        fail_msg("relative difference %g", sqrt(difference / norm));
    free(single);
    free(half);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bfloat16_outputs_stay_close_to_those_of_float32),
        cmocka_unit_test(parameter_totals_are_those_of_the_reference),
        cmocka_unit_test(outputs_have_a_row_for_each_prior),
        cmocka_unit_test(local_tuning_trains_only_feedback_and_tap_norms_of_the_backbone),
        cmocka_unit_test(sizes_and_backbones_that_do_not_exist_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

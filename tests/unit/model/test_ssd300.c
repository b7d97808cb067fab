/* SSD300 as a graph: its parameters, its shapes, what local tuning trains. */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "model/architecture.h"
#include "model/priors.h"
#include "task/task.h"

static ModelSettings settings_of(size_t classes, size_t size, const char *base)
{
    size_t position = architecture_find("ssd300");
    assert_true(position < architecture_count());
    ModelSettings settings = architecture_defaults(position);
    settings.classes = classes;
    settings.size = size;
    assert_int_equal(setting_row_read(&architecture_of(&settings)->rows[0], settings.own, base),
                     STATUS_OK);
    return settings;
}

typedef struct {
    ParameterList parameters;
    Net *net;
    NetworkNodes nodes;
} Built;

static void build(Built *built, const ModelSettings *settings)
{
    const Engine *engine;
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    parameters_init(&built->parameters);
    built->parameters.only_shapes = true;
    assert_int_equal(net_new(&built->parameters, engine, true, &built->net), STATUS_OK);
    assert_int_equal(architecture_of(settings)->build(built->net, settings, 1, &built->nodes),
                     STATUS_OK);
}

static void clear(Built *built)
{
    net_free(built->net);
    parameters_clear(&built->parameters);
}

/* Totals of torchvision's ssd300_vgg16 and of the original, for 21, 2, 3 and 5 classes with
 * background. */
static void parameter_totals_are_those_of_the_original(void **state)
{
    (void)state;
    static const size_t cases[][2] = {{20, 26285486}, {1, 23745908}, {2, 23879570}, {4, 24146894}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        const ModelSettings settings = settings_of(cases[i][0], 300, "64");
        Built built;
        build(&built, &settings);
        assert_int_equal(parameters_total(&built.parameters, false), cases[i][1]);
        clear(&built);
    }
}

static void multiply_adds_are_those_of_the_original(void **state)
{
    (void)state;
    const ModelSettings settings = settings_of(20, 300, "64");
    Built built;
    build(&built, &settings);
    assert_true(fabs(net_forward_macs(built.net) / 1e9 - 31.374) < 5e-4);
    clear(&built);
}

static void outputs_have_a_row_for_each_prior_and_there_is_no_mask(void **state)
{
    (void)state;
    for (size_t size = 64; size <= 512; size = size == 288 ? 300 : size == 300 ? 320 : size + 32) {
        const ModelSettings settings = settings_of(3, size, "8");
        Built built;
        Priors *priors;
        build(&built, &settings);
        assert_int_equal(priors_new(size, &priors), STATUS_OK);
        if (size == 300)
            assert_int_equal(priors->count, 8732);
        Shape location = net_shape(built.net, built.nodes.outputs[0]);
        Shape classification = net_shape(built.net, built.nodes.outputs[1]);
        assert_int_equal(location.h, priors->count);
        assert_int_equal(classification.h, priors->count);
        assert_int_equal(classification.c, 4); /* the background is one */
        assert_int_equal(built.nodes.outputs[2], NETWORK_NO_OUTPUT);
        assert_false(task_gives(&settings).masks);
        assert_true(task_gives(&settings).boxes);
        priors_free(priors);
        clear(&built);
    }
}

static void local_tuning_trains_all_but_vgg16(void **state)
{
    (void)state;
    const ModelSettings settings = settings_of(20, 300, "64");
    Built built;
    build(&built, &settings);
    architecture_tune(architecture_of(&settings), &built.parameters, true);
    size_t frozen =
        parameters_total(&built.parameters, false) - parameters_total(&built.parameters, true);
    assert_int_equal(frozen, 20483904); /* 14,714,688 of VGG16's convolutions, fc6 and fc7 */
    clear(&built);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    ModelSettings settings = settings_of(3, 100, "64");
    assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "size: 100"));
    settings = settings_of(0, 300, "64");
    assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
    settings = settings_of(3, 300, "10");
    assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "base: 10"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameter_totals_are_those_of_the_original),
        cmocka_unit_test(multiply_adds_are_those_of_the_original),
        cmocka_unit_test(outputs_have_a_row_for_each_prior_and_there_is_no_mask),
        cmocka_unit_test(local_tuning_trains_all_but_vgg16),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

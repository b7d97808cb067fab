/* The registry: what every architecture promises to the rest of the program. */
#include "../unit.h"

#include <string.h>

#include "model/architecture.h"

static void set(ModelSettings *settings, const char *key, const char *text)
{
    const Architecture *architecture = architecture_of(settings);
    for (size_t i = 0; i < architecture->row_count; ++i)
        if (strcmp(architecture->rows[i].key, key) == 0) {
            assert_int_equal(setting_row_read(&architecture->rows[i], settings->own, text),
                             STATUS_OK);
            return;
        }
    fail_msg("no setting '%s'", key);
}

/* A small improved SSD. */
static ModelSettings small_ssd(void)
{
    ModelSettings settings = architecture_defaults(architecture_find("improved_ssd"));
    settings.classes = 3;
    settings.size = 64;
    set(&settings, "base", "8");
    return settings;
}

static void build(const ModelSettings *settings, ParameterList *parameters, Net **net,
                  NetworkNodes *nodes)
{
    const Engine *engine;
    assert_int_equal(engine_find("auto", &engine), STATUS_OK);
    parameters_init(parameters);
    assert_int_equal(net_new(parameters, engine, true, net), STATUS_OK);
    assert_int_equal(architecture_of(settings)->build(*net, settings, 2, nodes), STATUS_OK);
}

static void each_is_found_by_a_name_of_its_own(void **state)
{
    (void)state;
    assert_true(architecture_count() > 0);
    for (size_t i = 0; i < architecture_count(); ++i)
        assert_int_equal(architecture_find(architecture_at(i)->name), i);
    assert_int_equal(architecture_find("no such network"), architecture_count());
}

static void defaults_lack_only_the_classes(void **state)
{
    (void)state;
    for (size_t i = 0; i < architecture_count(); ++i) {
        ModelSettings settings = architecture_defaults(i);
        assert_ptr_equal(architecture_of(&settings), architecture_at(i));
        assert_int_equal(settings.size, architecture_at(i)->default_size);
        settings.classes = 3;
        assert_int_equal(architecture_at(i)->check(&settings), STATUS_OK);
    }
}

static void the_title_is_the_variant(void **state)
{
    (void)state;
    char title[ARCHITECTURE_NAME_BYTES];
    ModelSettings settings = small_ssd();
    architecture_title(&settings, title);
    assert_string_equal(title, "r50x1");
    set(&settings, "backbone", "r150x3");
    architecture_title(&settings, title);
    assert_string_equal(title, "r150x3");
}

static void networks_are_the_same_when_all_settings_are(void **state)
{
    (void)state;
    const ModelSettings first = small_ssd();
    ModelSettings other = small_ssd();
    assert_true(architecture_same(&first, &other));
    set(&other, "recursion_steps", "1");
    assert_false(architecture_same(&first, &other));
    other = first;
    other.classes = 4;
    assert_false(architecture_same(&first, &other));
    other = first;
    other.size = 96;
    assert_false(architecture_same(&first, &other));
    other = first;
    other.without_masks = true;
    assert_false(architecture_same(&first, &other));
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    ModelSettings settings = small_ssd();
    const Architecture *ssd = architecture_of(&settings);
    settings.size = 65;
    assert_int_equal(ssd->check(&settings), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "size: 65"));
    settings = small_ssd();
    set(&settings, "base", "10");
    assert_int_equal(ssd->check(&settings), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "base: 10"));
    settings = small_ssd();
    settings.classes = 0;
    assert_int_equal(ssd->check(&settings), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "0 classes"));
}

static void without_masks_there_is_no_output_for_them(void **state)
{
    (void)state;
    ModelSettings settings = small_ssd();
    for (int without = 0; without < 2; ++without) {
        ParameterList parameters;
        Net *net;
        NetworkNodes nodes;
        settings.without_masks = without;
        build(&settings, &parameters, &net, &nodes);
        assert_int_equal(nodes.outputs[2] == NETWORK_NO_OUTPUT, without);
        bool branch = false;
        for (size_t i = 0; i < parameters.count; ++i)
            branch = branch || strncmp(parameters.items[i].name, "seg", 3) == 0;
        assert_int_equal(branch, !without);
        net_free(net);
        parameters_clear(&parameters);
    }
}

static void the_parameters_of_the_classes_are_those_whose_shapes_follow_them(void **state)
{
    (void)state;
    ModelSettings three = small_ssd(), four = small_ssd();
    ParameterList of_three, of_four;
    Net *nets[2];
    NetworkNodes nodes;
    four.classes = 4;
    build(&three, &of_three, &nets[0], &nodes);
    build(&four, &of_four, &nets[1], &nodes);
    assert_int_equal(of_three.count, of_four.count);
    for (size_t i = 0; i < of_three.count; ++i) {
        const Parameter *parameter = &of_three.items[i];
        assert_string_equal(parameter->name, of_four.items[i].name);
        assert_int_equal(architecture_of(&three)->depends_on_classes(parameter->name),
                         parameter->count != of_four.items[i].count);
    }
    for (size_t i = 0; i < 2; ++i)
        net_free(nets[i]);
    parameters_clear(&of_three);
    parameters_clear(&of_four);
}

static void local_tuning_trains_a_part_and_global_all(void **state)
{
    (void)state;
    const ModelSettings settings = small_ssd();
    ParameterList parameters;
    Net *net;
    NetworkNodes nodes;
    build(&settings, &parameters, &net, &nodes);
    architecture_tune(architecture_of(&settings), &parameters, true);
    size_t local = parameters_total(&parameters, true);
    architecture_tune(architecture_of(&settings), &parameters, false);
    assert_true(local > 0 && local < parameters_total(&parameters, true));
    assert_int_equal(parameters_total(&parameters, true), parameters_total(&parameters, false));
    net_free(net);
    parameters_clear(&parameters);
}

static void the_narrowest_is_the_stem(void **state)
{
    (void)state;
    const ModelSettings settings = small_ssd();
    assert_int_equal(architecture_of(&settings)->narrowest(&settings), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_by_a_name_of_its_own),
        cmocka_unit_test(defaults_lack_only_the_classes),
        cmocka_unit_test(the_title_is_the_variant),
        cmocka_unit_test(networks_are_the_same_when_all_settings_are),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(without_masks_there_is_no_output_for_them),
        cmocka_unit_test(the_parameters_of_the_classes_are_those_whose_shapes_follow_them),
        cmocka_unit_test(local_tuning_trains_a_part_and_global_all),
        cmocka_unit_test(the_narrowest_is_the_stem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

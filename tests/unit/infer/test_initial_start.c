/* What a network may start from that is not its own checkpoint (checkpoint_read_initial()). */
#include "example_checkpoint.h"

static bool is_location(const char *parameter)
{
    return strncmp(parameter, "loc.", 4) == 0;
}

static bool is_classification(const char *parameter)
{
    return strncmp(parameter, "cls.", 4) == 0;
}

static void a_start_from_another_task_spares_what_may_differ(void **state)
{
    (void)state;
    const char *path = scratch("initial.h5");
    ParameterList list, written;
    write_step(path, 1); /* loc.0.bias has 16 numbers there */
    make_parameters(&written, 1);
    parameters_init(&list);
    declare(&list, "backbone.stem.weight", 4, (size_t[]){4, 3, 7, 7});
    declare(&list, "loc.0.bias", 1, (size_t[]){8});
    declare(&list, "loc.9.bias", 1, (size_t[]){8});
    list.items[1].value[0] = 5.0F;
    InitialStart start = {.depends_on_classes = is_location};
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_OK);
    assert_true(list.items[1].value[0] == 5.0F);
    assert_memory_equal(list.items[0].value, written.items[0].value,
                        written.items[0].count * sizeof(float));
    start.depends_on_classes = is_classification;
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_FORMAT);
    check_message("/parameters/loc.0.bias has shape 16, expected 8");
    parameters_clear(&list);
    parameters_clear(&written);
}

/* A list with one parameter more than make_parameters(), all of them 5. */
static void make_more(ParameterList *list)
{
    parameters_init(list);
    declare(list, "backbone.stem.weight", 4, (size_t[]){4, 3, 7, 7});
    declare(list, "loc.0.bias", 1, (size_t[]){16});
    declare(list, "head.bias", 1, (size_t[]){2});
    for (size_t i = 0; i < list->count; ++i)
        for (size_t k = 0; k < list->items[i].count; ++k)
            list->items[i].value[k] = 5.0F;
}

static void a_file_of_some_parameters_is_a_start_and_what_it_lacks_stays(void **state)
{
    (void)state;
    const char *path = scratch("some.h5");
    static const char *const others[CLASSES] = {"cancer", "polyp", "other"};
    InitialStart start = {
        .depends_on_classes = is_location, .class_count = CLASSES, .class_names = class_names};
    CheckpointModel model;
    ParameterList list, written;
    char *kept;
    make_parameters(&written, 1);
    make_model(&model);
    model.some = true;
    assert_int_equal(checkpoint_write(path, &model, &written, NULL, NULL), STATUS_OK);
    assert_int_equal(checkpoint_verify(path), STATUS_OK);
    make_more(&list);
    assert_int_equal(checkpoint_read_initial(path, &list, &start, &kept), STATUS_OK);
    assert_string_equal(kept, " head.bias");
    free(kept);
    assert_memory_equal(list.items[1].value, written.items[1].value, 16 * sizeof(float));
    assert_true(list.items[2].value[0] == 5.0F);
    start.class_names = others; /* of the same number and shape, but other classes */
    list.items[1].value[0] = 5.0F;
    assert_int_equal(checkpoint_read_initial(path, &list, &start, &kept), STATUS_OK);
    assert_string_equal(kept, " loc.0.bias head.bias");
    assert_true(list.items[1].value[0] == 5.0F);
    free(kept);
    model.some = false; /* then it must be complete, but for a pretraining's start */
    assert_int_equal(checkpoint_write(path, &model, &written, NULL, NULL), STATUS_OK);
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_MISSING);
    start.shared = true;
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_OK);
    checkpoint_model_clear(&model);
    parameters_clear(&list);
    parameters_clear(&written);
}

static void of_another_size_only_what_follows_from_the_size_may_differ(void **state)
{
    (void)state;
    const char *path = scratch("size.h5");
    InitialStart start = {.depends_on_size = is_location, .size = 192};
    ParameterList list, written;
    char *kept;
    write_step(path, 1); /* of 128 pixels, with loc.0.bias of 16 */
    make_parameters(&written, 1);
    parameters_init(&list);
    declare(&list, "backbone.stem.weight", 4, (size_t[]){4, 3, 7, 7});
    declare(&list, "loc.1.bias", 1, (size_t[]){16});
    assert_int_equal(checkpoint_read_initial(path, &list, &start, &kept), STATUS_OK);
    assert_string_equal(kept, " loc.1.bias");
    free(kept);
    assert_memory_equal(list.items[0].value, written.items[0].value,
                        written.items[0].count * sizeof(float));
    start.size = 128;
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_MISSING);
    start = (InitialStart){.depends_on_size = is_classification, .size = 192};
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_MISSING);
    parameters_clear(&list);
    parameters_init(&list);
    declare(&list, "backbone.stem.weight", 4, (size_t[]){4, 3, 7, 7});
    assert_int_equal(checkpoint_read_initial(path, &list, &start, NULL), STATUS_FORMAT);
    check_message("/parameters/loc.0.bias of shape 16 is not a parameter of this network");
    parameters_clear(&list);
    parameters_clear(&written);
}

static void a_file_without_any_of_the_networks_parameters_is_refused(void **state)
{
    (void)state;
    const char *path = scratch("without.h5");
    CheckpointModel model;
    ParameterList list, written;
    make_parameters(&written, 1);
    make_model(&model);
    model.some = true;
    assert_int_equal(checkpoint_write(path, &model, &written, NULL, NULL), STATUS_OK);
    parameters_init(&list);
    declare(&list, "head.bias", 1, (size_t[]){2});
    assert_int_equal(checkpoint_read_initial(path, &list, &(InitialStart){.shared = true}, NULL),
                     STATUS_FORMAT);
    check_message("holds no parameter that this network could start from");
    checkpoint_model_clear(&model);
    parameters_clear(&list);
    parameters_clear(&written);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_start_from_another_task_spares_what_may_differ),
        cmocka_unit_test(a_file_of_some_parameters_is_a_start_and_what_it_lacks_stays),
        cmocka_unit_test(of_another_size_only_what_follows_from_the_size_may_differ),
        cmocka_unit_test(a_file_without_any_of_the_networks_parameters_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

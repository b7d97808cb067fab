/* darknet's .weights: the order of the numbers, out and back, and files that are none. */
#include "../golden.h"
#include "../scratch.h"
#include "../unit.h"

#include "infer/darknet_weights.h"
#include "store/files.h"

enum { NUMBERS = 4 + 4 * 2 + 3 + 1, HEADER = 20, HEAD = 1000 };

/* Two convolutions, as yolov3.c declares them: 1x1 from 2 to 2 channels with a norm, whose
 * parameters come behind it, then from 3 to 1 with a bias. */
static void make_parameters(ParameterList *list)
{
    static const struct {
        const char *name;
        size_t rank, dims[4];
    } made[] = {
        {"layers.0.conv.weight", 4, {2, 2, 1, 1}},
        {"layers.0.norm.weight", 1, {2}},
        {"layers.0.norm.bias", 1, {2}},
        {"layers.0.norm.running_mean", 1, {2}},
        {"layers.0.norm.running_var", 1, {2}},
        {"layers.1.conv.weight", 4, {1, 3, 1, 1}},
        {"layers.1.conv.bias", 1, {1}},
    };
    size_t index;
    parameters_init(list);
    for (size_t i = 0; i < sizeof made / sizeof *made; ++i)
        assert_int_equal(parameters_declare(list, made[i].name, made[i].rank, made[i].dims,
                                            (Initial){INITIAL_CONSTANT, 0}, false, &index),
                         STATUS_OK);
}

static void check(const ParameterList *list, const char *name, size_t count, const float *expected)
{
    const Parameter *parameter = parameters_find(list, name);
    assert_int_equal(parameter->count, count);
    for (size_t i = 0; i < count; ++i)
        assert_near(parameter->value[i], expected[i], 0);
}

/* A file of the numbers 0, 1, 2, ...; `header` bytes long without them. */
static const char *write_counting(const char *name, const int32_t version[3], size_t header,
                                  size_t count)
{
    const char *path = scratch(name);
    char file[HEADER + 4 * (NUMBERS + 3 * HEAD)] = {0};
    memcpy(file, version, 12);
    for (size_t i = 0; i < count; ++i)
        memcpy(file + header + 4 * i, &(float){(float)i}, 4);
    assert_int_equal(files_write(path, file, header + 4 * count), STATUS_OK);
    return path;
}

static void numbers_stand_in_darknets_order(void **state)
{
    (void)state;
    static const struct {
        int32_t version[3];
        size_t header;
    } forms[] = {{{0, 2, 0}, 20}, {{0, 1, 0}, 16}, {{0, 2, 5}, 20}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
        ParameterList list;
        make_parameters(&list);
        const char *path =
            write_counting("counting.weights", forms[i].version, forms[i].header, NUMBERS);
        if (darknet_weights_read(path, &list) != STATUS_OK)
            fail_msg("%s", status_message());
        check(&list, "layers.0.norm.bias", 2, (const float[]){0, 1});
        check(&list, "layers.0.norm.weight", 2, (const float[]){2, 3});
        check(&list, "layers.0.norm.running_mean", 2, (const float[]){4, 5});
        check(&list, "layers.0.norm.running_var", 2, (const float[]){6, 7});
        check(&list, "layers.0.conv.weight", 4, (const float[]){8, 9, 10, 11});
        check(&list, "layers.1.conv.bias", 1, (const float[]){12});
        check(&list, "layers.1.conv.weight", 3, (const float[]){13, 14, 15});
        parameters_clear(&list);
    }
}

static void what_goes_out_comes_back_to_the_bit(void **state)
{
    (void)state;
    ParameterList list;
    char *first, *again;
    size_t bytes, bytes_again;
    const char *path = write_counting("in.weights", (const int32_t[]){0, 2, 0}, HEADER, NUMBERS);
    make_parameters(&list);
    assert_int_equal(darknet_weights_read(path, &list), STATUS_OK);
    assert_int_equal(darknet_weights_write(scratch("out.weights"), &list), STATUS_OK);
    assert_int_equal(files_read(path, &first, &bytes), STATUS_OK);
    assert_int_equal(files_read(scratch("out.weights"), &again, &bytes_again), STATUS_OK);
    assert_int_equal(bytes, bytes_again);
    assert_memory_equal(first, again, bytes);
    free(first);
    free(again);
    parameters_clear(&list);
}

/* The list's first layer alone, as it is or with a classifier of 1000 classes behind it. */
static bool is_first(const char *parameter)
{
    return strncmp(parameter, "layers.0.", 9) == 0;
}

static void check_tensor(const SafeTensors *tensors, const char *name, size_t count, float first)
{
    float values[HEAD * 2];
    const SafeTensor *tensor = safetensors_find(tensors, name);
    assert_non_null(tensor);
    assert_int_equal(tensor->count, count);
    assert_int_equal(safetensors_values(tensor, values), STATUS_OK);
    for (size_t i = 0; i < count; ++i)
        assert_near(values[i], first + (float)i, 0);
}

static void the_first_layers_are_tensors(void **state)
{
    (void)state;
    ParameterList list;
    SafeTensors tensors;
    const int32_t version[3] = {0, 2, 0};
    make_parameters(&list);
    const char *path = write_counting("first.weights", version, HEADER, 12);
    assert_int_equal(darknet_weights_read_first(path, &list, is_first, &tensors), STATUS_OK);
    assert_int_equal(tensors.count, 5);
    check_tensor(&tensors, "layers.0.norm.running_mean", 2, 4);
    check_tensor(&tensors, "layers.0.conv.weight", 4, 8);
    safetensors_clear(&tensors);

    path = write_counting("head.weights", version, HEADER, 12 + 3 * HEAD);
    assert_int_equal(darknet_weights_read_first(path, &list, is_first, &tensors), STATUS_OK);
    assert_int_equal(tensors.count, 7);
    check_tensor(&tensors, "layers.0.conv.weight", 4, 8);
    check_tensor(&tensors, "head.bias", HEAD, 12);
    check_tensor(&tensors, "head.weight", 2 * HEAD, 12 + HEAD);
    safetensors_clear(&tensors);
    /* Of all layers the last has one output. */
    assert_int_equal(darknet_weights_read_first(path, &list, NULL, &tensors), STATUS_FORMAT);
    safetensors_clear(&tensors);

    path = write_counting("all.weights", version, HEADER, NUMBERS);
    assert_int_equal(darknet_weights_read_first(path, &list, is_first, &tensors), STATUS_OK);
    assert_int_equal(tensors.count, 7);
    check_tensor(&tensors, "layers.1.conv.weight", 3, 13);
    safetensors_clear(&tensors);

    path = write_counting("part.weights", version, HEADER, 13);
    assert_int_equal(darknet_weights_read_first(path, &list, is_first, &tensors), STATUS_FORMAT);
    assert_non_null(strstr(status_message(), "52 bytes behind the header (expected whole layers "
                                             "from the first on: 48, the most that it has, or"));
    safetensors_clear(&tensors);
    parameters_clear(&list);
}

static void files_are_known_by_their_names(void **state)
{
    (void)state;
    assert_true(darknet_weights_named("a/yolov3.weights"));
    assert_true(darknet_weights_named("darknet53.conv.74"));
    assert_false(darknet_weights_named("darknet53.conv."));
    assert_false(darknet_weights_named("darknet53.conv.7a"));
    assert_false(darknet_weights_named(".74"));
    assert_false(darknet_weights_named("weights"));
}

static void refuse(const char *path, const char *text)
{
    ParameterList list;
    make_parameters(&list);
    assert_int_equal(darknet_weights_read(path, &list), STATUS_FORMAT);
    if (!strstr(status_message(), text))
        fail_msg("'%s' is not in: %s", text, status_message());
    parameters_clear(&list);
}

static void files_of_another_network_or_version_are_refused(void **state)
{
    (void)state;
    const int32_t version[3] = {0, 2, 0};
    refuse(write_counting("less.weights", version, HEADER, NUMBERS - 1), "expected 64, for the 16");
    refuse(write_counting("more.weights", version, HEADER, NUMBERS + 1), "68 bytes");
    refuse(write_counting("later.weights", (const int32_t[]){1, 0, 0}, HEADER, NUMBERS),
           "version 1.0");
    refuse(write_counting("odd.weights", (const int32_t[]){0, 1000, 0}, HEADER, NUMBERS),
           "version 0.1000");
    refuse(write_counting("short.weights", version, 12, 0), "12 bytes");
    refuse(write_counting("header.weights", version, 16, 0), "0 bytes behind the header");
    char *file;
    size_t bytes;
    const char *path = write_counting("nan.weights", version, HEADER, NUMBERS);
    assert_int_equal(files_read(path, &file, &bytes), STATUS_OK);
    memcpy(file + HEADER + 4 * 9, &(float){NAN}, 4);
    assert_int_equal(files_write(path, file, bytes), STATUS_OK);
    free(file);
    refuse(path, "number 1 of layers.0.conv.weight is not finite");
}

static void networks_with_other_parameters_are_refused(void **state)
{
    (void)state;
    ParameterList list;
    size_t index;
    make_parameters(&list);
    assert_int_equal(parameters_declare(&list, "fc.weight", 1, (const size_t[]){1},
                                        (Initial){INITIAL_CONSTANT, 0}, false, &index),
                     STATUS_OK);
    assert_int_equal(darknet_weights_write(scratch("wrong.weights"), &list), STATUS_UNSUPPORTED);
    assert_non_null(strstr(status_message(), "expected yolov3"));
    assert_false(files_exists(scratch("wrong.weights")));
    assert_int_equal(darknet_weights_read(scratch("none.weights"), &list), STATUS_UNSUPPORTED);
    parameters_clear(&list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_stand_in_darknets_order),
        cmocka_unit_test(what_goes_out_comes_back_to_the_bit),
        cmocka_unit_test(the_first_layers_are_tensors),
        cmocka_unit_test(files_are_known_by_their_names),
        cmocka_unit_test(files_of_another_network_or_version_are_refused),
        cmocka_unit_test(networks_with_other_parameters_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* YOLOv3 and its tiny form against the program darknet: rows and what is found in them, of the same
 * weights and image (golden/yolov3.h5). */
#include "../golden_file.h"

#include "infer/network.h"
#include "model/yolo_grid.h"

static const char *const path = "golden/yolov3.h5";
enum { CLASSES = 4, SIZE = 96 };

static ModelSettings settings_of(const char *architecture, const char *base, size_t size)
{
    ModelSettings settings = architecture_defaults(architecture_find(architecture));
    settings.classes = CLASSES;
    settings.size = size;
    assert_int_equal(setting_row_read(&architecture_of(&settings)->rows[0], settings.own, base),
                     STATUS_OK);
    return settings;
}

static bool ends_in(const char *name, const char *end)
{
    const size_t length = strlen(name), part = strlen(end);
    return length >= part && strcmp(name + length - part, end) == 0;
}

/* As random_parameters() of tools/darknet/darknet.py. */
static void fill(const GoldenCase *golden, ParameterList *parameters)
{
    const double scale = strcmp(golden->name, "yolov3") == 0 ? 0.55 : 0.8;
    for (size_t i = 0; i < parameters->count; ++i) {
        Parameter *parameter = &parameters->items[i];
        double formula[3] = {0.5, 0, 0}; /* of the rows' biases */
        if (ends_in(parameter->name, "conv.weight")) {
            const bool norm =
                i + 1 < parameters->count && ends_in(parameters->items[i + 1].name, "norm.weight");
            const double fan_in = (double)(parameter->count / parameter->dims[0]);
            formula[0] = sqrt((norm ? 6 : 3) / fan_in);
        } else if (ends_in(parameter->name, "norm.weight")) {
            memcpy(formula, (const double[3]){0.2, scale, 0}, sizeof formula);
        } else if (ends_in(parameter->name, "norm.bias")) {
            formula[0] = 0.4;
        } else if (ends_in(parameter->name, "running_mean")) {
            formula[0] = 0.2;
        } else if (ends_in(parameter->name, "running_var")) {
            memcpy(formula, (const double[3]){0.3, 1, 0}, sizeof formula);
        }
        golden_numbers(golden, parameter->name, formula, parameter->count, parameter->value);
        ++parameter->version;
    }
}

static float *read(const char *architecture, const char *name, size_t *count)
{
    Hdf5Reader *reader;
    assert_int_equal(hdf5_reader_new(path, &reader), STATUS_OK);
    float *values = golden_dataset(reader, architecture, name, HDF5_F32, sizeof(float), count);
    hdf5_reader_free(reader);
    return values;
}

/* Every row's box, objectness and scores. */
static void check_rows(const YoloGrid *grid, const float *rows, const char *architecture)
{
    size_t count;
    float *expected = read(architecture, "rows", &count);
    assert_int_equal(count, grid->rows * (5 + CLASSES));
    for (size_t i = 0; i < grid->rows; ++i) {
        const float *row = rows + i * (5 + CLASSES), *wanted = expected + i * (5 + CLASSES);
        const YoloPlace place = yolo_place(grid, i);
        const Box box = yolo_box(grid, &place, row);
        assert_near((box.x0 + box.x1) / 2, wanted[0], 1e-4);
        assert_near((box.y0 + box.y1) / 2, wanted[1], 1e-4);
        assert_near(box.x1 - box.x0, wanted[2], 1e-4 * fmax(1, (double)wanted[2]));
        assert_near(box.y1 - box.y0, wanted[3], 1e-4 * fmax(1, (double)wanted[3]));
        assert_near(yolo_sigmoid(row[4]), wanted[4], 1e-4);
        for (size_t k = 0; k < CLASSES; ++k)
            assert_near(yolo_sigmoid(row[4]) * yolo_sigmoid(row[5 + k]), wanted[5 + k], 1e-4);
    }
    free(expected);
}

/* Whether one of the answer's boxes is that one. */
static bool is_found(const Answer *answer, const float *wanted)
{
    for (size_t i = 0; i < answer->box_count; ++i) {
        const Detection *one = &answer->boxes[i];
        const float numbers[5] = {one->score, one->box.x0, one->box.y0, one->box.x1, one->box.y1};
        double worst = one->class_index == (int)wanted[0] ? 0 : 1;
        for (size_t c = 0; c < 5; ++c)
            worst = fmax(worst, fabs((double)numbers[c] - (double)wanted[1 + c]));
        if (worst < 1e-4)
            return true;
    }
    return false;
}

static void check_found(Network *network, const char *architecture)
{
    const AnswerFunctions *answers = &network->task->answers;
    AnswerReader *reader;
    Answer answer;
    size_t count;
    float *expected = read(architecture, "found", &count), best[CLASSES] = {0};
    assert_int_equal(answers->make(&network->plan.model, network->net, &network->nodes, &reader),
                     STATUS_OK);
    answers->read(reader, 0, &answer);
    assert_int_equal(answer.box_count, DETECTIONS_MOST);
    for (size_t i = 0; i < count / 6; ++i) {
        const size_t k = (size_t)expected[6 * i];
        if (!is_found(&answer, expected + 6 * i))
            fail_msg("%s: darknet's box %zu, of class %zu and score %g, is not found", architecture,
                     i, k, (double)expected[6 * i + 1]);
        best[k] = fmaxf(best[k], expected[6 * i + 1]);
    }
    for (size_t k = 0; k < CLASSES; ++k)
        if (best[k] > 0) /* the hundred best are not of every class */
            assert_near(answer.class_scores[k], best[k], 1e-4);
    answers->free(reader);
    free(expected);
}

static void check_network(const char *architecture)
{
    const NetworkPlan plan = {.model = settings_of(architecture, "4", SIZE), .batch = 1};
    const YoloGrid grid = yolo_grid(&plan.model);
    ParameterList parameters;
    Network network;
    GoldenCase golden = {0};
    snprintf(golden.name, sizeof golden.name, "%s", architecture);
    parameters_init(&parameters);
    assert_int_equal(network_init(&network, &plan, &parameters), STATUS_OK);
    fill(&golden, &parameters);
    float *image = net_value(network.net, network.nodes.image);
    golden_numbers(&golden, "image", (const double[]){0.5, 0.5, 0}, network_input_count(&network),
                   image);
    assert_int_equal(net_forward(network.net), STATUS_OK);
    check_rows(&grid, net_value(network.net, network.nodes.outputs[0]), architecture);
    check_found(&network, architecture);
    network_clear(&network);
    parameters_clear(&parameters);
}

static void the_full_network_gives_darknets_boxes_and_scores(void **state)
{
    (void)state;
    check_network("yolov3");
}

static void the_tiny_network_gives_darknets_boxes_and_scores(void **state)
{
    (void)state;
    check_network("yolov3_tiny");
}

static void parameters_are_as_many_as_in_darknets_files(void **state)
{
    (void)state;
    NetworkCount count;
    ModelSettings settings = settings_of("yolov3", "32", 416);
    assert_int_equal(network_count(&settings, &count), STATUS_OK);
    assert_true(count.parameters == 61592497);
    assert_near(count.macs, 32.66e9, 1e7);
    settings = settings_of("yolov3_tiny", "16", 416);
    assert_int_equal(network_count(&settings, &count), STATUS_OK);
    assert_true(count.parameters == 8683174);
    assert_near(count.macs, 2.723e9, 1e6);
}

/* The settings that a text gives, or the message that refuses it. */
static void check_anchors(const char *text, const char *refusal)
{
    ModelSettings settings = settings_of("yolov3_tiny", "16", 416);
    const SettingRow *row = &architecture_of(&settings)->rows[1];
    char written[SETTING_TEXT_BYTES];
    const Status status = setting_row_read(row, settings.own, text);
    assert_int_equal(status, refusal ? STATUS_ARGUMENT : STATUS_OK);
    if (refusal) {
        assert_non_null(strstr(status_message(), refusal));
        return;
    }
    setting_row_write(row, settings.own, written);
    assert_string_equal(written, "1,2 3,4 5,6 7,8 9,10 11,12");
    assert_near(yolo_grid(&settings).anchors[5][1], 12.0 / 416, 1e-7);
}

static void anchors_are_read_as_darknet_writes_them(void **state)
{
    (void)state;
    check_anchors("1,2 3,4 5,6 7,8 9,10 11,12", NULL);
    check_anchors("1,2,  3,4,  5,6,  7,8,  9,10,  11,12", NULL);
    check_anchors("1,2 3,4 5,6 7,8 9,10", "expected the width and height of 6 boxes");
    check_anchors("1,2 3,4 5,6 7,8 9,10 11,12 13,14", "expected");
    check_anchors("1,2 3,4 5,6 7,8 9,10 11,0", "expected");
    check_anchors("1,2 3,4 5,6 7,8 9,10 11,-3", "expected");
    check_anchors("1,2 3,4 5,6 7,8 9,10 11,2x", "expected");
}

static void a_row_and_its_place_are_each_others_inverse(void **state)
{
    (void)state;
    const ModelSettings settings = settings_of("yolov3", "32", 64);
    const YoloGrid grid = yolo_grid(&settings);
    assert_int_equal(grid.rows, 3 * (4 + 16 + 64));
    for (size_t i = 0; i < grid.rows; ++i) {
        const YoloPlace place = yolo_place(&grid, i);
        const float x = ((float)place.x + 0.5F) / (float)place.cells;
        const float y = ((float)place.y + 0.5F) / (float)place.cells;
        assert_int_equal(yolo_row(&grid, place.anchor, x, y), i);
    }
    assert_int_equal(yolo_row(&grid, 8, 1, 1), 11); /* the far corner is of the last cell */
    assert_int_equal(yolo_place(&grid, 0).anchor, 6);
}

static void sizes_that_do_not_divide_by_the_coarsest_stride_are_refused(void **state)
{
    (void)state;
    const size_t wrong[] = {0, 48, 1056};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        const ModelSettings settings = settings_of("yolov3_tiny", "16", wrong[i]);
        assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
        assert_non_null(strstr(status_message(), "expected a multiple of 32"));
    }
    ModelSettings settings = settings_of("yolov3_tiny", "16", 64);
    settings.classes = 0;
    assert_int_equal(architecture_of(&settings)->check(&settings), STATUS_ARGUMENT);
}

/* Other classes change the shapes of the layers that give the rows, and of no others; local tuning
 * freezes what comes before darknet's classifier ends. */
static void what_classes_and_tuning_concern_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *name, *last_frozen, *first_trained;
    } networks[] = {{"yolov3", "layers.73.conv.weight", "layers.75.conv.weight"},
                    {"yolov3_tiny", "layers.12.conv.weight", "layers.13.conv.weight"}};
    for (size_t n = 0; n < 2; ++n) {
        ModelSettings settings = settings_of(networks[n].name, "4", 64);
        const Architecture *architecture = architecture_of(&settings);
        ParameterList four, three;
        assert_int_equal(network_list_shapes(&settings, &four), STATUS_OK);
        settings.classes = CLASSES - 1;
        assert_int_equal(network_list_shapes(&settings, &three), STATUS_OK);
        assert_int_equal(four.count, three.count);
        for (size_t k = 0; k < four.count; ++k) {
            const char *name = four.items[k].name;
            assert_int_equal(architecture->depends_on_classes(name),
                             four.items[k].count != three.items[k].count);
            if (strcmp(name, networks[n].last_frozen) == 0)
                assert_true(architecture->is_frozen_by_local(name));
            if (strcmp(name, networks[n].first_trained) == 0)
                assert_false(architecture->is_frozen_by_local(name));
        }
        assert_non_null(parameters_find(&four, networks[n].first_trained));
        assert_non_null(parameters_find(&four, networks[n].last_frozen));
        assert_int_equal(architecture->narrowest(&settings), 4);
        parameters_clear(&four);
        parameters_clear(&three);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_full_network_gives_darknets_boxes_and_scores),
        cmocka_unit_test(the_tiny_network_gives_darknets_boxes_and_scores),
        cmocka_unit_test(parameters_are_as_many_as_in_darknets_files),
        cmocka_unit_test(anchors_are_read_as_darknet_writes_them),
        cmocka_unit_test(a_row_and_its_place_are_each_others_inverse),
        cmocka_unit_test(sizes_that_do_not_divide_by_the_coarsest_stride_are_refused),
        cmocka_unit_test(what_classes_and_tuning_concern_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* YOLOv3's loss against PyTorch's and darknet's (golden/yolov3.h5), and against its own
 * differences. */
#include "../golden_file.h"

#include "loss/yolo_loss.h"

enum { CLASSES = 4, WIDTH = 5 + CLASSES, ROWS = 135, TRUTHS = 6, SIZE = 96 };

static const size_t anchors[6][2] = {{10, 14}, {23, 27},   {37, 58},
                                     {81, 82}, {135, 169}, {344, 319}};

static void *read(const char *name, Hdf5Type type, size_t bytes, size_t expected)
{
    Hdf5Reader *reader;
    size_t count;
    assert_int_equal(hdf5_reader_new("golden/yolov3.h5", &reader), STATUS_OK);
    void *values = golden_dataset(reader, "loss", name, type, bytes, &count);
    assert_int_equal(count, expected);
    hdf5_reader_free(reader);
    return values;
}

static void read_truths(GroundTruth truths[TRUTHS])
{
    double *numbers = read("truths", HDF5_F64, sizeof *numbers, TRUTHS * 5);
    for (size_t i = 0; i < TRUTHS; ++i) {
        const double *own = numbers + 5 * i;
        truths[i] = (GroundTruth){{(float)own[0], (float)own[1], (float)own[2], (float)own[3]},
                                  (int32_t)own[4]};
    }
    free(numbers);
}

static void sums_and_gradients_are_those_of_pytorch_and_darknet(void **state)
{
    (void)state;
    const YoloGrid grid = yolo_grid_make(SIZE, 2, anchors);
    GroundTruth truths[TRUTHS];
    YoloTargets *targets;
    YoloSums sums;
    static float gradient[ROWS * WIDTH];
    float *rows = read("rows", HDF5_F32, sizeof *rows, ROWS * WIDTH);
    double *expected = read("sums", HDF5_F64, sizeof *expected, 3);
    double *slopes = read("gradient", HDF5_F64, sizeof *slopes, ROWS * WIDTH);
    read_truths(truths);
    assert_int_equal(grid.rows, ROWS);
    assert_int_equal(yolo_targets_new(&grid, CLASSES, TRUTHS, &targets), STATUS_OK);
    assert_int_equal(yolo_targets_set(targets, TRUTHS, truths), STATUS_OK);
    yolo_loss(targets, rows, 0.5, &sums, gradient);
    assert_near(sums.box, expected[0], 1e-4);
    assert_near(sums.objectness, expected[1], 1e-4);
    assert_near(sums.classes, expected[2], 1e-4);
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; ++i)
        assert_near(gradient[i], 0.5 * slopes[i], 2e-6);
    yolo_targets_free(targets);
    free(rows);
    free(expected);
    free(slopes);
}

static double total(const YoloTargets *targets, const float *rows)
{
    YoloSums sums;
    yolo_loss(targets, rows, 1, &sums, NULL);
    return sums.box + sums.objectness + sums.classes;
}

static void gradients_are_the_slopes_of_the_sums(void **state)
{
    (void)state;
    const YoloGrid grid = yolo_grid_make(32, 2, anchors);
    const GroundTruth truths[2] = {{{0.1F, 0.2F, 0.7F, 0.9F}, 1}, {{0.5F, 0.5F, 0.8F, 0.75F}, 3}};
    static float rows[15 * WIDTH], gradient[15 * WIDTH];
    GoldenStream stream = golden_stream("slopes");
    YoloTargets *targets;
    YoloSums sums;
    assert_int_equal(grid.rows, 15);
    for (size_t i = 0; i < grid.rows * WIDTH; ++i)
        rows[i] = (float)(3 * golden_next(&stream));
    assert_int_equal(yolo_targets_new(&grid, CLASSES, 2, &targets), STATUS_OK);
    assert_int_equal(yolo_targets_set(targets, 2, truths), STATUS_OK);
    yolo_loss(targets, rows, 1, &sums, gradient);
    for (size_t i = 0; i < grid.rows * WIDTH; ++i) {
        const float kept = rows[i], step = 1.0F / 256;
        rows[i] = kept + step;
        const double above = total(targets, rows);
        rows[i] = kept - step;
        const double below = total(targets, rows);
        rows[i] = kept;
        assert_near(gradient[i], (above - below) / (2 * (double)step), 1e-3);
    }
    yolo_targets_free(targets);
}

/* All rows shall say that nothing is there; and nothing of former truths is left. */
static void an_empty_image_only_lowers_objectness(void **state)
{
    (void)state;
    const YoloGrid grid = yolo_grid_make(32, 2, anchors);
    const GroundTruth truth = {{0.1F, 0.2F, 0.7F, 0.9F}, 1};
    static float rows[15 * WIDTH], gradient[15 * WIDTH];
    YoloTargets *targets;
    YoloSums sums;
    assert_int_equal(yolo_targets_new(&grid, CLASSES, 1, &targets), STATUS_OK);
    assert_int_equal(yolo_targets_set(targets, 1, &truth), STATUS_OK);
    assert_int_equal(yolo_targets_set(targets, 0, NULL), STATUS_OK);
    yolo_loss(targets, rows, 1, &sums, gradient);
    assert_near(sums.objectness, 15 * log(2), 1e-9);
    assert_true(sums.box == 0 && sums.classes == 0);
    for (size_t i = 0; i < grid.rows * WIDTH; ++i)
        assert_true(gradient[i] == (i % WIDTH == YOLO_OBJECTNESS ? 0.5F : 0));
    yolo_targets_free(targets);
}

static void boxes_without_extent_and_too_many_are_refused(void **state)
{
    (void)state;
    const YoloGrid grid = yolo_grid_make(32, 2, anchors);
    const GroundTruth truths[2] = {{{0.1F, 0.2F, 0.7F, 0.2F}, 1},
                                   {{0.1F, 0.2F, INFINITY, 0.3F}, 0}};
    YoloTargets *targets;
    assert_int_equal(yolo_targets_new(&grid, CLASSES, 1, &targets), STATUS_OK);
    assert_int_equal(yolo_targets_set(targets, 1, truths), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "expected x0 < x1"));
    assert_int_equal(yolo_targets_set(targets, 1, truths + 1), STATUS_ARGUMENT);
    assert_int_equal(yolo_targets_set(targets, 2, truths), STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "expected at most 1"));
    yolo_targets_free(targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_gradients_are_those_of_pytorch_and_darknet),
        cmocka_unit_test(gradients_are_the_slopes_of_the_sums),
        cmocka_unit_test(an_empty_image_only_lowers_objectness),
        cmocka_unit_test(boxes_without_extent_and_too_many_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

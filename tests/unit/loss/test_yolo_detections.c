/* YOLOv3's rows to detections, by hand (against darknet: unit.model.yolov3), and mirror images. */
#include "../golden_file.h"

#include "loss/yolo_detections.h"

enum { CLASSES = 2, WIDTH = 5 + CLASSES, ROWS = 15, SIZE = 32 };

static const size_t anchors[6][2] = {{4, 4}, {8, 4}, {4, 8}, {16, 16}, {16, 8}, {24, 24}};
static float rows[ROWS * WIDTH];

static void fill_rows(void)
{
    for (size_t i = 0; i < ROWS; ++i)
        for (size_t c = 0; c < WIDTH; ++c)
            rows[i * WIDTH + c] = c < YOLO_OBJECTNESS ? 0 : -20;
}

static size_t detect(Detection *found, float *scores)
{
    const YoloGrid grid = yolo_grid_make(SIZE, 2, anchors);
    Suppression *suppression;
    size_t count;
    assert_int_equal(grid.rows, ROWS);
    assert_int_equal(suppression_new(CLASSES, &suppression), STATUS_OK);
    yolo_detect(&grid, CLASSES, rows, suppression, found, &count, scores);
    suppression_free(suppression);
    return count;
}

static void scores_are_objectness_times_class(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float scores[CLASSES];
    fill_rows();
    /* Row 2 is the largest anchor of the only coarse cell, row 3 the smallest of the first fine
     * one. */
    float *large = rows + 2 * WIDTH, *small = rows + 3 * WIDTH;
    large[YOLO_OBJECTNESS] = logf(4); /* 0.8 */
    large[YOLO_CLASSES] = 0;          /* 0.5 */
    small[YOLO_OBJECTNESS] = 20;
    small[YOLO_CLASSES + 1] = logf(9); /* 0.9 */
    small[YOLO_W] = logf(6);           /* 24 wide: over the border */
    assert_int_equal(detect(found, scores), 2);
    assert_near(found[0].score, 0.9, 1e-6);
    assert_int_equal(found[0].class_index, 1);
    assert_near(found[0].box.x0, 0, 0);
    assert_near(found[0].box.x1, 0.25 + 0.375, 1e-6);
    assert_near(found[0].box.y0, 0.25 - 0.0625, 1e-6);
    assert_near(found[1].score, 0.4, 1e-6);
    assert_near(found[1].box.x0, 0.125, 1e-6);
    assert_near(found[1].box.y1, 0.875, 1e-6);
    assert_near(scores[0], 0.4, 1e-6);
    assert_near(scores[1], 0.9, 1e-6);
}

/* The highest score is told even where it is too low for a box. */
static void low_scores_give_no_box(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float scores[CLASSES];
    fill_rows();
    rows[YOLO_OBJECTNESS] = 20;
    rows[YOLO_CLASSES] = logf(0.005F / 0.995F);
    assert_int_equal(detect(found, scores), 0);
    assert_near(scores[0], 0.005, 1e-6);
    assert_true(scores[1] < 1e-8F);
}

static void wild_sizes_give_finite_boxes(void **state)
{
    (void)state;
    Detection found[DETECTIONS_MOST];
    float scores[CLASSES];
    fill_rows();
    for (size_t i = 0; i <= 2; i += 2) { /* anchors whose overlap is 0.44 */
        rows[i * WIDTH + YOLO_W] = rows[i * WIDTH + YOLO_H] = 1e30F;
        rows[i * WIDTH + YOLO_OBJECTNESS] = rows[i * WIDTH + YOLO_CLASSES] = 20;
    }
    assert_int_equal(detect(found, scores), 2);
    for (size_t i = 0; i < 2; ++i)
        assert_true(found[i].box.x0 == 0 && found[i].box.y1 == 1);
}

/* Outputs of an image, and of its mirror image, that say the same of it average to the same. */
static void outputs_of_a_mirror_image_say_the_same(void **state)
{
    (void)state;
    const YoloGrid grid = yolo_grid_make(SIZE, 2, anchors);
    static float mirrored[ROWS * WIDTH], own[ROWS * WIDTH];
    GoldenStream stream = golden_stream("mirror");
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; ++i)
        own[i] = rows[i] = (float)golden_next(&stream);
    for (size_t i = 0; i < ROWS; ++i) {
        const YoloPlace place = yolo_place(&grid, i);
        const float x = ((float)(place.cells - 1 - place.x) + 0.5F) / (float)place.cells;
        const float y = ((float)place.y + 0.5F) / (float)place.cells;
        float *to = mirrored + yolo_row(&grid, place.anchor, x, y) * WIDTH;
        memcpy(to, rows + i * WIDTH, WIDTH * sizeof *to);
        to[YOLO_X] = -to[YOLO_X];
    }
    yolo_average_mirrored(&grid, CLASSES, own, mirrored);
    for (size_t i = 0; i < (size_t)ROWS * WIDTH; ++i)
        assert_true(own[i] == rows[i]);
    yolo_average_mirrored(&grid, CLASSES, own, own);
    assert_near(own[YOLO_X], 0, 0); /* the coarse cell is its own mirror image */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_objectness_times_class),
        cmocka_unit_test(low_scores_give_no_box),
        cmocka_unit_test(wild_sizes_give_finite_boxes),
        cmocka_unit_test(outputs_of_a_mirror_image_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

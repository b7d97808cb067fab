#include "../unit.h"

#include <math.h>

#include "image/box.h"

/* Both precisions at once: they are one formula. */
static void assert_overlap(Box a, Box b, double expected)
{
    assert_true(fabs(box_iou(&a, &b) - expected) < 1e-12);
    assert_true(fabs(box_iou(&b, &a) - expected) < 1e-12);
    assert_true(fabs((double)box_iou_f32(&a, &b) - expected) < 1e-6);
    assert_true(fabs((double)box_iou_f32(&b, &a) - expected) < 1e-6);
}

static void overlap_is_intersection_over_union(void **state)
{
    (void)state;
    const Box a = {0, 0, 10, 10};
    assert_overlap(a, (Box){5, 0, 15, 10}, 50.0 / 150.0);
    assert_overlap(a, a, 1);
    assert_overlap(a, (Box){2, 3, 4, 8}, 10.0 / 100.0);
    assert_overlap(a, (Box){20, 20, 30, 30}, 0);
    assert_overlap(a, (Box){10, 0, 20, 10}, 0); /* half-open: they touch */
}

static void empty_boxes_overlap_nothing(void **state)
{
    (void)state;
    const Box a = {0, 0, 10, 10}, empty = {5, 5, 5, 9};
    assert_overlap(a, empty, 0);
    assert_overlap(empty, empty, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_is_intersection_over_union),
        cmocka_unit_test(empty_boxes_overlap_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

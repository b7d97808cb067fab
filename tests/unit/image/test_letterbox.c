/* A picture fitted into a square: where it lies, and the way there and back. */
#include "../unit.h"

#include <math.h>

#include "image/letterbox.h"

static void a_wide_picture_lies_in_the_middle_of_the_square(void **state)
{
    (void)state;
    const Letterbox place = letterbox_of(true, 200, 100);
    assert_true(place.x0 == 0 && place.width == 1);
    assert_true(place.y0 == 0.25F && place.height == 0.5F);
    const Letterbox whole = letterbox_of(false, 200, 100);
    assert_true(whole.x0 == 0 && whole.y0 == 0 && whole.width == 1 && whole.height == 1);
}

static void boxes_go_there_and_back(void **state)
{
    (void)state;
    const Box box = {0.25F, 0.5F, 0.75F, 1};
    const Letterbox place = letterbox_of(true, 90, 120);
    const Box in = letterbox_in(&place, &box), out = letterbox_out(&place, &in);
    assert_true(fabsf(in.x0 - (0.125F + 0.75F * 0.25F)) < 1e-6F && in.y0 == 0.5F);
    assert_true(fabsf(out.x0 - box.x0) < 1e-6F && fabsf(out.x1 - box.x1) < 1e-6F);
    assert_true(out.y0 == box.y0 && out.y1 == box.y1);
}

static void what_reaches_beside_the_picture_is_cut(void **state)
{
    (void)state;
    const Letterbox place = letterbox_of(true, 200, 100);
    const Box out = letterbox_out(&place, &(Box){0.1F, 0.1F, 0.9F, 0.5F});
    assert_true(out.y0 == 0 && out.y1 == 0.5F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_picture_lies_in_the_middle_of_the_square),
        cmocka_unit_test(boxes_go_there_and_back),
        cmocka_unit_test(what_reaches_beside_the_picture_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../golden.h"

#include <math.h>
#include <string.h>

#include "data/page/facts.h"

/* A mask of 40 x 30 that is set in x0..x1, y0..y1. */
static void set(Image *mask, size_t x0, size_t y0, size_t x1, size_t y1)
{
    if (!mask->pixels)
        assert_int_equal(image_init(mask, 40, 30, 1), STATUS_OK);
    for (size_t y = y0; y < y1; ++y)
        memset(mask->pixels + y * 40 + x0, 255, x1 - x0);
}

static void tight_boxes_about_every_part_agree_fully(void **state)
{
    (void)state;
    Image mask = {0};
    set(&mask, 5, 5, 15, 15);
    set(&mask, 20, 20, 30, 25);
    const Box boxes[] = {{5, 5, 15, 15}, {20, 20, 30, 25}};
    assert_near(facts_overlap(&mask, 2, boxes), 1, 0);
    image_clear(&mask);
}

static void what_a_box_lacks_or_holds_too_much_lowers_the_agreement(void **state)
{
    (void)state;
    Image mask = {0};
    set(&mask, 5, 5, 15, 15);
    /* twice as wide as the mask */
    assert_near(facts_overlap(&mask, 1, &(Box){5, 5, 25, 15}), 0.5, 1e-12);
    /* shifted: 50 of 100 pixels within, which fill half of it */
    assert_near(facts_overlap(&mask, 1, &(Box){10, 5, 20, 15}), 0.5, 1e-12);
    /* half of the mask has no box */
    assert_near(facts_overlap(&mask, 1, &(Box){5, 5, 15, 10}), 0.5, 1e-12);
    /* a second box without any mask */
    const Box boxes[] = {{5, 5, 15, 15}, {20, 20, 30, 25}};
    assert_near(facts_overlap(&mask, 2, boxes), 0, 0);
    /* a box between pixels holds those whose centres it holds */
    assert_near(facts_overlap(&mask, 1, &(Box){4.6f, 5.4f, 15.4f, 14.6f}), 1, 1e-12);
    image_clear(&mask);
}

static void without_mask_or_boxes_nothing_agrees(void **state)
{
    (void)state;
    Image mask = {0};
    assert_true(isnan(facts_overlap(&mask, 1, &(Box){0, 0, 1, 1})));
    set(&mask, 0, 0, 0, 0);
    assert_true(isnan(facts_overlap(&mask, 1, &(Box){0, 0, 1, 1})));
    set(&mask, 5, 5, 15, 15);
    assert_true(isnan(facts_overlap(&mask, 0, NULL)));
    image_clear(&mask);
}

static void facts_are_measured_on_the_bright_field(void **state)
{
    (void)state;
    Image image, mask = {0};
    PictureFacts facts;
    assert_int_equal(image_init(&image, 40, 30, 3), STATUS_OK);
    for (size_t y = 0; y < 30; ++y) /* a grey of 100 beside a black surround */
        memset(image.pixels + (y * 40 + 20) * 3, 100, 60);
    set(&mask, 20, 0, 30, 12);
    assert_int_equal(facts_take(&image, &mask, 1, &(Box){20, 0, 30, 12}, &facts), STATUS_OK);
    assert_true(facts.known);
    assert_int_equal(facts.width, 40);
    assert_int_equal(facts.height, 30);
    assert_near(facts.brightness, 100, 0);
    assert_near(facts.mask_share, 0.1, 1e-12);
    assert_near(facts.overlap, 1, 0);
    assert_near(facts.surround.dark_border, (20 + 20 + 30) / 140.0, 1e-12);
    image_clear(&image);
    image_clear(&mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tight_boxes_about_every_part_agree_fully),
        cmocka_unit_test(what_a_box_lacks_or_holds_too_much_lowers_the_agreement),
        cmocka_unit_test(without_mask_or_boxes_nothing_agrees),
        cmocka_unit_test(facts_are_measured_on_the_bright_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

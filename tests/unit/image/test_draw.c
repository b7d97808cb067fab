#include "../unit.h"

#include <string.h>

#include "image/draw.h"

static Image grey(size_t width, size_t height)
{
    Image image;
    assert_int_equal(image_init(&image, width, height, 3), STATUS_OK);
    memset(image.pixels, 100, width * height * 3);
    return image;
}

static const uint8_t *at(const Image *image, size_t x, size_t y)
{
    return image->pixels + (y * image->width + x) * image->channels;
}

static size_t changed(const Image *image, size_t x0, size_t y0, size_t x1, size_t y1)
{
    size_t count = 0;
    for (size_t y = y0; y < y1; ++y)
        for (size_t x = x0; x < x1; ++x)
            count += at(image, x, y)[0] != 100;
    return count;
}

static void a_box_is_drawn_on_its_edges_only(void **state)
{
    (void)state;
    Image image = grey(120, 100);
    DrawBox box = {.box = {20, 30, 80, 70}, .colour = {255, 0, 0}};
    assert_int_equal(draw_boxes(&image, 1, &box), STATUS_OK);
    assert_true(at(&image, 20, 50)[0] > 150 && at(&image, 20, 50)[1] < 100);
    assert_true(at(&image, 50, 69)[0] > 150 && at(&image, 50, 69)[1] < 100);
    assert_int_equal(changed(&image, 24, 34, 76, 66), 0);
    assert_int_equal(changed(&image, 0, 0, 120, 26), 0);
    image_clear(&image);
}

static void a_tag_stands_above_its_box_and_within_the_picture(void **state)
{
    (void)state;
    Image image = grey(120, 100);
    DrawBox box = {.box = {20, 50, 100, 90}, .tag = "GC 0.93", .colour = {0, 255, 0}};
    assert_int_equal(draw_boxes(&image, 1, &box), STATUS_OK);
    assert_true(changed(&image, 20, 36, 60, 48) > 200);
    assert_int_equal(changed(&image, 0, 0, 120, 30), 0);
    image_clear(&image);
    image = grey(120, 100);
    box.box = (Box){100, -5, 140, 40}; /* no room above, nor to the right */
    assert_int_equal(draw_boxes(&image, 1, &box), STATUS_OK);
    assert_true(changed(&image, 60, 0, 98, 12) > 200);
    image_clear(&image);
}

static void a_mask_tints_its_pixels_and_outlines_them(void **state)
{
    (void)state;
    Image image = grey(40, 40), mask;
    assert_int_equal(image_init(&mask, 40, 40, 1), STATUS_OK);
    for (size_t y = 10; y < 30; ++y)
        memset(mask.pixels + y * 40 + 10, 255, 20);
    assert_int_equal(draw_mask(&image, &mask, (Colour){200, 0, 0}, 0.3f), STATUS_OK);
    assert_int_equal(changed(&image, 0, 0, 40, 40), 400);
    assert_int_equal(at(&image, 20, 20)[0], 130);
    assert_int_equal(at(&image, 20, 20)[1], 70);
    assert_int_equal(at(&image, 10, 20)[0], 190);
    assert_int_equal(at(&image, 9, 20)[0], 100);
    image_clear(&mask);
    assert_int_equal(image_init(&mask, 40, 39, 1), STATUS_OK);
    assert_int_equal(draw_mask(&image, &mask, (Colour){200, 0, 0}, 0.3f), STATUS_ARGUMENT);
    image_clear(&mask);
    image_clear(&image);
}

static void text_fills_the_width_it_announces(void **state)
{
    (void)state;
    Image image = grey(200, 40);
    float width;
    assert_int_equal(draw_text_width(12, "2026-11-24", &width), STATUS_OK);
    assert_true(width > 50 && width < 150);
    assert_int_equal(draw_text(&image, 10, 10, 12, (Colour){255, 255, 255}, "2026-11-24"),
                     STATUS_OK);
    size_t end = 10 + (size_t)width;
    assert_true(changed(&image, 10, 10, end, 22) > 150);
    assert_true(changed(&image, end - 12, 10, end, 22) > 10);
    assert_int_equal(changed(&image, end + 3, 0, 200, 40), 0);
    assert_int_equal(changed(&image, 0, 0, 200, 7), 0);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_is_drawn_on_its_edges_only),
        cmocka_unit_test(a_tag_stands_above_its_box_and_within_the_picture),
        cmocka_unit_test(a_mask_tints_its_pixels_and_outlines_them),
        cmocka_unit_test(text_fills_the_width_it_announces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

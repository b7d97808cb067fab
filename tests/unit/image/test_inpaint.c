#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "image/inpaint.h"

enum { WIDTH = 90, HEIGHT = 70 };

/* A hole of the lines x0 ... x1, y0 ... y1; another picture in it. */
static void punch(Image *image, uint8_t *missing, size_t x0, size_t y0, size_t x1, size_t y1)
{
    for (size_t y = y0; y < y1; ++y)
        for (size_t x = x0; x < x1; ++x) {
            missing[y * WIDTH + x] = 1;
            memset(image->pixels + 3 * (y * WIDTH + x), 255, 3);
        }
}

static uint8_t slope(size_t x, size_t y, size_t c)
{
    return (uint8_t)(20 + x + y / 2 + 30 * c);
}

static void a_slope_goes_on_and_what_is_known_stays(void **state)
{
    (void)state;
    uint8_t missing[WIDTH * HEIGHT] = {0};
    Image image;
    assert_int_equal(image_init(&image, WIDTH, HEIGHT, 3), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT * 3; ++i)
        image.pixels[i] = slope(i / 3 % WIDTH, i / 3 / WIDTH, i % 3);
    punch(&image, missing, 20, 10, 60, 40);
    punch(&image, missing, 70, 50, 73, 52);
    assert_int_equal(inpaint(&image, missing), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT * 3; ++i) {
        const int off = image.pixels[i] - slope(i / 3 % WIDTH, i / 3 / WIDTH, i % 3);
        if (abs(off) > (missing[i / 3] ? 3 : 0))
            fail_msg("(%zu, %zu): off by %d", i / 3 % WIDTH, i / 3 / WIDTH, off);
    }
    image_clear(&image);
}

static void a_corner_takes_the_colour_beside_it(void **state)
{
    (void)state;
    uint8_t missing[WIDTH * HEIGHT] = {0};
    Image image;
    assert_int_equal(image_init(&image, WIDTH, HEIGHT, 3), STATUS_OK);
    memset(image.pixels, 77, WIDTH * HEIGHT * 3);
    punch(&image, missing, 0, 40, 30, HEIGHT);
    assert_int_equal(inpaint(&image, missing), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT * 3; ++i)
        assert_int_equal(image.pixels[i], 77);
    image_clear(&image);
}

static void a_picture_of_which_nothing_is_known_stays(void **state)
{
    (void)state;
    uint8_t missing[WIDTH * HEIGHT] = {0};
    Image image;
    assert_int_equal(image_init(&image, WIDTH, HEIGHT, 3), STATUS_OK);
    punch(&image, missing, 0, 0, WIDTH, HEIGHT);
    assert_int_equal(inpaint(&image, missing), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT * 3; ++i)
        assert_int_equal(image.pixels[i], 255);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slope_goes_on_and_what_is_known_stays),
        cmocka_unit_test(a_corner_takes_the_colour_beside_it),
        cmocka_unit_test(a_picture_of_which_nothing_is_known_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

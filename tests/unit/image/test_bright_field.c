#include "../unit.h"

#include "image/bright_field.h"

/* A grey level on the frame's part x0..x1, y0..y1. */
static void fill(Image *image, size_t x0, size_t y0, size_t x1, size_t y1, uint8_t level)
{
    for (size_t y = y0; y < y1; ++y)
        for (size_t x = x0; x < x1; ++x)
            for (size_t c = 0; c < 3; ++c)
                image->pixels[(y * image->width + x) * 3 + c] = level;
}

static void assert_field(const Image *image, size_t x0, size_t y0, size_t x1, size_t y1)
{
    LightPlanes planes;
    PixelBox field;
    assert_int_equal(light_planes_init(image, &planes), STATUS_OK);
    assert_int_equal(bright_field_find(&planes, &field), STATUS_OK);
    light_planes_clear(&planes);
    assert_int_equal(field.x0, x0);
    assert_int_equal(field.y0, y0);
    assert_int_equal(field.x1, x1);
    assert_int_equal(field.y1, y1);
}

static void planes_are_the_mean_and_the_most_of_the_channels(void **state)
{
    (void)state;
    Image image;
    LightPlanes planes;
    assert_int_equal(image_init(&image, 2, 1, 3), STATUS_OK);
    const uint8_t pixels[] = {255, 255, 255, 100, 50, 200};
    for (size_t i = 0; i < sizeof pixels; ++i)
        image.pixels[i] = pixels[i];
    assert_int_equal(light_planes_init(&image, &planes), STATUS_OK);
    assert_int_equal(planes.luma[0], 255);
    assert_int_equal(planes.luma[1], (77 * 100 + 150 * 50 + 29 * 200) / 256);
    assert_int_equal(planes.peak[0], 255);
    assert_int_equal(planes.peak[1], 200);
    light_planes_clear(&planes);
    image_clear(&image);
}

static void the_surround_and_what_is_written_on_it_are_left_out(void **state)
{
    (void)state;
    Image image;
    assert_int_equal(image_init(&image, 200, 160, 3), STATUS_OK);
    fill(&image, 0, 0, 200, 160, 20); /* dark, not black */
    fill(&image, 60, 10, 180, 150, 120);
    assert_field(&image, 60, 10, 180, 150);
    fill(&image, 5, 20, 50, 50, 255); /* text in the surround: less than a quarter of the height */
    assert_field(&image, 60, 10, 180, 150);
    fill(&image, 90, 40, 130, 90, 0); /* a dark lumen within */
    assert_field(&image, 60, 10, 180, 150);
    image_clear(&image);
}

static void a_dark_frame_is_its_own_field(void **state)
{
    (void)state;
    Image image;
    assert_int_equal(image_init(&image, 40, 30, 3), STATUS_OK);
    assert_field(&image, 0, 0, 40, 30);
    fill(&image, 0, 0, 9, 30, 200); /* less than a quarter of the width */
    assert_field(&image, 0, 0, 40, 30);
    fill(&image, 0, 0, 40, 30, 200);
    assert_field(&image, 0, 0, 40, 30);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planes_are_the_mean_and_the_most_of_the_channels),
        cmocka_unit_test(the_surround_and_what_is_written_on_it_are_left_out),
        cmocka_unit_test(a_dark_frame_is_its_own_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../blob_picture.h"
#include "../golden.h"

#include <math.h>
#include <string.h>

#include "image/surround.h"

/* Paints x0..x1, y0..y1 in one grey level. */
static void fill(Image *image, size_t x0, size_t y0, size_t x1, size_t y1, uint8_t level)
{
    for (size_t y = y0; y < y1; ++y)
        memset(image->pixels + (y * image->width + x0) * 3, level, (x1 - x0) * 3);
}

static Surround look_at(const Image *image)
{
    LightPlanes planes;
    PixelBox field;
    Surround surround;
    assert_int_equal(light_planes_init(image, &planes), STATUS_OK);
    assert_int_equal(bright_field_find(&planes, &field), STATUS_OK);
    assert_int_equal(surround_find(&planes, &field, &surround), STATUS_OK);
    light_planes_clear(&planes);
    return surround;
}

/* Blackens the corners of a frame as an octagonal field leaves them, `leg` pixels long. */
static void cut_corners(Image *image, size_t leg)
{
    for (size_t i = 0; i < leg; ++i) {
        size_t y[2] = {i, image->height - 1 - i};
        for (int k = 0; k < 2; ++k) {
            fill(image, 0, y[k], leg - i, y[k] + 1, 0);
            fill(image, image->width - leg + i, y[k], image->width, y[k] + 1, 0);
        }
    }
}

static void the_dark_border_is_a_share_of_the_outermost_pixels(void **state)
{
    (void)state;
    Image image;
    blob_picture(&image, 320, 256, 1, 1, 0);
    assert_true(look_at(&image).dark_border == 0);
    fill(&image, 0, 0, 320, 1, 0); /* the upper side, and with it a pixel of each side */
    assert_near(look_at(&image).dark_border, (320 + 2) / 1152.0, 1e-9);
    fill(&image, 0, 0, 320, 256, 20);
    fill(&image, 40, 40, 280, 216, 130);
    assert_true(look_at(&image).dark_border == 1);
    image_clear(&image);
}

static void a_square_is_found_where_it_stands(void **state)
{
    (void)state;
    static const PixelBox squares[] = {
        {0, 168, 108, 256},   /* the lower left corner, as endoscopes have it */
        {220, 0, 320, 80},    /* another corner */
        {120, 90, 200, 160},  /* within */
        {130, 170, 190, 256}, /* at a side */
    };
    for (size_t i = 0; i < sizeof squares / sizeof *squares; ++i) {
        Image image;
        const PixelBox *box = &squares[i];
        blob_picture(&image, 320, 256, 2, 1, 0);
        cut_corners(&image, 64);
        assert_false(look_at(&image).has_square);
        fill(&image, box->x0, box->y0, box->x1, box->y1, 5);
        const Surround surround = look_at(&image);
        assert_true(surround.has_square);
        assert_in_range(surround.square.x0, box->x0, box->x0 + 5);
        assert_in_range(surround.square.y0, box->y0, box->y0 + 4);
        assert_in_range(surround.square.x1 + 5, box->x1, box->x1 + 5);
        assert_in_range(surround.square.y1 + 4, box->y1, box->y1 + 4);
        image_clear(&image);
    }
}

/* One above the other, the lower one wider, with little of its upper side left to be seen. */
static void two_squares_that_overlap_are_found(void **state)
{
    (void)state;
    Image image;
    blob_picture(&image, 320, 256, 2, 1, 0);
    fill(&image, 0, 176, 120, 256, 0);
    fill(&image, 0, 150, 80, 200, 0);
    const Surround surround = look_at(&image);
    assert_true(surround.has_square);
    assert_in_range(surround.square.x1, 115, 120);
    assert_in_range(surround.square.y0, 176, 180);
    image_clear(&image);
}

static void corners_lumens_and_small_boxes_are_no_squares(void **state)
{
    (void)state;
    Image image;
    blob_picture(&image, 320, 256, 3, 1, 0);
    fill(&image, 100, 100, 130, 120, 0); /* too small */
    assert_false(look_at(&image).has_square);
    image_clear(&image);

    blob_picture(&image, 320, 256, 3, 1, 0);
    for (size_t y = 0; y < 256; ++y) /* dark, with a soft edge */
        for (size_t x = 0; x < 320; ++x) {
            float dx = ((float)x - 160) / 90, dy = ((float)y - 128) / 80;
            float light = fminf(1, dx * dx + dy * dy);
            for (size_t c = 0; c < 3; ++c) {
                uint8_t *value = &image.pixels[(y * 320 + x) * 3 + c];
                *value = (uint8_t)((float)*value * light);
            }
        }
    assert_false(look_at(&image).has_square);
    image_clear(&image);

    assert_int_equal(image_init(&image, 320, 256, 3), STATUS_OK); /* all black */
    assert_false(look_at(&image).has_square);
    image_clear(&image);
    assert_int_equal(image_init(&image, 10, 10, 3), STATUS_OK);
    assert_false(look_at(&image).has_square);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_dark_border_is_a_share_of_the_outermost_pixels),
        cmocka_unit_test(a_square_is_found_where_it_stands),
        cmocka_unit_test(two_squares_that_overlap_are_found),
        cmocka_unit_test(corners_lumens_and_small_boxes_are_no_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

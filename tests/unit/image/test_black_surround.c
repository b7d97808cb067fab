#include "../blob_picture.h"

#include <stdbool.h>
#include <string.h>

#include "image/black_surround.h"
#include "image/painted.h"

enum { WIDTH = 320, HEIGHT = 256 };

/* Whether the pixel lies outside the octagon of a frame, its corners being 60 pixels long. */
static bool outside(size_t x, size_t y)
{
    const size_t across = x < WIDTH - 1 - x ? x : WIDTH - 1 - x;
    const size_t down = y < HEIGHT - 1 - y ? y : HEIGHT - 1 - y;
    return across + down < 60 || across < 10;
}

/* An octagonal picture in black that ripples a little, as JPEG leaves it. */
static void octagon(Image *image, uint8_t black)
{
    blob_picture(image, WIDTH, HEIGHT, 2, 1, 0);
    RandomStream stream;
    random_init(&stream, 1, "black", 0, 0);
    for (size_t y = 0; y < HEIGHT; ++y)
        for (size_t x = 0; x < WIDTH; ++x)
            for (size_t c = 0; outside(x, y) && c < 3; ++c)
                image->pixels[3 * (y * WIDTH + x) + c] =
                    (uint8_t)(black + random_below(&stream, 4));
}

static void the_surround_is_found_to_the_pixel(void **state)
{
    (void)state;
    uint8_t mask[WIDTH * HEIGHT];
    for (uint8_t black = 0; black <= 16; black = (uint8_t)(black + 8)) {
        Image image;
        octagon(&image, black);
        assert_int_equal(black_surround_find(&image, mask), STATUS_OK);
        for (size_t y = 0; y < HEIGHT; ++y)
            for (size_t x = 0; x < WIDTH; ++x)
                assert_int_equal(mask[y * WIDTH + x], outside(x, y));
        image_clear(&image);
    }
}

/* A lumen is black as well, but does not hang together with the frame's edge. */
static void a_lumen_and_a_full_frame_have_no_surround(void **state)
{
    (void)state;
    uint8_t mask[WIDTH * HEIGHT];
    Image image;
    PixelBox boxes[BLACK_SURROUND_BOXES];
    blob_picture(&image, WIDTH, HEIGHT, 2, 1, 0);
    for (size_t y = 100; y < 150; ++y)
        memset(image.pixels + 3 * (y * WIDTH + 100), 0, 3 * 60);
    assert_int_equal(black_surround_find(&image, mask), STATUS_OK);
    for (size_t i = 0; i < WIDTH * HEIGHT; ++i)
        assert_int_equal(mask[i], 0);
    assert_int_equal(black_surround_boxes(mask, WIDTH, HEIGHT, boxes), 0);
    image_clear(&image);
}

static void bands_and_corners_get_a_rectangle_each(void **state)
{
    (void)state;
    uint8_t mask[WIDTH * HEIGHT];
    PixelBox boxes[BLACK_SURROUND_BOXES];
    const PixelBox expected[] = {{0, 0, 10, 256},   {310, 0, 320, 256}, {10, 0, 60, 50},
                                 {260, 0, 310, 50}, {10, 206, 60, 256}, {260, 206, 310, 256}};
    for (size_t i = 0; i < WIDTH * HEIGHT; ++i)
        mask[i] = outside(i % WIDTH, i / WIDTH) ? 1 : 0;
    assert_int_equal(black_surround_boxes(mask, WIDTH, HEIGHT, boxes), 6);
    assert_memory_equal(boxes, expected, sizeof expected);
    memset(mask, 1, sizeof mask);
    assert_int_equal(black_surround_boxes(mask, WIDTH, HEIGHT, boxes), 1);
    assert_memory_equal(boxes, (&(PixelBox){0, 0, WIDTH, HEIGHT}), sizeof *boxes);
}

/* A band that an inset interrupts is not taken off as a whole: its remainder runs along a side. */
static void what_is_left_of_a_band_makes_no_corner_longer(void **state)
{
    (void)state;
    static uint8_t mask[WIDTH * HEIGHT];
    PixelBox boxes[BLACK_SURROUND_BOXES];
    for (size_t y = 0; y < HEIGHT; ++y)
        for (size_t x = 0; x < WIDTH; ++x) {
            const bool inset = x >= 6 && x < 80 && y >= 180 && y < 240;
            mask[y * WIDTH + x] = outside(x, y) && !inset;
        }
    const size_t count = black_surround_boxes(mask, WIDTH, HEIGHT, boxes);
    const PixelBox *upper_left = NULL;
    for (size_t i = 0; i < count; ++i)
        if (boxes[i].x0 == 6 && boxes[i].y0 == 0)
            upper_left = &boxes[i];
    assert_non_null(upper_left);
    assert_in_range(upper_left->x1, 50, 70);
    assert_in_range(upper_left->y1, 45, 75); /* and not 128, half of the frame */
}

/* A band's ragged end, and the sliver beside a round field. */
static void what_is_thin_makes_no_corner_longer(void **state)
{
    (void)state;
    static uint8_t mask[WIDTH * HEIGHT];
    PixelBox boxes[BLACK_SURROUND_BOXES];
    for (size_t y = 0; y < HEIGHT; ++y)
        for (size_t x = 0; x < WIDTH; ++x)
            mask[y * WIDTH + x] = outside(x, y) || (y == HEIGHT - 1 && x > 215);
    assert_int_equal(black_surround_boxes(mask, WIDTH, HEIGHT, boxes), 6);
    assert_in_range(boxes[5].x0, 255, 265);
    assert_in_range(boxes[5].y0, 200, 210);
}

/* ---- painted squares ---- */

static void fill(Image *image, const PixelBox *box, uint8_t red, uint8_t green, uint8_t blue)
{
    for (size_t y = box->y0; y < box->y1; ++y)
        for (size_t x = box->x0; x < box->x1; ++x)
            memcpy(image->pixels + 3 * (y * image->width + x), (const uint8_t[]){red, green, blue},
                   3);
}

static void squares_are_found_to_the_pixel(void **state)
{
    (void)state;
    static const struct {
        PixelBox box;
        uint8_t red, green, blue;
    } squares[] = {{{0, 167, 107, 256}, 2, 2, 2},
                   {{215, 0, 320, 81}, 0, 0, 0},
                   {{13, 150, 93, 240}, 4, 60, 20},
                   {{121, 91, 201, 160}, 2, 30, 90}};
    for (size_t i = 0; i < sizeof squares / sizeof *squares; ++i) {
        Image image;
        Painted painted;
        blob_picture(&image, WIDTH, HEIGHT, 2, 1, 0);
        assert_int_equal(painted_find(&image, &painted), STATUS_OK);
        assert_int_equal(painted.count, 0);
        fill(&image, &squares[i].box, squares[i].red, squares[i].green, squares[i].blue);
        assert_int_equal(painted_find(&image, &painted), STATUS_OK);
        assert_int_equal(painted.count, 1);
        assert_memory_equal(&painted.boxes[0], &squares[i].box, sizeof(PixelBox));
        image_clear(&image);
    }
}

/* A dark square whose brightness changes shows something. */
static void a_shaded_square_is_no_painted_one(void **state)
{
    (void)state;
    Image image;
    Painted painted;
    blob_picture(&image, WIDTH, HEIGHT, 2, 1, 0);
    for (size_t y = 160; y < HEIGHT; ++y)
        for (size_t x = 0; x < 100; ++x)
            memset(image.pixels + 3 * (y * WIDTH + x), (int)(x / 5), 3);
    assert_int_equal(painted_find(&image, &painted), STATUS_OK);
    assert_int_equal(painted.count, 0);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_surround_is_found_to_the_pixel),
        cmocka_unit_test(a_lumen_and_a_full_frame_have_no_surround),
        cmocka_unit_test(bands_and_corners_get_a_rectangle_each),
        cmocka_unit_test(what_is_left_of_a_band_makes_no_corner_longer),
        cmocka_unit_test(what_is_thin_makes_no_corner_longer),
        cmocka_unit_test(squares_are_found_to_the_pixel),
        cmocka_unit_test(a_shaded_square_is_no_painted_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <string.h>

#include "image/corner_square.h"

enum { WIDTH = 310, HEIGHT = 265, CUT = 60 };

/* A picture in an octagon of black, with levels that vary as mucosa's do. */
static uint8_t octagon(size_t x, size_t y)
{
    const size_t right = WIDTH - 1 - x, below = HEIGHT - 1 - y;
    const size_t near = (x < right ? x : right) + (y < below ? y : below);
    return near < CUT ? (uint8_t)(x * y % 5) : (uint8_t)(60 + (7 * x + 5 * y) % 60);
}

static void draw(Image *image, const PixelBox *square)
{
    assert_int_equal(image_init(image, WIDTH, HEIGHT, 3), STATUS_OK);
    for (size_t y = 0; y < HEIGHT; ++y)
        for (size_t x = 0; x < WIDTH; ++x) {
            const bool inside =
                x >= square->x0 && x < square->x1 && y >= square->y0 && y < square->y1;
            const uint8_t level = inside ? (uint8_t)((x + y) % 3) : octagon(x, y);
            memset(image->pixels + 3 * (y * WIDTH + x), level, 3);
        }
}

static size_t find(const Image *image, CornerSquares *squares)
{
    LightPlanes planes;
    assert_int_equal(light_planes_init(image, &planes), STATUS_OK);
    assert_int_equal(corner_squares_find(&planes, squares), STATUS_OK);
    light_planes_clear(&planes);
    return squares->count;
}

/* Also such as the surround's corner hides for the most part. */
static void a_square_is_found_in_every_corner(void **state)
{
    (void)state;
    static const size_t sides[][2] = {{80, 100}, {25, 110}, {150, 24}, {45, 45}};
    for (size_t i = 0; i < 4; ++i)
        for (size_t corner = 0; corner < 4; ++corner) {
            const size_t across = sides[i][0], down = sides[i][1];
            const PixelBox square = {corner % 2 ? WIDTH - across : 0,
                                     corner / 2 ? HEIGHT - down : 0, corner % 2 ? WIDTH : across,
                                     corner / 2 ? HEIGHT : down};
            CornerSquares squares;
            Image image;
            draw(&image, &square);
            assert_int_equal(find(&image, &squares), 1);
            const PixelBox *found = &squares.boxes[0];
            assert_in_range(found->x1 - found->x0, across - 3, across);
            assert_in_range(found->y1 - found->y0, down - 3, down);
            assert_true(corner % 2 ? found->x1 == WIDTH : found->x0 == 0);
            assert_true(corner / 2 ? found->y1 == HEIGHT : found->y0 == 0);
            image_clear(&image);
        }
}

static void slants_soft_edges_and_pictures_are_no_squares(void **state)
{
    (void)state;
    CornerSquares squares;
    Image image;
    draw(&image, &(PixelBox){0}); /* the surround alone */
    assert_int_equal(find(&image, &squares), 0);
    /* A dark lumen: black in the corner, brighter from line to line. */
    for (size_t y = 130; y < HEIGHT; ++y)
        for (size_t x = 0; x < 120; ++x) {
            const size_t out = (x > 80 ? x - 80 : 0) + (y < 170 ? 170 - y : 0);
            memset(image.pixels + 3 * (y * WIDTH + x), (int)(2 * out), 3);
        }
    assert_int_equal(find(&image, &squares), 0);
    image_clear(&image);
    /* A square with a picture in it. */
    const PixelBox square = {0, 165, 90, HEIGHT};
    draw(&image, &square);
    for (size_t y = 180; y < 250; ++y)
        for (size_t x = 20; x < 70; ++x)
            memset(image.pixels + 3 * (y * WIDTH + x), 90, 3);
    assert_int_equal(find(&image, &squares), 0);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_square_is_found_in_every_corner),
        cmocka_unit_test(slants_soft_edges_and_pictures_are_no_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

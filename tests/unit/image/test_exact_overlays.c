/* What exact pixels tell of a frame: image/exact_overlays. */
#include "../blob_picture.h"

#include <string.h>

#include "image/exact_overlays.h"

enum { WIDTH = 640, HEIGHT = 512 };

static void fill(Image *image, PixelBox box, const uint8_t colour[3])
{
    for (size_t y = box.y0; y < box.y1; ++y)
        for (size_t x = box.x0; x < box.x1; ++x)
            memcpy(image->pixels + 3 * (y * WIDTH + x), colour, 3);
}

/* A reddish field within bands of black of a tenth of the width, left and right. */
static void draw_frame(Image *image)
{
    assert_int_equal(image_init(image, WIDTH, HEIGHT, 3), STATUS_OK);
    fill(image, (PixelBox){0, 0, WIDTH, HEIGHT}, (const uint8_t[]){2, 2, 2});
    fill(image, (PixelBox){64, 0, WIDTH - 64, HEIGHT}, (const uint8_t[]){180, 90, 80});
}

static size_t find(const Image *image, OverlayKind kind, OverlayBox *last)
{
    static uint8_t surround[WIDTH * HEIGHT];
    ExactOverlays exact;
    size_t of_kind = 0;
    assert_int_equal(exact_overlays_find(image, surround, &exact), STATUS_OK);
    for (size_t i = 0; i < exact.count; ++i)
        if (exact.overlays[i].kind == kind) {
            *last = exact.overlays[i];
            ++of_kind;
        }
    return of_kind;
}

static void a_bare_frame_has_a_surround_and_no_square(void **state)
{
    (void)state;
    Image image;
    OverlayBox found;
    draw_frame(&image);
    assert_int_equal(find(&image, OVERLAY_TUBE, &found), 0);
    assert_int_equal(find(&image, OVERLAY_BORDER, &found), 2);
    image_clear(&image);
}

/* JPEG leaves the pixels along a square's sides brighter than those within. */
static void a_square_is_found_to_the_pixel_in_spite_of_ripples_along_its_sides(void **state)
{
    (void)state;
    const PixelBox square = {83, 347, 256, 501};
    Image image;
    OverlayBox found;
    draw_frame(&image);
    fill(&image, square, (const uint8_t[]){20, 20, 20});
    fill(&image, (PixelBox){square.x0 + 2, square.y0 + 2, square.x1 - 2, square.y1 - 2},
         (const uint8_t[]){0, 0, 0});
    assert_int_equal(find(&image, OVERLAY_TUBE, &found), 1);
    assert_float_equal(found.box.x0, square.x0, 0);
    assert_float_equal(found.box.y0, square.y0, 0);
    assert_float_equal(found.box.x1, square.x1, 0);
    assert_float_equal(found.box.y1, square.y1, 0);
    assert_float_equal(found.score, 1, 0);
    image_clear(&image);
}

/* Too narrow beside the band that it hangs together with to be a square of its own. */
static void a_square_that_runs_into_the_surround_is_found_to_the_pixel(void **state)
{
    (void)state;
    Image image;
    OverlayBox found = {0};
    draw_frame(&image);
    fill(&image, (PixelBox){0, 400, 104, HEIGHT}, (const uint8_t[]){2, 2, 2});
    assert_int_equal(find(&image, OVERLAY_TUBE, &found), 1);
    assert_true(found.box.x0 == 0 && found.box.y0 == 400 && found.box.x1 == 104 &&
                found.box.y1 == HEIGHT);
    image_clear(&image);
}

/* Two squares over each other in a corner: one to its pixels, what stands out of the other beside
 * it, above as well as to the right. */
static void what_stands_out_of_a_second_square_is_found_beside_the_first(void **state)
{
    (void)state;
    static const PixelBox beside[] = {{224, 432, 304, HEIGHT}, {0, 270, 160, 352}};
    for (size_t i = 0; i < 2; ++i) {
        static uint8_t surround[WIDTH * HEIGHT];
        ExactOverlays exact;
        Image image;
        draw_frame(&image);
        fill(&image, (PixelBox){0, 352, 224, HEIGHT}, (const uint8_t[]){2, 2, 2});
        fill(&image, beside[i], (const uint8_t[]){2, 2, 2});
        assert_int_equal(exact_overlays_find(&image, surround, &exact), STATUS_OK);
        assert_int_equal(exact.in_surround, 1);
        const Box *found = &exact.overlays[exact.count - 1].box;
        assert_float_equal(found->x0, beside[i].x0, 0);
        assert_float_equal(found->y0, beside[i].y0, 0);
        assert_float_equal(found->x1, beside[i].x1, 0);
        assert_float_equal(found->y1, beside[i].y1, 0);
        image_clear(&image);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_square_that_runs_into_the_surround_is_found_to_the_pixel),
        cmocka_unit_test(what_stands_out_of_a_second_square_is_found_beside_the_first),
        cmocka_unit_test(a_bare_frame_has_a_surround_and_no_square),
        cmocka_unit_test(a_square_is_found_to_the_pixel_in_spite_of_ripples_along_its_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Phantom lesions in frames that are there: where they lie, and what they leave as it is. */
#include "../unit.h"

#include <math.h>
#include <string.h>

#include "data/phantom/paint.h"

enum { WIDTH = 320, HEIGHT = 256, CASES = 20 };

/* A red wall with a little noise in a round field with a dark lumen, black around it, and a green
 * inset within the field. */
static void make_frame(PhantomImage *picture)
{
    *picture = (PhantomImage){0};
    assert_int_equal(image_init(&picture->image, WIDTH, HEIGHT, 3), STATUS_OK);
    RandomStream stream;
    random_init(&stream, 1, "frame", 0, 0);
    for (int y = 0; y < HEIGHT; ++y)
        for (int x = 0; x < WIDTH; ++x) {
            const double from_middle = hypot(x - WIDTH / 2, y - HEIGHT / 2);
            const double from_lumen = hypot(x - 200, y - 100);
            const int noise = (int)random_below(&stream, 9);
            uint8_t *pixel = picture->image.pixels + 3 * (y * WIDTH + x);
            memset(pixel, 0, 3);
            if (from_middle > 124)
                continue;
            pixel[0] = (uint8_t)((from_lumen < 22 ? 20 : 170) + noise);
            pixel[1] = (uint8_t)((from_lumen < 22 ? 10 : 90) + noise);
            pixel[2] = (uint8_t)((from_lumen < 22 ? 10 : 80) + noise);
            if (x >= 90 && x < 130 && y >= 60 && y < 90)
                pixel[1] = 230;
        }
}

static bool is_mucosa(const Image *frame, size_t i)
{
    return frame->pixels[3 * i] >= 100 && frame->pixels[3 * i + 1] < 200;
}

static void lesions_lie_on_lit_mucosa_alone(void **state)
{
    (void)state;
    size_t several = 0;
    PhantomImage frame;
    make_frame(&frame);
    for (uint32_t k = 0; k < CASES; ++k) {
        PhantomImage picture;
        RandomStream stream;
        size_t lesion = 0, changed = 0;
        random_init(&stream, 1, "case", k, 0);
        make_frame(&picture);
        assert_int_equal(
            paint_lesions((LesionKind)(LESION_CANCER_UPLIFT + k % 5), &stream, &picture),
            STATUS_OK);
        assert_true(picture.box_count >= 1 && picture.box_count <= PHANTOM_LESIONS);
        several += picture.box_count > 1;
        for (size_t i = 0; i < WIDTH * HEIGHT; ++i) {
            const uint8_t *before = frame.image.pixels + 3 * i;
            const uint8_t *after = picture.image.pixels + 3 * i;
            if (before[0] + before[1] + before[2] == 0)
                assert_int_equal(after[0] + after[1] + after[2], 0);
            if (!picture.mask.pixels[i])
                continue;
            assert_true(is_mucosa(&frame.image, i));
            ++lesion;
            changed += memcmp(before, after, 3) != 0;
        }
        assert_true(lesion >= WIDTH * HEIGHT / 400);
        assert_true(changed > lesion / 2);
        phantom_image_clear(&picture);
    }
    assert_true(several > CASES / 4);
    phantom_image_clear(&frame);
}

/* Every box has pixels of the mask at all its four sides, and none lies outside of all boxes. */
static void boxes_are_those_of_the_mask(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < CASES; ++k) {
        PhantomImage picture;
        RandomStream stream;
        random_init(&stream, 2, "case", k, 0);
        make_frame(&picture);
        assert_int_equal(
            paint_lesions((LesionKind)(LESION_CANCER_UPLIFT + k % 5), &stream, &picture),
            STATUS_OK);
        size_t inside = 0, all = 0;
        for (size_t i = 0; i < WIDTH * HEIGHT; ++i)
            all += picture.mask.pixels[i] != 0;
        for (size_t b = 0; b < picture.box_count; ++b) {
            const Box *box = &picture.boxes[b];
            float x0 = WIDTH, y0 = HEIGHT, x1 = 0, y1 = 0;
            for (float y = box->y0; y < box->y1; ++y)
                for (float x = box->x0; x < box->x1; ++x)
                    if (picture.mask.pixels[(size_t)y * WIDTH + (size_t)x]) {
                        ++inside;
                        x0 = fminf(x0, x);
                        y0 = fminf(y0, y);
                        x1 = fmaxf(x1, x + 1);
                        y1 = fmaxf(y1, y + 1);
                    }
            assert_true(x0 == box->x0 && y0 == box->y0 && x1 == box->x1 && y1 == box->y1);
        }
        assert_int_equal(inside, all);
        phantom_image_clear(&picture);
    }
}

static void a_picture_without_room_stays_as_it_is(void **state)
{
    (void)state;
    PhantomImage picture = {0};
    RandomStream stream;
    random_init(&stream, 1, "dark", 0, 0);
    assert_int_equal(image_init(&picture.image, WIDTH, HEIGHT, 3), STATUS_OK);
    memset(picture.image.pixels, 30, 3 * WIDTH * HEIGHT);
    assert_int_equal(paint_lesions(LESION_ULCER, &stream, &picture), STATUS_OK);
    assert_int_equal(picture.box_count, 0);
    for (size_t i = 0; i < WIDTH * HEIGHT; ++i)
        assert_true(picture.image.pixels[3 * i] == 30 && picture.mask.pixels[i] == 0);
    phantom_image_clear(&picture);
    make_frame(&picture);
    PhantomImage frame;
    make_frame(&frame);
    assert_int_equal(paint_lesions(LESION_NONE, &stream, &picture), STATUS_OK);
    assert_memory_equal(picture.image.pixels, frame.image.pixels, 3 * WIDTH * HEIGHT);
    phantom_image_clear(&picture);
    phantom_image_clear(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lesions_lie_on_lit_mucosa_alone),
        cmocka_unit_test(boxes_are_those_of_the_mask),
        cmocka_unit_test(a_picture_without_room_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

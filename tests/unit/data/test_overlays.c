#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "data/overlays/backgrounds.h"
#include "data/overlays/overlays.h"
#include "data/overlays/words.h"

/* A bare frame of a colour that no overlay has. */
static void bare_frame(Image *image)
{
    assert_int_equal(image_init(image, 300, 240, 3), STATUS_OK);
    for (size_t i = 0; i < 300 * 240; ++i)
        memcpy(image->pixels + 3 * i, (const uint8_t[]){190, 100, 77}, 3);
}

static bool changed(const Image *image, size_t x, size_t y)
{
    const uint8_t *pixel = image->pixels + 3 * (y * image->width + x);
    return abs(pixel[0] - 190) > 12 || abs(pixel[1] - 100) > 12 || abs(pixel[2] - 77) > 12;
}

/* Plates and outlines reach beyond the ink of letters, soft edges beyond a surround; a plate by a
 * space's width where the next word lies beyond the picture's edge. */
static bool in_a_box(const OverlayPicture *picture, size_t x, size_t y)
{
    const float margin = 30, px = (float)x, py = (float)y;
    for (size_t i = 0; i < picture->count; ++i) {
        const Box *box = &picture->boxes[i].box;
        if (px >= box->x0 - margin && px < box->x1 + margin && py >= box->y0 - margin &&
            py < box->y1 + margin)
            return true;
    }
    return false;
}

static size_t changed_in(const OverlayPicture *picture, const Box *box)
{
    size_t count = 0;
    for (size_t y = (size_t)box->y0; y < (size_t)box->y1; ++y)
        for (size_t x = (size_t)box->x0; x < (size_t)box->x1; ++x)
            count += changed(&picture->image, x, y);
    return count;
}

static void what_is_drawn_lies_in_boxes_and_boxes_hold_what_is_drawn(void **state)
{
    (void)state;
    OverlayPicture *picture = calloc(1, sizeof *picture);
    size_t kinds[OVERLAY_KINDS] = {0}, bare = 0;
    for (uint32_t k = 0; k < 120; ++k) {
        RandomStream stream;
        random_init(&stream, 5, "test", k, 0);
        bare_frame(&picture->image);
        assert_int_equal(overlay_picture_draw(&stream, picture), STATUS_OK);
        for (size_t i = 0; i < picture->count; ++i) {
            const OverlayBox *item = &picture->boxes[i];
            ++kinds[item->kind];
            if (changed_in(picture, &item->box) == 0 && item->kind != OVERLAY_TUBE)
                fail_msg("picture %u: nothing is seen of %s %g %g %g %g", k,
                         overlay_name(item->kind), (double)item->box.x0, (double)item->box.y0,
                         (double)item->box.x1, (double)item->box.y1);
        }
        for (size_t y = 0; y < 240 && picture->count < OVERLAYS_MOST; ++y)
            for (size_t x = 0; x < 300; ++x)
                if (changed(&picture->image, x, y) && !in_a_box(picture, x, y))
                    fail_msg("picture %u: (%zu, %zu) changed and is in no box", k, x, y);
        bare += picture->count == 0;
        overlay_picture_clear(picture);
    }
    for (size_t i = 0; i < OVERLAY_KINDS; ++i)
        assert_in_range(kinds[i], 20, 2000);
    assert_in_range(bare, 1, 40);
    free(picture);
}

static bool is_black(const OverlayPicture *picture, const Box *box)
{
    const Image *image = &picture->image;
    for (size_t y = (size_t)box->y0; y < (size_t)box->y1; ++y)
        for (size_t x = (size_t)box->x0; x < (size_t)box->x1; ++x)
            for (size_t c = 0; c < 3; ++c)
                if (image->pixels[3 * (y * image->width + x) + c] >= 16)
                    return false;
    return true;
}

/* Letters below the surround or a black square have no box, or one of what is seen. */
static void hidden_letters_have_no_box(void **state)
{
    (void)state;
    OverlayPicture *picture = calloc(1, sizeof *picture);
    for (uint32_t k = 0; k < 120; ++k) {
        RandomStream stream;
        random_init(&stream, 6, "test", k, 0);
        bare_frame(&picture->image);
        assert_int_equal(overlay_picture_draw(&stream, picture), STATUS_OK);
        for (size_t i = 0; i < picture->count; ++i) {
            const OverlayBox *item = &picture->boxes[i];
            if (item->kind == OVERLAY_TEXT || item->kind == OVERLAY_DIGITS)
                assert_false(is_black(picture, &item->box));
        }
        overlay_picture_clear(picture);
    }
    free(picture);
}

static void digits_have_digits_and_words_have_letters(void **state)
{
    (void)state;
    RandomStream stream;
    random_init(&stream, 1, "test", 0, 0);
    for (int i = 0; i < 300; ++i) {
        Token tokens[TOKENS_MOST];
        const size_t count = words_draw(&stream, tokens);
        assert_in_range(count, 1, TOKENS_MOST);
        for (size_t k = 0; k < count; ++k) {
            const bool digits = tokens[k].kind == OVERLAY_DIGITS;
            assert_true(tokens[k].text[0] != '\0');
            if (digits) /* or the squares of what was blanked out */
                assert_int_equal(strcspn(tokens[k].text, "ABCDEFGHIJabcdefghij"),
                                 strlen(tokens[k].text));
        }
    }
}

/* A bright field within black, with a painted square and a column of letters. */
static void real_frame(Image *image)
{
    assert_int_equal(image_init(image, 600, 480, 3), STATUS_OK);
    for (size_t y = 0; y < 480; ++y)
        for (size_t x = 0; x < 600; ++x) {
            const bool corner = x + y < 120 || (600 - x) + y < 120 || x + (480 - y) < 120;
            const bool square = x < 200 && y >= 300, letters = x > 10 && x < 120 && y % 40 < 10;
            const uint8_t level = corner || square ? 2 : letters ? 255 : (uint8_t)(120 + x % 7);
            memset(image->pixels + 3 * (y * 600 + x), level, 3);
        }
}

static void the_bare_part_keeps_clear_of_surround_square_and_letters(void **state)
{
    (void)state;
    Image frame;
    PixelBox part;
    real_frame(&frame);
    assert_int_equal(background_part(&frame, &part), STATUS_OK);
    assert_true(part.x1 > part.x0 && (part.x1 - part.x0) * (part.y1 - part.y0) > 600 * 480 / 6);
    for (size_t y = part.y0; y < part.y1; ++y)
        for (size_t x = part.x0; x < part.x1; ++x)
            assert_in_range(frame.pixels[3 * (y * 600 + x)], 100, 200);
    memset(frame.pixels, 0, 600 * 480 * 3);
    assert_int_equal(background_part(&frame, &part), STATUS_OK);
    assert_int_equal(part.x1, 0);
    image_clear(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_drawn_lies_in_boxes_and_boxes_hold_what_is_drawn),
        cmocka_unit_test(hidden_letters_have_no_box),
        cmocka_unit_test(digits_have_digits_and_words_have_letters),
        cmocka_unit_test(the_bare_part_keeps_clear_of_surround_square_and_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

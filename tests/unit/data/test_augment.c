#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/augment.h"

static const InputForm form = {{127.5F, 127.5F, 127.5F}, {127.5F, 127.5F, 127.5F}, false};
enum { SIDE = 200, SIZE = 160 };

static uint8_t pixels[SIDE * SIDE * 3], mask[SIDE * SIDE];
static float input[SIZE * SIZE * 3];
static uint8_t mask_out[SIZE * SIZE];
static AugmentScratch scratch;

static int set_up(void **state)
{
    (void)state;
    return augment_scratch_init(&scratch, SIDE, SIZE, &form) != STATUS_OK;
}

static int tear_down(void **state)
{
    (void)state;
    augment_scratch_clear(&scratch);
    return 0;
}

/* A bright ellipse on a smooth ground, and its mask and box. */
static Lesion draw_ellipse(float cx, float cy, float rx, float ry)
{
    for (int y = 0; y < SIDE; ++y)
        for (int x = 0; x < SIDE; ++x) {
            float dx = ((float)x + 0.5f) / SIDE - cx, dy = ((float)y + 0.5f) / SIDE - cy;
            bool inside = dx * dx / (rx * rx) + dy * dy / (ry * ry) <= 1;
            mask[y * SIDE + x] = inside;
            uint8_t *pixel = &pixels[(y * SIDE + x) * 3];
            pixel[0] = inside ? 230 : 100;
            pixel[1] = (uint8_t)(inside ? 200 : 40 + y / 10);
            pixel[2] = (uint8_t)(inside ? 190 : 40 + x / 10);
        }
    return (Lesion){{cx - rx, cy - ry, cx + rx, cy + ry}, .class_index = 1};
}

/* The extent of the nonzero pixels of mask_out, in fractions; false if there are none. */
static bool mask_extent(Lesion *extent)
{
    int x0 = SIZE, y0 = SIZE, x1 = 0, y1 = 0;
    for (int y = 0; y < SIZE; ++y)
        for (int x = 0; x < SIZE; ++x)
            if (mask_out[y * SIZE + x]) {
                x0 = x < x0 ? x : x0;
                x1 = x + 1 > x1 ? x + 1 : x1;
                y0 = y < y0 ? y : y0;
                y1 = y + 1;
            }
    *extent = (Lesion){{(float)x0 / SIZE, (float)y0 / SIZE, (float)x1 / SIZE, (float)y1 / SIZE}, 1};
    return x1 > 0;
}

static void check_that_all_move_together(float rotation, float scale)
{
    AugmentSettings settings = augment_defaults();
    settings.rotation = rotation;
    settings.scale = scale;
    settings.zoom_out = 0.3f;
    settings.brightness = settings.offset = settings.contrast = settings.saturation = settings.hue =
        0;
    int seen = 0, cut = 0;
    for (uint32_t i = 0; i < 300; ++i) {
        RandomStream stream;
        random_init(&stream, 1, "test", i, 0);
        Lesion lesion =
            draw_ellipse(random_range(&stream, 0.2f, 0.8f), random_range(&stream, 0.2f, 0.8f),
                         random_range(&stream, 0.08f, 0.2f), random_range(&stream, 0.08f, 0.2f));
        View view = augment_draw(&settings, &stream, 1, &lesion);
        augment_apply(&view, SIDE, pixels, mask, SIZE, input, mask_out, &scratch);
        Lesion moved, extent;
        bool shown = mask_extent(&extent);
        if (augment_lesions(&view, 0.3f, 1, &lesion, mask_out, SIZE, &moved) == 0)
            continue;
        ++seen;
        assert_true(shown);
        assert_int_equal(moved.class_index, 1);
        const float tolerance = 2.0f / SIZE;
        assert_true(fabsf(moved.box.x0 - extent.box.x0) < tolerance);
        assert_true(fabsf(moved.box.y0 - extent.box.y0) < tolerance);
        assert_true(fabsf(moved.box.x1 - extent.box.x1) < tolerance);
        assert_true(fabsf(moved.box.y1 - extent.box.y1) < tolerance);
        cut += moved.box.x0 == 0 || moved.box.y0 == 0 || moved.box.x1 == 1 || moved.box.y1 == 1;
        /* The bright pixels are the mask's, but for the pixels on its rim. */
        int different = 0, area = 0;
        for (int p = 0; p < SIZE * SIZE; ++p) {
            area += mask_out[p];
            different += mask_out[p] != (input[p * 3 + 1] > 0);
        }
        assert_true(different <= 4 + area / 5);
    }
    assert_true(seen > 200);
    assert_true(cut > 10);
}

static void mask_boxes_and_pixels_move_together(void **state)
{
    (void)state;
    check_that_all_move_together(0, 0);
}

static void mask_boxes_and_pixels_turn_together(void **state)
{
    (void)state;
    check_that_all_move_together(40, 0);
}

static void mask_boxes_and_pixels_grow_and_shrink_together(void **state)
{
    (void)state;
    check_that_all_move_together(0, 0.5f);
}

/* The whole range and nothing beyond it, about as often enlarged as reduced. */
static void pictures_are_seen_at_the_sizes_of_the_scale(void **state)
{
    (void)state;
    AugmentSettings settings = augment_defaults();
    settings.scale = 0.3f;
    float least = 2, most = 0;
    int enlarged = 0;
    for (uint32_t i = 0; i < 400; ++i) {
        RandomStream stream;
        random_init(&stream, 6, "test", i, 0);
        const View view = augment_draw(&settings, &stream, 0, NULL);
        const float size = 1 / view.side;
        least = fminf(least, size);
        most = fmaxf(most, size);
        enlarged += size > 1;
        const float end = view.x0 + view.side; /* the window in the image, or the image in it */
        assert_true(size > 1 ? view.x0 >= 0 && end < 1.001f : view.x0 <= 0 && end > 0.999f);
    }
    assert_true(least > 0.6999f && least < 0.71f && most > 1.29f && most < 1.3001f);
    assert_true(enlarged > 150 && enlarged < 250);
}

/* By a quarter, where what must come out can be said without a sine: the view's x is the image's
 * y, and its y the image's -x. */
static void a_quarter_turn_is_exact(void **state)
{
    (void)state;
    const Lesion lesion = draw_ellipse(0.3f, 0.4f, 0.2f, 0.1f);
    static float upright[SIZE * SIZE * 3];
    static uint8_t mask_upright[SIZE * SIZE];
    View view = augment_identity();
    augment_apply(&view, SIDE, pixels, mask, SIZE, upright, mask_upright, &scratch);
    view.turn = 1.57079633f;
    augment_apply(&view, SIDE, pixels, mask, SIZE, input, mask_out, &scratch);
    for (size_t y = 0; y < SIZE; ++y)
        for (size_t x = 0; x < SIZE; ++x) {
            const size_t turned = y * SIZE + x, from = x * SIZE + SIZE - 1 - y;
            assert_int_equal(mask_out[turned], mask_upright[from]);
            for (size_t c = 0; c < 3; ++c)
                assert_true(fabsf(input[turned * 3 + c] - upright[from * 3 + c]) < 1e-3f);
        }
    Lesion moved;
    assert_int_equal(augment_lesions(&view, 0.3f, 1, &lesion, NULL, SIZE, &moved), 1);
    assert_true(fabsf(moved.box.x0 - 0.3f) < 1e-5f && fabsf(moved.box.x1 - 0.5f) < 1e-5f);
    assert_true(fabsf(moved.box.y0 - 0.5f) < 1e-5f && fabsf(moved.box.y1 - 0.9f) < 1e-5f);
}

/* Without a mask the box is the hull of the turned box, which an ellipse does not fill. */
static void a_turned_box_holds_the_lesion(void **state)
{
    (void)state;
    const Lesion lesion = draw_ellipse(0.5f, 0.45f, 0.2f, 0.1f);
    Lesion hull, tight, extent;
    View view = augment_identity();
    view.turn = 0.5f;
    augment_apply(&view, SIDE, pixels, mask, SIZE, input, mask_out, &scratch);
    assert_true(mask_extent(&extent));
    assert_int_equal(augment_lesions(&view, 0.3f, 1, &lesion, NULL, SIZE, &hull), 1);
    assert_int_equal(augment_lesions(&view, 0.3f, 1, &lesion, mask_out, SIZE, &tight), 1);
    assert_memory_equal(&tight, &extent, sizeof tight);
    assert_true(fabsf((hull.box.x1 - hull.box.x0) - (0.4f * cosf(0.5f) + 0.2f * sinf(0.5f))) <
                1e-5f);
    assert_true(hull.box.x0 < tight.box.x0 && hull.box.x1 > tight.box.x1);
    assert_true(hull.box.y0 < tight.box.y0 && hull.box.y1 > tight.box.y1);
}

/* What is drawn besides the turn is what was drawn before there was one. */
static void a_turn_changes_nothing_else_of_a_view(void **state)
{
    (void)state;
    AugmentSettings settings = augment_defaults();
    RandomStream stream;
    random_init(&stream, 4, "test", 0, 0);
    const View upright = augment_draw(&settings, &stream, 0, NULL);
    settings.rotation = 15;
    random_init(&stream, 4, "test", 0, 0);
    View turned = augment_draw(&settings, &stream, 0, NULL);
    assert_true(upright.gamma == 1 && upright.sigma == 0);
    assert_true(upright.turn == 0 && turned.turn != 0 && fabsf(turned.turn) <= 0.2618f);
    assert_true(turned.x0 == upright.x0 && turned.y0 == upright.y0 && turned.side == upright.side);
    assert_memory_equal(turned.colour, upright.colour, sizeof turned.colour);
}

static void gamma_bends_the_middle_alone(void **state)
{
    (void)state;
    for (int i = 0; i < SIDE * SIDE; ++i) {
        pixels[i * 3] = 0;
        pixels[i * 3 + 1] = 64;
        pixels[i * 3 + 2] = 255;
    }
    View view = augment_identity();
    view.gamma = 2;
    augment_apply(&view, SIDE, pixels, NULL, SIZE, input, mask_out, &scratch);
    const float bent = 64.0f * 64.0f / 255.0f;
    for (int i = 0; i < SIZE * SIZE; ++i) {
        assert_true(fabsf(input[i * 3] + 1) < 1e-5f);
        assert_true(fabsf(input[i * 3 + 1] - (bent - 127.5f) / 127.5f) < 1e-5f);
        assert_true(fabsf(input[i * 3 + 2] - 1) < 1e-5f);
    }
}

/* A bright point becomes a Gaussian of that sigma along both axes, and loses nothing. */
static void a_blurred_point_is_a_gaussian(void **state)
{
    (void)state;
    const int at_x = 50, at_y = 70;
    memset(pixels, 0, sizeof pixels);
    pixels[(at_y * SIZE + at_x) * 3] = 255;
    View view = augment_identity();
    const double sigma = 2;
    view.sigma = (float)sigma / SIZE;
    augment_apply(&view, SIZE, pixels, NULL, SIZE, input, mask_out, &scratch);
    double sum = 0, along = 0, down = 0;
    for (int y = 0; y < SIZE; ++y)
        for (int x = 0; x < SIZE; ++x) {
            const double value = ((double)input[(y * SIZE + x) * 3] + 1) / 2;
            sum += value;
            along += value * (x - at_x) * (x - at_x);
            down += value * (y - at_y) * (y - at_y);
            assert_true(fabsf(input[(y * SIZE + x) * 3 + 1] + 1) < 1e-5f);
        }
    assert_true(fabs(sum - 1) < 0.02);
    assert_true(fabs(sqrt(along) - sigma) < 0.1 && fabs(sqrt(down) - sigma) < 0.1);
}

static void gamma_and_blur_are_drawn_within_their_ranges(void **state)
{
    (void)state;
    AugmentSettings settings = augment_defaults();
    settings.gamma = 0.25f;
    settings.blur = 1.5f;
    int darker = 0, blurred = 0;
    for (uint32_t i = 0; i < 400; ++i) {
        RandomStream stream;
        random_init(&stream, 5, "test", i, 0);
        const View view = augment_draw(&settings, &stream, 0, NULL);
        assert_true(view.gamma > 0.799f && view.gamma < 1.251f);
        assert_true(view.sigma >= 0 && view.sigma <= 1.5f / 300);
        darker += view.gamma > 1;
        blurred += view.sigma > 0;
    }
    assert_true(darker > 150 && darker < 250 && blurred > 150 && blurred < 250);
}

static void the_identity_changes_nothing_at_equal_size(void **state)
{
    (void)state;
    draw_ellipse(0.5f, 0.5f, 0.2f, 0.3f);
    View view = augment_identity();
    augment_apply(&view, SIZE, pixels, mask, SIZE, input, mask_out, &scratch);
    for (int i = 0; i < SIZE * SIZE * 3; ++i)
        assert_true(input[i] == ((float)pixels[i] - 127.5f) / 127.5f);
    assert_memory_equal(mask_out, mask, SIZE * SIZE);
}

static void flips_mirror_exactly(void **state)
{
    (void)state;
    draw_ellipse(0.3f, 0.4f, 0.2f, 0.1f);
    View view = augment_identity();
    augment_apply(&view, SIDE, pixels, mask, SIZE, input, mask_out, &scratch);
    static float mirrored[SIZE * SIZE * 3];
    static uint8_t mask_mirrored[SIZE * SIZE];
    view.flip_horizontal = view.flip_vertical = true;
    augment_apply(&view, SIDE, pixels, mask, SIZE, mirrored, mask_mirrored, &scratch);
    for (int i = 0; i < SIZE * SIZE; ++i) {
        assert_int_equal(mask_out[i], mask_mirrored[SIZE * SIZE - 1 - i]);
        for (int c = 0; c < 3; ++c)
            assert_true(input[i * 3 + c] == mirrored[(SIZE * SIZE - 1 - i) * 3 + c]);
    }
}

static void zooming_out_shows_the_border(void **state)
{
    (void)state;
    for (int i = 0; i < SIDE * SIDE * 3; ++i)
        pixels[i] = (uint8_t)(i % 3 == 0 ? 200 : 100);
    View view = augment_identity();
    view.x0 = view.y0 = -0.25f;
    view.side = 1.5f;
    augment_apply(&view, SIDE, pixels, NULL, SIZE, input, mask_out, &scratch);
    assert_true(input[0] == -1);
    size_t centre = (SIZE / 2 * SIZE + SIZE / 2) * 3;
    assert_true(fabsf(input[centre] - (200 - 127.5f) / 127.5f) < 1e-5f);
    view.mean_border = true;
    augment_apply(&view, SIDE, pixels, NULL, SIZE, input, mask_out, &scratch);
    assert_true(fabsf(input[0] - (200 - 127.5f) / 127.5f) < 1e-5f);
    assert_true(fabsf(input[1] - (100 - 127.5f) / 127.5f) < 1e-5f);
}

static void grey_stays_grey_under_hue_and_saturation(void **state)
{
    (void)state;
    AugmentSettings settings = augment_defaults();
    settings.hue = 90;
    settings.saturation = 0.9f;
    for (uint32_t i = 0; i < 50; ++i) {
        RandomStream stream;
        random_init(&stream, 2, "test", i, 0);
        View view = augment_draw(&settings, &stream, 0, NULL);
        float sums[3];
        for (int c = 0; c < 3; ++c)
            sums[c] = view.colour[c][0] + view.colour[c][1] + view.colour[c][2];
        assert_true(fabsf(sums[0] - sums[1]) < 1e-5f && fabsf(sums[0] - sums[2]) < 1e-5f);
        assert_true(sums[0] > 0.7f && sums[0] < 1.35f);
    }
}

/* A fifth of the strong views has no colours; of the others none is drawn, and no number is used
 * up. */
static void strong_views_are_sometimes_grey(void **state)
{
    (void)state;
    enum { DRAWN = 500 };
    AugmentSettings settings = augment_strong();
    size_t grey = 0;
    for (uint32_t i = 0; i < DRAWN; ++i) {
        RandomStream stream;
        random_init(&stream, 4, "test", i, 0);
        const View view = augment_draw(&settings, &stream, 0, NULL);
        bool same = true;
        for (int c = 0; c < 3; ++c)
            same &= fabsf(view.colour[0][c] - view.colour[1][c]) < 1e-6f;
        grey += same;
        assert_true(view.side >= 0.45f && view.side <= 1 && view.x0 >= 0 && view.y0 >= 0);
    }
    assert_in_range(grey, DRAWN / 8, DRAWN / 4);
}

static void lesions_cut_off_are_dropped(void **state)
{
    (void)state;
    const Lesion lesions[3] = {
        {{0, 0, 0.2f, 0.2f}, 0}, {{0.4f, 0, 0.6f, 0.2f}, 1}, {{0.7f, 0, 1, 1}, 2}};
    View view = augment_identity();
    view.x0 = 0.46f;
    view.side = 0.54f;
    Lesion moved[3];
    assert_int_equal(augment_lesions(&view, 0.3f, 3, lesions, NULL, SIZE, moved), 2);
    assert_int_equal(moved[0].class_index, 1);
    assert_true(moved[0].box.x0 == 0 && fabsf(moved[0].box.x1 - 0.14f / 0.54f) < 1e-5f);
    assert_int_equal(moved[1].class_index, 2);
    assert_int_equal(augment_lesions(&view, 0.8f, 3, lesions, NULL, SIZE, moved), 0);
}

static void a_demanding_view_keeps_a_lesion_in_sight(void **state)
{
    (void)state;
    AugmentSettings settings = augment_defaults();
    settings.keep_lesion = 1;
    Lesion lesion = {{0.02f, 0.02f, 0.1f, 0.1f}, 0}, moved;
    for (uint32_t i = 0; i < 200; ++i) {
        RandomStream stream;
        random_init(&stream, 3, "test", i, 0);
        View view = augment_draw(&settings, &stream, 1, &lesion);
        assert_int_equal(augment_lesions(&view, 0.299f, 1, &lesion, NULL, SIZE, &moved), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mask_boxes_and_pixels_move_together),
        cmocka_unit_test(mask_boxes_and_pixels_turn_together),
        cmocka_unit_test(mask_boxes_and_pixels_grow_and_shrink_together),
        cmocka_unit_test(pictures_are_seen_at_the_sizes_of_the_scale),
        cmocka_unit_test(a_quarter_turn_is_exact),
        cmocka_unit_test(a_turned_box_holds_the_lesion),
        cmocka_unit_test(a_turn_changes_nothing_else_of_a_view),
        cmocka_unit_test(gamma_bends_the_middle_alone),
        cmocka_unit_test(a_blurred_point_is_a_gaussian),
        cmocka_unit_test(gamma_and_blur_are_drawn_within_their_ranges),
        cmocka_unit_test(the_identity_changes_nothing_at_equal_size),
        cmocka_unit_test(flips_mirror_exactly),
        cmocka_unit_test(zooming_out_shows_the_border),
        cmocka_unit_test(grey_stays_grey_under_hue_and_saturation),
        cmocka_unit_test(strong_views_are_sometimes_grey),
        cmocka_unit_test(lesions_cut_off_are_dropped),
        cmocka_unit_test(a_demanding_view_keeps_a_lesion_in_sight),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

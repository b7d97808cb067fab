#include "../golden_file.h"

#include <math.h>
#include <string.h>

#include "image/resize.h"

static Image make(size_t width, size_t height, size_t channels, const uint8_t *pixels)
{
    Image image;
    assert_int_equal(image_init(&image, width, height, channels), STATUS_OK);
    memcpy(image.pixels, pixels, width * height * channels);
    return image;
}

static void halving_weights_four_pixels_by_hand(void **state)
{
    (void)state;
    /* Step 2, support 2: output 1 of 3 stands at 3; the centres 1.5 to 4.5 weigh 1/4 3/4 3/4 1/4.
     * Output 0 stands at 1: the border goes on, so -0.5 falls to pixel 0: (1/4 + 3/4) 3/4 1/4. */
    Image source = make(6, 1, 1, (const uint8_t[]){10, 50, 90, 200, 0, 40});
    ResizeView view = resize_whole(&source);
    Image out;
    assert_int_equal(resize_image(&source, &view, 3, 1, &out), STATUS_OK);
    assert_int_equal(out.pixels[0], (int)(1.0 * 10 + 0.75 * 50 + 0.25 * 90) / 2);
    assert_int_equal(out.pixels[1], (int)(0.25 * 50 + 0.75 * 90 + 0.75 * 200 + 0.25 * 0) / 2);
    assert_int_equal(out.pixels[2], (int)(0.25 * 200 + 0.75 * 0 + 1.0 * 40) / 2);
    image_clear(&out);
    image_clear(&source);
}

static void doubling_interpolates_linearly_by_hand(void **state)
{
    (void)state;
    Image source = make(2, 1, 1, (const uint8_t[]){0, 100});
    ResizeView view = resize_whole(&source);
    Image out;
    assert_int_equal(resize_image(&source, &view, 4, 1, &out), STATUS_OK);
    assert_memory_equal(out.pixels, ((const uint8_t[]){0, 25, 75, 100}), 4);
    image_clear(&out);
    image_clear(&source);
}

static void a_constant_image_stays_constant_at_any_size(void **state)
{
    (void)state;
    Image source, target;
    assert_int_equal(image_init(&source, 53, 37, 3), STATUS_OK);
    for (size_t i = 0; i < 53 * 37; ++i)
        memcpy(source.pixels + 3 * i, (const uint8_t[]){200, 77, 3}, 3);
    ResizeView view = {.window = {-4.3f, 2.25f, 60.5f, 36}, .flip_vertical = true};
    for (size_t side = 1; side < 120; side += 7) {
        assert_int_equal(resize_image(&source, &view, side, side + 3, &target), STATUS_OK);
        for (size_t i = 0; i < side * (side + 3); ++i)
            assert_memory_equal(target.pixels + 3 * i, ((const uint8_t[]){200, 77, 3}), 3);
        image_clear(&target);
    }
    image_clear(&source);
}

static void a_linear_image_keeps_its_slope_through_a_cropped_and_mirrored_view(void **state)
{
    (void)state;
    enum { WIDTH = 80, HEIGHT = 60, OUT_WIDTH = 17, OUT_HEIGHT = 9 };
    Image source;
    assert_int_equal(image_init(&source, WIDTH, HEIGHT, 3), STATUS_OK);
    for (size_t y = 0; y < HEIGHT; ++y)
        for (size_t x = 0; x < WIDTH; ++x) {
            uint8_t *pixel = source.pixels + 3 * (y * WIDTH + x);
            pixel[0] = (uint8_t)(2 * x);
            pixel[1] = (uint8_t)(3 * y);
            pixel[2] = (uint8_t)(x + y);
        }
    /* Well inside, so that no filter reaches the border. */
    ResizeView view = {.window = {10.5f, 12.25f, 61.5f, 48.25f}, .flip_horizontal = true};
    Image out;
    assert_int_equal(resize_image(&source, &view, OUT_WIDTH, OUT_HEIGHT, &out), STATUS_OK);
    for (size_t y = 0; y < OUT_HEIGHT; ++y)
        for (size_t x = 0; x < OUT_WIDTH; ++x) {
            float at_x = 61.5f - ((float)x + 0.5f) * 51 / OUT_WIDTH - 0.5f;
            float at_y = 12.25f + ((float)y + 0.5f) * 36 / OUT_HEIGHT - 0.5f;
            const uint8_t *pixel = out.pixels + (y * OUT_WIDTH + x) * 3;
            /* Sampled triangles are off by under 1/40 of a pixel at these steps; then rounded. */
            assert_near((float)pixel[0], 2 * at_x, 0.5f + 0.1f);
            assert_near((float)pixel[1], 3 * at_y, 0.5f + 0.15f);
            assert_near((float)pixel[2], at_x + at_y, 0.5f + 0.1f);
        }
    image_clear(&out);
    image_clear(&source);
}

static void one_to_one_is_exact_and_flips_mirror_it(void **state)
{
    (void)state;
    const uint8_t pixels[] = {1, 2, 3, 40, 50, 60};
    Image source = make(3, 2, 1, pixels), target;
    ResizeView view = resize_whole(&source);
    assert_int_equal(resize_image(&source, &view, 3, 2, &target), STATUS_OK);
    assert_memory_equal(target.pixels, pixels, 6);
    image_clear(&target);
    view.flip_horizontal = view.flip_vertical = true;
    const uint8_t turned[] = {60, 50, 40, 3, 2, 1};
    assert_int_equal(resize_image(&source, &view, 3, 2, &target), STATUS_OK);
    assert_memory_equal(target.pixels, turned, 6);
    image_clear(&target);
    assert_int_equal(resize_nearest(&source, &view, 3, 2, &target), STATUS_OK);
    assert_memory_equal(target.pixels, turned, 6);
    image_clear(&target);
    image_clear(&source);
}

static void a_mask_pixel_is_set_where_at_least_half_is_covered(void **state)
{
    (void)state;
    /* Grey values count as set or not; 4 columns set of 8, halved: the filter sees for outputs at
     * 1, 3, 5, 7 the shares 1, 7/8, 1/8, 0. */
    Image source = make(8, 1, 1, (const uint8_t[]){255, 128, 200, 255, 127, 0, 9, 0}), target;
    ResizeView view = resize_whole(&source);
    assert_int_equal(resize_mask(&source, &view, 4, 1, &target), STATUS_OK);
    assert_memory_equal(target.pixels, ((const uint8_t[]){255, 255, 0, 0}), 4);
    image_clear(&target);
    image_clear(&source);
}

static void an_empty_window_is_refused(void **state)
{
    (void)state;
    Image source = make(2, 2, 1, (const uint8_t[]){1, 2, 3, 4}), target;
    ResizeView view = {.window = {1, 0, 1, 2}};
    assert_int_equal(resize_image(&source, &view, 3, 3, &target), STATUS_ARGUMENT);
    assert_null(target.pixels);
    view = resize_whole(&source);
    assert_int_equal(resize_nearest(&source, &view, 0, 3, &target), STATUS_ARGUMENT);
    image_clear(&source);
}

/* Whether the filter of output pixel `at` of `count` reads source pixels only. */
static bool is_inside(size_t at, size_t count, size_t source)
{
    double step = (double)source / (double)count, reach = fmax(step, 1);
    double centre = ((double)at + 0.5) * step;
    return centre - reach >= 0 && centre + reach <= (double)source;
}

/* Beyond the border PyTorch weighs the pixels inside anew, while here the border goes on; all else
 * is one filter. */
static void inner_pixels_are_those_of_pytorch(void **state)
{
    (void)state;
    static const size_t heights[] = {24, 20, 48, 100, 7}, widths[] = {37, 11, 64, 90, 80};
    Hdf5Reader *reader;
    size_t count, inner = 0;
    assert_int_equal(hdf5_reader_new("golden/detection.h5", &reader), STATUS_OK);
    uint8_t *pixels = golden_dataset(reader, "resize", "source", HDF5_U8, 1, &count);
    Image source = make(37, 48, 3, pixels);
    ResizeView view = resize_whole(&source);
    for (size_t i = 0; i < 5; ++i) {
        char name[8];
        snprintf(name, sizeof name, "%zu", i);
        float *expected = golden_dataset(reader, "resize", name, HDF5_F32, sizeof(float), &count);
        Image found;
        assert_int_equal(count, heights[i] * widths[i] * 3);
        assert_int_equal(resize_image(&source, &view, widths[i], heights[i], &found), STATUS_OK);
        for (size_t k = 0; k < count; ++k)
            if (is_inside(k / 3 % widths[i], widths[i], 37) &&
                is_inside(k / 3 / widths[i], heights[i], 48)) {
                assert_near((float)found.pixels[k], expected[k], 0.5 + 1e-3); /* rounded */
                ++inner;
            }
        free(expected);
        image_clear(&found);
    }
    assert_true(inner > 10000);
    hdf5_reader_free(reader);
    free(pixels);
    image_clear(&source);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inner_pixels_are_those_of_pytorch),
        cmocka_unit_test(halving_weights_four_pixels_by_hand),
        cmocka_unit_test(doubling_interpolates_linearly_by_hand),
        cmocka_unit_test(a_constant_image_stays_constant_at_any_size),
        cmocka_unit_test(a_linear_image_keeps_its_slope_through_a_cropped_and_mirrored_view),
        cmocka_unit_test(one_to_one_is_exact_and_flips_mirror_it),
        cmocka_unit_test(a_mask_pixel_is_set_where_at_least_half_is_covered),
        cmocka_unit_test(an_empty_window_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "filters.h"

#include "image/median.h"
#include "image/noise_filter.h"
#include "image/similarity.h"

static double psnr(const NoiseFilter *filter, const Image *clean, const Image *noisy)
{
    Image filtered;
    assert_int_equal(noise_filter_apply(filter, noisy, &filtered), STATUS_OK);
    const double found = similarity_psnr(clean, &filtered);
    image_clear(&filtered);
    return found;
}

/* Smooth, as mucosa is, with an edge across it. */
static Image smooth_picture(size_t size)
{
    Image image;
    assert_int_equal(image_init(&image, size, size, 3), STATUS_OK);
    for (size_t y = 0; y < size; ++y)
        for (size_t x = 0; x < size; ++x)
            for (size_t c = 0; c < 3; ++c)
                image.pixels[3 * (y * size + x) + c] =
                    (uint8_t)(120 + 40 * sin(0.05 * (double)x + (double)c) +
                              (2 * x + y > 3 * size / 2 ? 40 : 0) + 10 * cos(0.11 * (double)y));
    return image;
}

static void disturb(Image *image, double gaussian, unsigned impulses_in_256)
{
    GoldenStream stream = golden_stream("noise");
    for (size_t i = 0; i < image->width * image->height * image->channels; ++i) {
        double sum = 0;
        for (int k = 0; k < 12; ++k)
            sum += golden_next(&stream) / 2;
        const double value = image->pixels[i] + gaussian * sum;
        image->pixels[i] = (uint8_t)fmin(fmax(value, 0), 255);
        if (128 * (golden_next(&stream) + 1) < impulses_in_256)
            image->pixels[i] = golden_next(&stream) < 0 ? 0 : 255;
    }
}

static void it_takes_out_each_kind_of_noise(void **state)
{
    (void)state;
    const NoiseFilter filter = noise_filter_defaults();
    const struct {
        double gaussian;
        unsigned impulses_in_256;
        double least; /* decibels gained */
    } noises[] = {{0, 13, 10}, {10, 0, 5}, {10, 13, 10}};
    for (size_t i = 0; i < sizeof noises / sizeof *noises; ++i) {
        Image clean = smooth_picture(120), noisy = smooth_picture(120);
        disturb(&noisy, noises[i].gaussian, noises[i].impulses_in_256);
        const double gained = psnr(&filter, &clean, &noisy) - similarity_psnr(&clean, &noisy);
        if (!(gained > noises[i].least))
            fail_msg("noise %zu: gained %g decibels", i, gained);
        image_clear(&clean);
        image_clear(&noisy);
    }
}

static void without_steps_the_picture_stays(void **state)
{
    (void)state;
    const NoiseFilter nothing = {.rule = SHRINK_NONE};
    Image image = golden_picture(20, 20, 3, ""), filtered;
    assert_int_equal(noise_filter_apply(&nothing, &image, &filtered), STATUS_OK);
    assert_memory_equal(image.pixels, filtered.pixels, 20 * 20 * 3);
    image_clear(&filtered);
    /* There and back again is rounded to what it was. */
    const NoiseFilter only_wavelets = {.levels = 5, .rule = SHRINK_NONE};
    assert_int_equal(noise_filter_apply(&only_wavelets, &image, &filtered), STATUS_OK);
    assert_memory_equal(image.pixels, filtered.pixels, 20 * 20 * 3);
    image_clear(&filtered);
    image_clear(&image);
}

static void a_picture_too_small_for_wavelets_has_its_median(void **state)
{
    (void)state;
    const NoiseFilter filter = noise_filter_defaults();
    Image image = golden_picture(9, 30, 3, ""), filtered, median;
    assert_int_equal(noise_filter_apply(&filter, &image, &filtered), STATUS_OK);
    assert_int_equal(image_median(&image, &median), STATUS_OK);
    assert_memory_equal(median.pixels, filtered.pixels, 9 * 30 * 3);
    image_clear(&image);
    image_clear(&filtered);
    image_clear(&median);
}

static void similarities_are_scikit_images(void **state)
{
    (void)state;
    Image a = golden_picture(23, 31, 3, ""), b = golden_picture(23, 31, 3, " noise");
    size_t count;
    double *psnr_expected = golden_filtered("similarity", "psnr", HDF5_F64, &count);
    double *ssim_expected = golden_filtered("similarity", "ssim", HDF5_F64, &count), ssim;
    for (size_t i = 0; i < 23 * 31 * 3; ++i) {
        const int value = a.pixels[i] + b.pixels[i] / 8 - 16;
        b.pixels[i] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
    assert_int_equal(similarity_ssim(&a, &b, &ssim), STATUS_OK);
    assert_true(fabs(ssim - *ssim_expected) < 1e-10);
    assert_true(fabs(similarity_psnr(&a, &b) - *psnr_expected) < 1e-10);
    assert_true(isinf(similarity_psnr(&a, &a)));
    b.width = a.width = 10;
    assert_int_equal(similarity_ssim(&a, &b, &ssim), STATUS_ARGUMENT);
    image_clear(&a);
    image_clear(&b);
    free(psnr_expected);
    free(ssim_expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_out_each_kind_of_noise),
        cmocka_unit_test(without_steps_the_picture_stays),
        cmocka_unit_test(a_picture_too_small_for_wavelets_has_its_median),
        cmocka_unit_test(similarities_are_scikit_images),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

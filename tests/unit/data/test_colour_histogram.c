#include "../golden.h"

#include "data/colour_histogram.h"

static void a_histogram_is_the_one_that_numpy_computes(void **state)
{
    (void)state;
    Image image;
    assert_int_equal(image_init(&image, 71, 53, 3), STATUS_OK);
    for (size_t y = 0; y < 53; ++y)
        for (size_t x = 0; x < 71; ++x) {
            uint8_t *pixel = image.pixels + (y * 71 + x) * 3;
            pixel[0] = (uint8_t)((x * 7 + y * 3) % 256);
            pixel[1] = (uint8_t)((x * x / 9 + y * 5) % 200);
            pixel[2] = (uint8_t)((x * 2 + y * y / 6) % 150);
        }
    double found[COLOUR_NUMBERS];
    size_t count = 0;
    colour_histogram(&image, found);
    double *expected = golden_read("golden/colour_baseline.txt", "histogram", &count);
    assert_int_equal(count, COLOUR_NUMBERS);
    for (size_t i = 0; i < count; ++i)
        assert_true(fabs(found[i] - expected[i]) < 1e-15);
    free(expected);
    image_clear(&image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_histogram_is_the_one_that_numpy_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "filters.h"

#include "image/median.h"

static void check(size_t height, size_t width, size_t channels)
{
    char name[GOLDEN_SHAPE_BYTES];
    size_t count;
    snprintf(name, sizeof name, "%zu x %zu x %zu", height, width, channels);
    int64_t *expected = golden_filtered("median", name, HDF5_I64, &count);
    Image image = golden_picture(height, width, channels, ""), filtered;
    assert_int_equal(count, height * width * channels);
    assert_int_equal(image_median(&image, &filtered), STATUS_OK);
    for (size_t i = 0; i < count; ++i)
        assert_int_equal(filtered.pixels[i], expected[i]);
    image_clear(&image);
    image_clear(&filtered);
    free(expected);
}

static void it_is_opencvs_to_the_bit(void **state)
{
    (void)state;
    check(1, 1, 1);
    check(7, 2, 3); /* narrower than the window */
    check(37, 41, 3);
}

static int by_size(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* Every rank at every place: the network against sorting. */
static void it_is_the_thirteenth_of_twenty_five(void **state)
{
    (void)state;
    for (int turn = 0; turn < 300; ++turn) {
        char suffix[24];
        snprintf(suffix, sizeof suffix, " %d", turn);
        Image image = golden_picture(5, 5, 1, suffix), filtered;
        for (size_t i = 0; i < 25 && turn % 3; ++i) /* many equal ones, and few values */
            image.pixels[i] = (uint8_t)(image.pixels[i] % (turn % 3 + 1));
        assert_int_equal(image_median(&image, &filtered), STATUS_OK);
        qsort(image.pixels, 25, 1, by_size);
        assert_int_equal(filtered.pixels[12], image.pixels[12]);
        image_clear(&image);
        image_clear(&filtered);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_opencvs_to_the_bit),
        cmocka_unit_test(it_is_the_thirteenth_of_twenty_five),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

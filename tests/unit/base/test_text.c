#include "../unit.h"

#include <string.h>

#include "base/text.h"

static void whole_numbers_are_read_strictly(void **state)
{
    (void)state;
    int64_t value = 77;
    assert_int_equal(text_to_integer("--n", "-12", -20, 20, &value), STATUS_OK);
    assert_int_equal(value, -12);
    const char *const wrong[] = {
        "", " 1", "1 ", "1x", "0x10", "1.5", "-", "21", "-21", "++1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        assert_int_equal(text_to_integer("--n", wrong[i], -20, 20, &value), STATUS_ARGUMENT);
    assert_int_equal(value, -12);
    assert_string_equal(status_message(),
                        "--n: '99999999999999999999', expected a whole number from -20 to 20");
}

static void numbers_are_finite_and_in_range(void **state)
{
    (void)state;
    double value = 0;
    assert_int_equal(text_to_number("--share", "2.5e-1", 0, 1, &value), STATUS_OK);
    assert_true(value == 0.25);
    const char *const wrong[] = {"", "nan", "inf", "1.1", "-0.1", "0.5 ", "0.5.5", "e", "1e999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        assert_int_equal(text_to_number("--share", wrong[i], 0, 1, &value), STATUS_ARGUMENT);
    assert_true(value == 0.25);
}

static void sizes_are_two_whole_numbers(void **state)
{
    (void)state;
    int64_t width = 0, height = 0;
    assert_int_equal(text_to_size("--size", "320x256", 64, 4096, &width, &height), STATUS_OK);
    assert_int_equal(width, 320);
    assert_int_equal(height, 256);
    const char *const wrong[] = {"",          "320",    "320x",    "x256",
                                 "320x256x3", "32x256", "320X256", "320x 256"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i)
        assert_int_equal(text_to_size("--size", wrong[i], 64, 4096, &width, &height),
                         STATUS_ARGUMENT);
    assert_non_null(strstr(status_message(), "expected WIDTHxHEIGHT"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_read_strictly),
        cmocka_unit_test(numbers_are_finite_and_in_range),
        cmocka_unit_test(sizes_are_two_whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "../unit.h"

#include <stdbool.h>
#include <stdlib.h>
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

static void the_fewest_digits_read_back_the_same(void **state)
{
    (void)state;
    char text[TEXT_NUMBER_BYTES];
    text_from_number(100, 1, text);
    assert_string_equal(text, "1e+02");
    text_from_number(100, 6, text);
    assert_string_equal(text, "100");
    text_from_number(0.1, 1, text);
    assert_string_equal(text, "0.1");
    text_from_number(0x1.fffffffffffffp-1, 6, text);
    assert_string_equal(text, "0.9999999999999999");
}

/* What YAML 1.1 (PyYAML), YAML 1.2 and JSON all take for a number. */
static bool is_plain(const char *text)
{
    const char *at = text + (*text == '-');
    const size_t whole = strspn(at, "0123456789");
    if (!whole || (at[0] == '0' && whole > 1))
        return false;
    at += whole;
    if (!*at)
        return true;
    const size_t decimals = *at == '.' ? strspn(++at, "0123456789") : 0;
    at += decimals;
    if (!decimals || !*at)
        return decimals > 0;
    return *at == 'e' && (at[1] == '-' || at[1] == '+') && at[2] &&
           strspn(at + 2, "0123456789") == strlen(at + 2);
}

static void a_plain_number_is_one_to_every_reader(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-0.0, "0"},
        {10, "10"},
        {30, "30"},
        {1e5, "100000"},
        {0.7, "0.7"},
        {0.69999999999999996, "0.7"},
        {-2.5, "-2.5"},
        {0.0003, "0.0003"},
        {0.00003, "3.0e-05"},
        {1.25e-7, "1.25e-07"},
        {1e15, "1000000000000000"},
        {1.25e17, "1.25e+17"},
        {1e16, "1.0e+16"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {5e-324, "4.9e-324"},
    };
    char text[TEXT_NUMBER_BYTES];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        text_plain_number(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
        assert_true(is_plain(text));
    }
    for (uint64_t i = 1, bits = 1; i < 20000; ++i) {
        double value;
        bits = bits * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0) /* not finite */
            continue;
        text_plain_number(value, text);
        if (!is_plain(text) || strtod(text, NULL) != value)
            fail_msg("%a is written as %s", value, text);
    }
    char room[TEXT_NUMBER_BYTES];
    assert_string_equal(text_number_in_plain("1e+01", room), "10");
    assert_string_equal(text_number_in_plain("18446744073709551615", room), "18446744073709551615");
    assert_string_equal(text_number_in_plain("r50x1", room), "r50x1");
    assert_string_equal(text_number_in_plain("nan", room), "nan");
    assert_string_equal(text_number_in_plain("", room), "");
}

static void numbers_that_differ_do_so_in_a_message(void **state)
{
    (void)state;
    assert_string_equal(TEXT_NUMBER(1.0000001), "1.0000001");
    assert_string_equal(TEXT_NUMBER(96.000048F), "96.000046");
    assert_string_equal(TEXT_NUMBER(0.1F), "0.1");
    assert_string_equal(TEXT_NUMBER(16777216.0F), "16777216");
    assert_string_not_equal(TEXT_NUMBER(96.0F), TEXT_NUMBER(0x1.800002p+6F));
    double value = 0;
    assert_int_equal(text_to_number("--n", "3", 0, 2.0000000001, &value), STATUS_ARGUMENT);
    assert_string_equal(status_message(), "--n: '3', expected a number from 0 to 2.0000000001");
}

static void only_utf8_is_taken_for_characters(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t expected;
    } cases[] = {
        {"a", 1},
        {"\xc3\xa9", 2},
        {"\xe2\x82\xac", 3},
        {"\xed\x9f\xbf", 3},
        {"\xf0\x9f\x94\xac", 4},
        {"\xe9.png", 0},         /* Latin-1 */
        {"\x80", 0},             /* the rest of nothing */
        {"\xc3", 0},             /* cut short */
        {"\xe2\x82", 0},         /* cut short */
        {"\xf0\x9f\x94", 0},     /* cut short */
        {"\xc0\x80", 0},         /* a zero byte in two */
        {"\xc1\xbf", 0},         /* an ASCII letter in two */
        {"\xe0\x80\xaf", 0},     /* a slash in three */
        {"\xed\xa0\x80", 0},     /* half of a surrogate pair */
        {"\xf0\x80\x80\xaf", 0}, /* a slash in four */
        {"\xf4\x90\x80\x80", 0}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        assert_int_equal(text_utf8_bytes(cases[i].bytes), cases[i].expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_are_read_strictly),
        cmocka_unit_test(numbers_are_finite_and_in_range),
        cmocka_unit_test(sizes_are_two_whole_numbers),
        cmocka_unit_test(the_fewest_digits_read_back_the_same),
        cmocka_unit_test(a_plain_number_is_one_to_every_reader),
        cmocka_unit_test(numbers_that_differ_do_so_in_a_message),
        cmocka_unit_test(only_utf8_is_taken_for_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

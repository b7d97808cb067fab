#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

static void valid_bytes_end_where_utf_8_does(void **state)
{
    (void)state;
    assert_int_equal(utf8_valid_bytes(""), 0);
    assert_int_equal(utf8_valid_bytes("L\xc3\xa4sion"), 7);
    assert_int_equal(utf8_valid_bytes("\xe8\x83\x83"), 3);      /* stomach */
    assert_int_equal(utf8_valid_bytes("\xf0\x9f\x98\x80x"), 5); /* beyond the basic plane */
    assert_int_equal(utf8_valid_bytes("L\xe4sion"), 1);         /* Latin-1 */
    assert_int_equal(utf8_valid_bytes("ab\xc3"), 2);            /* cut */
    assert_int_equal(utf8_valid_bytes("\xc0\xaf"), 0);          /* overlong */
    assert_int_equal(utf8_valid_bytes("\xed\xa0\x80"), 0);      /* a surrogate */
    assert_int_equal(utf8_valid_bytes("\xf4\x90\x80\x80"), 0);  /* above U+10FFFF */
}

static void control_characters_are_seen(void **state)
{
    (void)state;
    assert_false(utf8_has_control("a b\xc3\xa4"));
    assert_true(utf8_has_control("a\tb"));
    assert_true(utf8_has_control("a\n"));
    assert_true(utf8_has_control("\x7f"));
    assert_true(utf8_has_control("a\xc2\x85"));    /* U+0085 next line */
    assert_true(utf8_has_control("\xe2\x80\xa8")); /* U+2028 line separator */
}

static void assert_quoted(const char *text, const char *expected)
{
    char quote[UTF8_QUOTE_BYTES];
    assert_string_equal(utf8_quote(text, quote), expected);
}

static void a_quote_is_valid_and_on_one_line(void **state)
{
    (void)state;
    assert_quoted("", "\"\"");
    assert_quoted("polyp", "\"polyp\"");
    assert_quoted("L\xc3\xa4sion", "\"L\xc3\xa4sion\"");
    assert_quoted("L\xe4sion", "\"L\\xe4sion\"");
    assert_quoted("a\nb\x1b[31m", "\"a\\x0ab\\x1b[31m\"");
    assert_quoted("\xc2\x85", "\"\\xc2\\x85\"");
    assert_quoted("a\xe2\x80\x8b"
                  "b\xc2\xa0",
                  "\"a\\xe2\\x80\\x8bb\\xc2\\xa0\"");
}

static void a_long_text_is_cut_in_the_middle(void **state)
{
    (void)state;
    char text[601], quote[UTF8_QUOTE_BYTES];
    for (int i = 0; i < 200; ++i)
        memcpy(text + 3 * i, "\xe8\x83\x83", 3);
    text[600] = '\0';
    text[0] = 'A', text[1] = 'B', text[2] = 'C';
    memcpy(text + 597, "xyz", 3);
    utf8_quote(text, quote);
    size_t length = strlen(quote);
    assert_true(length < UTF8_QUOTE_BYTES);
    assert_int_equal(utf8_valid_bytes(quote), length);
    assert_memory_equal(quote, "\"ABC", 4);
    assert_string_equal(quote + length - 4, "xyz\"");
    assert_non_null(strstr(quote, "..."));
}

static void assert_folds(const char *a, const char *b, int same)
{
    char *first, *second;
    assert_int_equal(utf8_fold(a, &first), STATUS_OK);
    assert_int_equal(utf8_fold(b, &second), STATUS_OK);
    assert_int_equal(strcmp(first, second) == 0, same);
    free(first);
    free(second);
}

static void names_that_read_the_same_fold_to_the_same(void **state)
{
    (void)state;
    assert_folds("Polyp", "polyp", 1);
    assert_folds(" polyp\t", "polyp", 1);
    assert_folds("high grade", "highgrade", 1);
    assert_folds("high\xc2\xa0grade", "high grade", 1); /* no-break space */
    assert_folds("L\xc3\x84SION", "l\xc3\xa4sion", 1);  /* umlauts */
    assert_folds("L\xc3\xa4sion", "La\xcc\x88sion", 1); /* composed or not */
    assert_folds("p\xe2\x80\x93"
                 "1",
                 "p-1", 1); /* en dash */
    assert_folds("\xef\xbc\xb0"
                 "1",
                 "P1", 1); /* full width */
    assert_folds("Gro\xc3\x9f", "GROSS", 1);
    assert_folds("pol\xe2\x80\x8byp", "polyp", 1); /* zero-width space */
    assert_folds("p1", "p01", 0);
    assert_folds("p1", "p2", 0);
    assert_folds("L\xc3\xa4sion", "Lasion", 0);
    assert_folds("high_grade", "high grade", 0);
    assert_folds("L\xe4sion", "L\xe4sion", 1); /* no UTF-8: as it is */
    assert_folds("L\xe4sion", "L\xe4SION", 0);
}

static void lines_stay_where_nothing_else_is_obeyed(void **state)
{
    (void)state;
    char *text, clean[8];
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    utf8_write(stream, "a\tb\n\x1b[31m\r\n\xc3\xa9\xff");
    utf8_print(stream, "%s %d", "\x07", 7);
    fclose(stream);
    assert_string_equal(text, "a\tb\n\\x1b[31m\\x0d\n\xc3\xa9\\xff\\x07 7");
    free(text);
    utf8_clean("abc\x1b"
               "d",
               clean, sizeof clean); /* as many whole pieces as there is room for */
    assert_string_equal(clean, "abc\\x1b");
    utf8_clean("abcd\x1b", clean, sizeof clean);
    assert_string_equal(clean, "abcd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_bytes_end_where_utf_8_does),
        cmocka_unit_test(control_characters_are_seen),
        cmocka_unit_test(a_quote_is_valid_and_on_one_line),
        cmocka_unit_test(a_long_text_is_cut_in_the_middle),
        cmocka_unit_test(lines_stay_where_nothing_else_is_obeyed),
        cmocka_unit_test(names_that_read_the_same_fold_to_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

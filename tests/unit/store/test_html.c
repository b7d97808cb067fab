#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "store/html.h"

static char *text;
static size_t bytes;

static const char *escaped(const char *plain)
{
    free(text);
    FILE *stream = open_memstream(&text, &bytes);
    html_write_text(stream, plain);
    fclose(stream);
    return text;
}

static void signs_with_a_meaning_are_escaped(void **state)
{
    (void)state;
    assert_string_equal(escaped("a < b & \"c\" > 'd'"), "a &lt; b &amp; &quot;c&quot; &gt; 'd'");
    assert_string_equal(escaped("<script>alert(1)</script>"),
                        "&lt;script&gt;alert(1)&lt;/script&gt;");
    assert_string_equal(escaped("L\xc3\xa4sion \xe8\x83\x83\n\tx"),
                        "L\xc3\xa4sion \xe8\x83\x83\n\tx");
}

static void what_is_no_text_is_replaced(void **state)
{
    (void)state;
    assert_string_equal(escaped("L\xe4s"), "L\xef\xbf\xbds");
    assert_string_equal(escaped("a\x1b[1m\x7f"), "a\xef\xbf\xbd[1m\xef\xbf\xbd");
    assert_string_equal(escaped("\xc3"), "\xef\xbf\xbd");
}

static void data_is_base64(void **state)
{
    (void)state;
    /* RFC 4648, section 10. */
    static const char *const vectors[][2] = {{"", ""},
                                             {"f", "Zg=="},
                                             {"fo", "Zm8="},
                                             {"foo", "Zm9v"},
                                             {"foob", "Zm9vYg=="},
                                             {"fooba", "Zm9vYmE="},
                                             {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; ++i) {
        char expected[64];
        free(text);
        FILE *stream = open_memstream(&text, &bytes);
        html_write_data(stream, "image/png", (const uint8_t *)vectors[i][0], strlen(vectors[i][0]));
        fclose(stream);
        snprintf(expected, sizeof expected, "data:image/png;base64,%s", vectors[i][1]);
        assert_string_equal(text, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_with_a_meaning_are_escaped),
        cmocka_unit_test(what_is_no_text_is_replaced),
        cmocka_unit_test(data_is_base64),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(text);
    return failed;
}

#include "../unit.h"

#include <stdlib.h>

#include "store/json.h"

static void check(const char *bytes, const char *expected)
{
    char *text;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "name", bytes);
    assert_int_equal(json_print(object, &text), STATUS_OK);
    assert_string_equal(text, expected);
    /* other readers see the escape as it was written */
    cJSON *again = cJSON_Parse(text);
    assert_non_null(again);
    cJSON_Delete(again);
    free(text);
    cJSON_Delete(object);
}

static void utf8_is_printed_as_it_is(void **state)
{
    (void)state;
    check("image 1.png", "{\"name\":\"image 1.png\"}");
    check("caf\xc3\xa9 \xf0\x9f\x94\xac", "{\"name\":\"caf\xc3\xa9 \xf0\x9f\x94\xac\"}");
    check("a\"b\\c\nd", "{\"name\":\"a\\\"b\\\\c\\nd\"}");
}

static void other_bytes_are_written_out(void **state)
{
    (void)state;
    check("caf\xe9.png", "{\"name\":\"caf\\\\xE9.png\"}");
    check("\xff\xfe\xc3", "{\"name\":\"\\\\xFF\\\\xFE\\\\xC3\"}");
    check("\xc3\xa9\xe9\xc3\xa9", "{\"name\":\"\xc3\xa9\\\\xE9\xc3\xa9\"}");
}

static void control_characters_are_escaped(void **state)
{
    (void)state;
    check("a\x1b[31m\x7f", "{\"name\":\"a\\u001b[31m\\u007f\"}");
    check("\xc2\x9b"
          "31m \xc2\xa0",
          "{\"name\":\"\\u009b31m \xc2\xa0\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_printed_as_it_is),
        cmocka_unit_test(other_bytes_are_written_out),
        cmocka_unit_test(control_characters_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

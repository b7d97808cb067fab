#include "../unit.h"

#include <math.h>
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

static void members_are_numbers_with_all_digits_and_null_where_there_is_none(void **state)
{
    (void)state;
    bool fine = true;
    char *text;
    cJSON *object = cJSON_CreateObject();
    json_put_number(&fine, object, "a", 0.1 + 0.2);
    json_put_number(&fine, object, "b", (double)NAN);
    json_put_number(&fine, object, "c", (double)INFINITY);
    json_put_whole(&fine, object, "d", SIZE_MAX);
    json_put_text(&fine, object, "e", NULL);
    json_put_time(&fine, object, "f", 0);
    json_put_time(&fine, object, "g", 1);
    json_put_flag(&fine, object, "h", true);
    cJSON *list = json_put_list(&fine, json_put_object(&fine, object, "i"), "j");
    json_list_item(&fine, list, cJSON_CreateString("k"));
    assert_true(fine);
    assert_int_equal(json_print(object, &text), STATUS_OK);
    assert_string_equal(text, "{\"a\":0.30000000000000004,\"b\":null,\"c\":null,"
                              "\"d\":18446744073709551615,\"e\":null,\"f\":null,"
                              "\"g\":\"1970-01-01T00:00:01Z\",\"h\":true,\"i\":{\"j\":[\"k\"]}}");
    free(text);
    json_list_item(&fine, list, NULL); /* no memory */
    assert_false(fine);
    json_put_flag(&fine, object, "l", true);
    json_put_text(&fine, json_put_object(&fine, object, "m"), "n", "o");
    assert_null(cJSON_GetObjectItem(object, "l"));
    assert_null(cJSON_GetObjectItem(object, "m"));
    cJSON_Delete(object);
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
        cmocka_unit_test(members_are_numbers_with_all_digits_and_null_where_there_is_none),
        cmocka_unit_test(control_characters_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

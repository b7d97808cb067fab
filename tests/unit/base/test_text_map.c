#include "../unit.h"

#include <stdio.h>

#include "base/memory.h"
#include "base/text_map.h"

static void texts_are_numbered_in_the_order_in_which_they_first_come(void **state)
{
    (void)state;
    enum { TEXTS = 1000 };
    TextMap map = {0};
    char text[16];
    size_t number;
    for (size_t turn = 0; turn < 2; ++turn)
        for (size_t i = 0; i < TEXTS; ++i) {
            snprintf(text, sizeof text, "text %zu", i);
            number = map.count;
            assert_int_equal(text_map_add(&map, text, &number), STATUS_OK);
            assert_int_equal(number, i);
        }
    assert_int_equal(map.count, TEXTS);
    assert_true(text_map_find(&map, "text 7", &number));
    assert_int_equal(number, 7);
    assert_false(text_map_find(&map, "text", &number));
    text_map_clear(&map);
    assert_false(text_map_find(&map, "text 7", &number));
}

static void a_failed_addition_leaves_the_map_as_it_was(void **state)
{
    (void)state;
    TextMap map = {0};
    size_t number = 5;
    assert_int_equal(text_map_add(&map, "here", &number), STATUS_OK);
    number = 6;
    memory_fail_after(0);
    assert_int_equal(text_map_add(&map, "there", &number), STATUS_NO_MEMORY);
    assert_int_equal(map.count, 1);
    assert_false(text_map_find(&map, "there", &number));
    assert_true(text_map_find(&map, "here", &number));
    assert_int_equal(number, 5);
    text_map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_numbered_in_the_order_in_which_they_first_come),
        cmocka_unit_test(a_failed_addition_leaves_the_map_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

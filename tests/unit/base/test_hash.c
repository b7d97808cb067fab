#include "../unit.h"

#include "base/hash.h"

static void the_empty_text_has_the_published_hash(void **state)
{
    (void)state;
    char text[HASH_TEXT_BYTES];
    hash_text("", 0, text);
    assert_string_equal(text, "99aa06d3014798d86001c324468d497f");
}

static void a_seed_changes_the_hash(void **state)
{
    (void)state;
    assert_true(hash_bytes("abc", 3, 0) != hash_bytes("abc", 3, 1));
    assert_true(hash_bytes("abc", 3, 1) == hash_bytes("abcd", 3, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_empty_text_has_the_published_hash),
        cmocka_unit_test(a_seed_changes_the_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

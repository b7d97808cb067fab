#include "../unit.h"

#include <string.h>

#include "base/status.h"

static Status refuse(void)
{
    FAIL(STATUS_FORMAT, "line %d: expected %s", 7, "a number");
}

static Status pass_up(int *reached)
{
    TRY(refuse());
    *reached = 1;
    return STATUS_OK;
}

static void an_error_passes_up_with_its_message(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(pass_up(&reached), STATUS_FORMAT);
    assert_int_equal(reached, 0);
    assert_string_equal(status_message(), "line 7: expected a number");
}

static void a_prefix_goes_before_the_message(void **state)
{
    (void)state;
    refuse();
    assert_int_equal(status_prefix(STATUS_FORMAT, "%s", "a.yaml"), STATUS_FORMAT);
    assert_string_equal(status_message(), "a.yaml: line 7: expected a number");
}

static void a_message_is_a_line_that_a_terminal_shows(void **state)
{
    (void)state;
    status_set(STATUS_FORMAT, "%s: no", "a\n\x1b[2J\xff\xc2\x9b\xe2\x80\xae.png");
    assert_string_equal(status_message(), "a\\x0a\\x1b[2J\\xff\\xc2\\x9b\\xe2\\x80\\xae.png: no");
    status_prefix(STATUS_FORMAT, "%s", "\t");
    assert_string_equal(status_message(),
                        "\\x09: a\\x0a\\x1b[2J\\xff\\xc2\\x9b\\xe2\\x80\\xae.png: no");
    status_set(STATUS_FORMAT, "L\xc3\xa4sion '%s'", "\xe8\x83\x83");
    assert_string_equal(status_message(), "L\xc3\xa4sion '\xe8\x83\x83'");
}

static void every_code_has_a_name_of_its_own(void **state)
{
    (void)state;
    for (int a = 0; a < STATUS_COUNT; ++a)
        for (int b = 0; b < a; ++b)
            assert_string_not_equal(status_name((Status)a), status_name((Status)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_passes_up_with_its_message),
        cmocka_unit_test(a_prefix_goes_before_the_message),
        cmocka_unit_test(a_message_is_a_line_that_a_terminal_shows),
        cmocka_unit_test(every_code_has_a_name_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

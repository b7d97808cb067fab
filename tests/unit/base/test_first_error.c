#include "../unit.h"

#include "base/first_error.h"

enum { PIECES = 1000 };

static Status work(size_t i)
{
    if (i % 97 == 96)
        FAIL(i == 96 ? STATUS_FORMAT : STATUS_IO, "piece %zu", i);
    return STATUS_OK;
}

static void the_lowest_index_wins_whatever_the_threads(void **state)
{
    (void)state;
    for (int run = 0; run < 50; ++run) {
        FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic) num_threads(4)
        for (size_t k = 0; k < PIECES; ++k) {
            size_t i = run % 2 ? k : PIECES - 1 - k; /* backwards: later ones fail first */
            if (!first_error_before(&first, i))
                first_error_note(&first, i, work(i));
        }
        status_set(STATUS_IO, "another message");
        assert_int_equal(first_error_status(&first), STATUS_FORMAT);
        assert_string_equal(status_message(), "piece 96");
        assert_true(first_error_before(&first, 97));
        assert_false(first_error_before(&first, 96));
    }
}

static void work_without_errors_is_fine(void **state)
{
    (void)state;
    FirstError first = FIRST_ERROR_NONE;
    for (size_t i = 0; i < 96; ++i)
        first_error_note(&first, i, work(i));
    assert_false(first_error_before(&first, PIECES));
    assert_int_equal(first_error_status(&first), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_index_wins_whatever_the_threads),
        cmocka_unit_test(work_without_errors_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

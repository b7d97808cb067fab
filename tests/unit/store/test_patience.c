/* What the storage refuses for now is tried again, for as long as was said. */
#include "../unit.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "store/files.h"
#include "store/patience.h"

/* An operation that succeeds at a given try. */
typedef struct {
    int tries, needed;
    Status refusal;
} Work;

static Status work(Work *work)
{
    if (++work->tries >= work->needed)
        return STATUS_OK;
    FAIL(work->refusal, "a/file: cannot write: try %d", work->tries);
}

typedef struct {
    int pulses, last; /* from how many pulses on it is to end; 0: not at all */
    bool hurry;
    Status end;
} Duty;

static Status pulse(void *context)
{
    Duty *duty = context;
    ++duty->pulses;
    if (duty->end != STATUS_OK && duty->pulses >= duty->last)
        FAIL(duty->end, "called off");
    status_set(STATUS_OK, "a message of the pulse's own");
    return STATUS_OK;
}

static bool hurry(void *context)
{
    return ((Duty *)context)->hurry;
}

static Status try_it(double seconds, Duty *duty, Work *what)
{
    Status status;
    patience_set(seconds, &(PatienceHooks){duty, pulse, hurry});
    PATIENTLY(status, work(what));
    patience_set(0, &(PatienceHooks){0});
    return status;
}

static void what_passes_by_itself_is_waited_for(void **state)
{
    (void)state;
    Duty duty = {0};
    Work what = {.needed = 4, .refusal = STATUS_STORAGE};
    double started = clock_seconds();
    assert_int_equal(try_it(60, &duty, &what), STATUS_OK);
    assert_int_equal(what.tries, 4);
    assert_true(duty.pulses >= 3);
    assert_true(clock_seconds() - started >= 0.05 + 0.1 + 0.2); /* the pauses grow */
}

static void it_ends_when_the_time_is_over_and_says_so(void **state)
{
    (void)state;
    Duty duty = {0};
    Work what = {.needed = 1000000, .refusal = STATUS_STORAGE};
    double started = clock_seconds();
    assert_int_equal(try_it(1, &duty, &what), STATUS_STORAGE);
    assert_true(clock_seconds() - started >= 1);
    assert_true(what.tries > 3);
    assert_non_null(strstr(status_message(), "a/file: cannot write: try"));
    assert_non_null(strstr(status_message(), "tried again for "));
}

static void other_errors_are_not_tried_again(void **state)
{
    (void)state;
    Duty duty = {0};
    Work what = {.needed = 3, .refusal = STATUS_FORMAT};
    assert_int_equal(try_it(60, &duty, &what), STATUS_FORMAT);
    assert_int_equal(what.tries, 1);
}

static void a_command_that_asked_for_no_patience_has_none(void **state)
{
    (void)state;
    Work what = {.needed = 3, .refusal = STATUS_STORAGE};
    Status status;
    PATIENTLY(status, work(&what));
    assert_int_equal(status, STATUS_STORAGE);
    assert_int_equal(what.tries, 1);
    assert_string_equal(status_message(), "a/file: cannot write: try 1");
}

static void a_pulse_that_fails_ends_the_wait_with_its_error(void **state)
{
    (void)state;
    Duty duty = {.end = STATUS_LOST, .last = 2};
    Work what = {.needed = 1000000, .refusal = STATUS_STORAGE};
    assert_int_equal(try_it(60, &duty, &what), STATUS_LOST);
    assert_string_equal(status_message(), "called off");
}

/* Who is asked to end may not use up all of its time. */
static void a_hurry_shortens_the_wait(void **state)
{
    (void)state;
    Duty duty = {.hurry = true};
    patience_set(3000, &(PatienceHooks){&duty, pulse, hurry});
    Patience patience = {0};
    Status status = status_set(STATUS_STORAGE, "a/file");
    double started = clock_seconds();
    assert_true(patience_again(&patience, &status));
    assert_true(patience.limit - started <= PATIENCE_HURRY_SECONDS + 5);
    patience_set(0, &(PatienceHooks){0});
}

static void only_what_may_pass_is_the_storages(void **state)
{
    (void)state;
    static const int passing[] = {EIO, EINTR, EAGAIN, ESTALE, ENOSPC, EDQUOT, ETIMEDOUT};
    static const int lasting[] = {EACCES, EROFS, EISDIR, ENOTDIR, ENAMETOOLONG, EFBIG, ELOOP};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; ++i)
        assert_int_equal(files_refusal(passing[i]), STATUS_STORAGE);
    for (size_t i = 0; i < sizeof lasting / sizeof *lasting; ++i)
        assert_int_equal(files_refusal(lasting[i]), STATUS_IO);
    assert_int_equal(files_refusal(ENOENT), STATUS_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_passes_by_itself_is_waited_for),
        cmocka_unit_test(it_ends_when_the_time_is_over_and_says_so),
        cmocka_unit_test(other_errors_are_not_tried_again),
        cmocka_unit_test(a_command_that_asked_for_no_patience_has_none),
        cmocka_unit_test(a_pulse_that_fails_ends_the_wait_with_its_error),
        cmocka_unit_test(a_hurry_shortens_the_wait),
        cmocka_unit_test(only_what_may_pass_is_the_storages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A deadline ends a process that blocks, with its exit code and its last words; one that was
 * cleared does nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/deadline.h"

static void blocked_process_ends_with_code_and_words(void **state)
{
    (void)state;
    int pipes[2], status;
    char text[32] = "";
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(pipes[1], STDERR_FILENO);
        deadline_set(1, "waited in vain\n", 7);
        for (;;)
            pause();
    }
    close(pipes[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    assert_int_equal(read(pipes[0], text, sizeof text - 1), 15);
    assert_string_equal(text, "waited in vain\n");
    close(pipes[0]);
}

static void cleared_deadline_does_nothing(void **state)
{
    (void)state;
    deadline_set(1, NULL, 1);
    deadline_clear();
    assert_int_equal(sleep(2), 0); /* no signal cut it short */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocked_process_ends_with_code_and_words),
        cmocka_unit_test(cleared_deadline_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

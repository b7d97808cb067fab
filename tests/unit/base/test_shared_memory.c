#include "../unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/shared_memory.h"

/* Runs work(context) in another process and returns its exit code; -1: a signal ended it. */
static int in_child(int (*work)(void *), void *context)
{
    int state = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(work(context));
    assert_int_equal(waitpid(child, &state, 0), child);
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

static int take_and_compare(void *context)
{
    SharedMemory shared;
    if (shared_memory_take(context, &shared) != STATUS_OK)
        return 1;
    const int same = shared.bytes == 100001 && memcmp(shared.memory, "at the start", 12) == 0 &&
                     shared.memory[100000] == 77;
    shared_memory_clear(&shared);
    return same ? 0 : 2;
}

static void another_process_sees_what_the_maker_wrote(void **state)
{
    (void)state;
    SharedMemory shared;
    SharedMemoryTicket ticket;
    assert_int_equal(shared_memory_make(100001, &shared, &ticket), STATUS_OK);
    assert_true(shared.memory[0] == 0 && shared.memory[100000] == 0);
    memcpy(shared.memory, "at the start", 12);
    shared.memory[100000] = 77;
    assert_int_equal(in_child(take_and_compare, &ticket), 0);
    shared_memory_clear(&shared);
}

typedef struct {
    int ticket[2], taken[2]; /* pipes */
} Wires;

static int make_and_die(void *context)
{
    const Wires *wires = context;
    SharedMemory shared;
    SharedMemoryTicket ticket;
    char taken;
    if (shared_memory_make(5000, &shared, &ticket) != STATUS_OK)
        return 1;
    memset(shared.memory, 42, 5000);
    if (write(wires->ticket[1], &ticket, sizeof ticket) != sizeof ticket)
        return 2;
    if (read(wires->taken[0], &taken, 1) != 1)
        return 3;
    abort(); /* without any clearing */
}

static void it_outlives_its_maker(void **state)
{
    (void)state;
    Wires wires;
    SharedMemory shared;
    SharedMemoryTicket ticket;
    int ended = 0;
    assert_true(pipe(wires.ticket) == 0 && pipe(wires.taken) == 0);
    const pid_t maker = fork();
    assert_true(maker >= 0);
    if (maker == 0)
        _exit(make_and_die(&wires));
    assert_int_equal(read(wires.ticket[0], &ticket, sizeof ticket), sizeof ticket);
    assert_int_equal(shared_memory_take(&ticket, &shared), STATUS_OK);
    assert_int_equal(write(wires.taken[1], "", 1), 1);
    assert_int_equal(waitpid(maker, &ended, 0), maker);
    assert_true(WIFSIGNALED(ended));
    for (size_t i = 0; i < 5000; ++i)
        assert_int_equal(shared.memory[i], 42);
    shared_memory_clear(&shared);
    for (int i = 0; i < 2; ++i) {
        close(wires.ticket[i]);
        close(wires.taken[i]);
    }
}

static int write_to(void *context)
{
    *(volatile uint8_t *)context = 1;
    return 0;
}

static void nobody_writes_once_it_is_sealed(void **state)
{
    (void)state;
    SharedMemory shared, taken;
    SharedMemoryTicket ticket;
    assert_int_equal(shared_memory_make(64, &shared, &ticket), STATUS_OK);
    assert_int_equal(shared_memory_take(&ticket, &taken), STATUS_OK);
    assert_int_equal(in_child(write_to, shared.memory), 0);
    assert_int_equal(taken.memory[0], 1);
    assert_int_not_equal(in_child(write_to, taken.memory), 0);
    assert_int_equal(shared_memory_seal(&shared), STATUS_OK);
    assert_int_not_equal(in_child(write_to, shared.memory), 0);
    SharedMemory late;
    assert_int_equal(shared_memory_take(&ticket, &late), STATUS_UNSUPPORTED);
    shared_memory_clear(&taken);
    shared_memory_clear(&shared);
}

/* A process of another machine may have the same number, and a file of the same size. */
static void another_file_is_not_taken_for_it(void **state)
{
    (void)state;
    SharedMemory shared, other, taken;
    SharedMemoryTicket ticket, wrong;
    assert_int_equal(shared_memory_make(4096, &shared, &ticket), STATUS_OK);
    assert_int_equal(shared_memory_make(4096, &other, &wrong), STATUS_OK);
    wrong = ticket;
    wrong.file = other.file;
    assert_int_equal(shared_memory_take(&wrong, &taken), STATUS_UNSUPPORTED);
    assert_null(taken.memory);
    wrong = ticket;
    wrong.bytes = 8192;
    assert_int_equal(shared_memory_take(&wrong, &taken), STATUS_UNSUPPORTED);
    wrong = ticket;
    wrong.file = 999999;
    assert_int_equal(shared_memory_take(&wrong, &taken), STATUS_UNSUPPORTED);
    wrong.file = 0;
    assert_int_equal(shared_memory_take(&wrong, &taken), STATUS_UNSUPPORTED);
    assert_int_equal(shared_memory_take(&ticket, &taken), STATUS_OK);
    shared_memory_clear(&taken);
    shared_memory_clear(&other);
    shared_memory_clear(&shared);
}

static void too_much_is_an_ordinary_error(void **state)
{
    (void)state;
    SharedMemory shared;
    SharedMemoryTicket ticket;
    assert_int_equal(shared_memory_make(SIZE_MAX / 2, &shared, &ticket), STATUS_NO_MEMORY);
    assert_null(shared.memory);
    assert_int_equal(shared_memory_make(SIZE_MAX, &shared, &ticket), STATUS_NO_MEMORY);
    shared_memory_clear(&shared);
    assert_int_equal(shared_memory_make(0, &shared, &ticket), STATUS_OK);
    shared_memory_clear(&shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_process_sees_what_the_maker_wrote),
        cmocka_unit_test(it_outlives_its_maker),
        cmocka_unit_test(nobody_writes_once_it_is_sealed),
        cmocka_unit_test(another_file_is_not_taken_for_it),
        cmocka_unit_test(too_much_is_an_ordinary_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

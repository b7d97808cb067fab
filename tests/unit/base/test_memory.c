#include "../unit.h"

#include <stdlib.h>

#include "base/memory.h"

static void memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    float *numbers;
    assert_int_equal(MEMORY_NEW(&numbers, 1001), STATUS_OK);
    assert_int_equal((uintptr_t)numbers % 64, 0);
    for (int i = 0; i < 1001; ++i)
        assert_true(numbers[i] == 0);
    free(numbers);
}

static void large_memory_is_zeroed_and_aligned_and_may_fail(void **state)
{
    (void)state;
    enum { BYTES = 3000000, LARGE_PAGE = 2 << 20 };
    char *memory;
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(memory_new_large((void **)&memory, BYTES), STATUS_OK);
        assert_int_equal((uintptr_t)memory % LARGE_PAGE, 0);
        for (size_t k = 0; k < BYTES; ++k) {
            assert_int_equal(memory[k], 0);
            memory[k] = 1;
        }
        free(memory);
    }
    memory_fail_after(0);
    assert_int_equal(memory_new_large((void **)&memory, 1), STATUS_NO_MEMORY);
    memory_fail_after(-1);
    assert_null(memory);
    assert_int_equal(memory_new_large((void **)&memory, SIZE_MAX - 1), STATUS_NO_MEMORY);
}

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    double *numbers;
    assert_int_equal(MEMORY_NEW(&numbers, SIZE_MAX / 2), STATUS_NO_MEMORY);
    assert_null(numbers);
}

static void an_array_grows_and_keeps_what_it_holds(void **state)
{
    (void)state;
    uint32_t *numbers = NULL;
    size_t capacity = 0, moves = 0;
    for (uint32_t i = 0; i < 1000; ++i) {
        size_t before = capacity;
        assert_int_equal(MEMORY_GROW(&numbers, i + 1, &capacity), STATUS_OK);
        moves += capacity != before;
        assert_true(capacity > i);
        assert_int_equal(numbers[i], 0);
        numbers[i] = i;
    }
    assert_true(moves < 10);
    for (uint32_t i = 0; i < 1000; ++i)
        assert_int_equal(numbers[i], i);
    assert_int_equal(MEMORY_GROW(&numbers, 70000, &capacity), STATUS_OK);
    assert_int_equal(capacity, 70000);
    assert_int_equal(numbers[999], 999);
    assert_int_equal(numbers[69999], 0);
    free(numbers);
}

static void an_array_that_cannot_grow_stays_as_it_is(void **state)
{
    (void)state;
    uint32_t *numbers = NULL;
    size_t capacity = 0;
    assert_int_equal(MEMORY_GROW(&numbers, 1, &capacity), STATUS_OK);
    const uint32_t *before = numbers;
    size_t room = capacity;
    numbers[0] = 7;
    assert_int_equal(MEMORY_GROW(&numbers, SIZE_MAX / 2, &capacity), STATUS_NO_MEMORY);
    memory_fail_after(0);
    assert_int_equal(MEMORY_GROW(&numbers, room + 1, &capacity), STATUS_NO_MEMORY);
    memory_fail_after(-1);
    assert_ptr_equal(numbers, before);
    assert_int_equal(capacity, room);
    assert_int_equal(numbers[0], 7);
    free(numbers);
}

static void the_chosen_allocation_fails_once(void **state)
{
    (void)state;
    char *a, *b, *c;
    memory_fail_after(1);
    assert_int_equal(memory_copy_text("a", &a), STATUS_OK);
    assert_int_equal(memory_copy_text("b", &b), STATUS_NO_MEMORY);
    assert_int_equal(memory_copy_text("c", &c), STATUS_OK);
    memory_fail_after(-1);
    assert_string_equal(a, "a");
    assert_null(b);
    free(a);
    free(c);
}

static void room_that_is_not_there_is_told_with_who_wants_it(void **state)
{
    (void)state;
    assert_int_equal(memory_check_room("X", (size_t)1 << 20), STATUS_OK);
    assert_int_equal(memory_check_room("X", (size_t)1 << 50), STATUS_NO_MEMORY);
    assert_string_equal(status_message(),
                        "out of memory: X needs 1073741824 MiB of free address space");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(large_memory_is_zeroed_and_aligned_and_may_fail),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(an_array_grows_and_keeps_what_it_holds),
        cmocka_unit_test(an_array_that_cannot_grow_stays_as_it_is),
        cmocka_unit_test(room_that_is_not_there_is_told_with_who_wants_it),
        cmocka_unit_test(the_chosen_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

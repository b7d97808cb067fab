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

static void a_product_that_overflows_is_refused(void **state)
{
    (void)state;
    double *numbers;
    assert_int_equal(MEMORY_NEW(&numbers, SIZE_MAX / 2), STATUS_NO_MEMORY);
    assert_null(numbers);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed_and_aligned),
        cmocka_unit_test(a_product_that_overflows_is_refused),
        cmocka_unit_test(the_chosen_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

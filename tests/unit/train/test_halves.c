/* Two gradients in bfloat16 in the memory of one in float32. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "nn/numbers.h"
#include "train/halves.h"

enum { MOST = 8200 };

static float lower[MOST], upper[MOST], numbers[MOST];

static void fill(void)
{
    RandomStream stream;
    random_init(&stream, 1, "halves", 0, 0);
    for (size_t i = 0; i < MOST; ++i) {
        lower[i] = random_normal(&stream);
        upper[i] = 1e-3F * random_normal(&stream);
        numbers[i] = random_normal(&stream);
    }
    lower[3] = 0x1.01p0F; /* ties: to even, down and up */
    lower[4] = 0x1.03p0F;
    lower[5] = 0;
}

static float rounded(float number)
{
    return float_of(bfloat16_of(number));
}

/* In pieces of any size, one of each in turn. */
static void keep_both(float *array, size_t count, size_t piece, bool soon)
{
    for (size_t at = 0; at < count; at += piece) {
        const size_t run = count - at < piece ? count - at : piece;
        halves_keep(array, count, true, at, run, upper + at, soon);
        halves_keep(array, count, false, at, run, lower + at, soon);
    }
}

/* An array of its own, so that a sanitizer sees what lies beyond. */
static void check(size_t count, size_t piece, bool soon)
{
    float *array, *result;
    assert_int_equal(MEMORY_NEW(&array, count), STATUS_OK);
    assert_int_equal(MEMORY_NEW(&result, count), STATUS_OK);
    keep_both(array, count, piece, soon);
    for (int half = 0; half < 2; ++half) {
        memcpy(result, numbers, count * sizeof *result);
        for (size_t at = 0; at < count; at += piece)
            halves_add(array, count, half, at, count - at < piece ? count - at : piece,
                       result + at);
        for (size_t i = 0; i < count; ++i)
            assert_true(result[i] == numbers[i] + rounded(half ? upper[i] : lower[i]));
    }
    halves_sum(array, count);
    for (size_t i = 0; i < count; ++i)
        assert_true(array[i] == rounded(lower[i]) + rounded(upper[i]));
    keep_both(array, count, piece, soon);
    halves_widen(array, count);
    for (size_t i = 0; i < count; ++i)
        assert_true(array[i] == rounded(upper[i]));
    free(result);
    free(array);
}

static void halves_are_kept_added_and_summed_by_themselves(void **state)
{
    static const size_t counts[] = {1, 2, 15, 16, 17, 33, 4095, 4096, 4097, 8192, MOST};
    static const size_t pieces[] = {MOST, 4096, 1000, 147, 16};
    (void)state;
    fill();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; ++i)
        for (size_t k = 0; k < sizeof pieces / sizeof *pieces; ++k)
            for (int soon = 0; soon < 2; ++soon)
                check(counts[i], pieces[k], soon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(halves_are_kept_added_and_summed_by_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

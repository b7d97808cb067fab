/* Logits to masks. */
#include "../unit.h"

#include "model/mask.h"

static void one_cell_decides_for_the_pixels_around_its_centre(void **state)
{
    (void)state;
    /* Between centres at 1 and 3 (of 4 pixels for 2 cells) the sign changes half way. */
    const float logits[4] = {1, -1, 1, -1};
    const uint8_t expected[4] = {1, 1, 0, 0};
    uint8_t mask[16];
    assert_int_equal(mask_from_logits(2, logits, 4, 4, mask), 8);
    for (size_t i = 0; i < 16; ++i)
        assert_int_equal(mask[i], expected[i % 4]);
}

static void height_and_width_may_differ(void **state)
{
    (void)state;
    const float logits[4] = {3, 3, -1, -1}; /* the sign changes at three quarters of the way */
    uint8_t mask[8 * 3];
    assert_int_equal(mask_from_logits(2, logits, 8, 3, mask), 5 * 3);
    assert_int_equal(mask[4 * 3], 1);
    assert_int_equal(mask[5 * 3], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_cell_decides_for_the_pixels_around_its_centre),
        cmocka_unit_test(height_and_width_may_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

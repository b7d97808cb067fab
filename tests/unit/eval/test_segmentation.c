#include "../unit.h"

#include <stdbool.h>

#include "eval/segmentation.h"
#include "near.h"

#pragma GCC diagnostic ignored "-Wunused-const-variable"
#include "../../golden/eval.inc"

static void dice_and_overlap_agree_with_scikit_learn(void **state)
{
    (void)state;
    SegmentationScore score = segmentation_score(mask_a, mask_b, sizeof mask_a);
    ASSERT_NEAR(score.dice, golden_dice);
    ASSERT_NEAR(score.iou, golden_iou);
}

static void a_lesion_without_a_pixel_left_is_not_found(void **state)
{
    (void)state;
    const uint8_t empty[3] = {0, 0, 0}, some[3] = {0, 255, 0};
    SegmentationScore both = segmentation_score(empty, empty, 3);
    ASSERT_NEAR(both.dice, 0);
    ASSERT_NEAR(both.iou, 0);
    ASSERT_NEAR(segmentation_score(empty, some, 3).dice, 0);
    ASSERT_NEAR(segmentation_score(some, empty, 3).iou, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dice_and_overlap_agree_with_scikit_learn),
        cmocka_unit_test(a_lesion_without_a_pixel_left_is_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

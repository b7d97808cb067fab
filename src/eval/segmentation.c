/* Dice and IoU of masks; definitions in segmentation.h. */
#include "eval/segmentation.h"

SegmentationScore segmentation_score(const uint8_t *predicted, const uint8_t *annotated, size_t n)
{
    size_t both = 0, sum = 0;
    for (size_t i = 0; i < n; ++i) {
        size_t a = predicted[i] != 0, b = annotated[i] != 0;
        both += a & b;
        sum += a + b;
    }
    if (sum == 0)
        return (SegmentationScore){.dice = 0, .iou = 0};
    return (SegmentationScore){
        .dice = 2 * (double)both / (double)sum,
        .iou = (double)both / (double)(sum - both),
    };
}

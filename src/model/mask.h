/* From the segmentation branch's small map of logits to a mask of the image. */
#ifndef GISD_MODEL_MASK_H
#define GISD_MODEL_MASK_H

#include <stddef.h>
#include <stdint.h>

/* Resizes logits (low x low) bilinearly (half-pixel centres, clamped at the border, as PyTorch's
 * align_corners = false) to height x width and writes 1 where the result is above 0, that is where
 * the probability is above one half, and 0 elsewhere. Returns the number of ones. */
size_t mask_from_logits(size_t low, const float *logits, size_t height, size_t width,
                        uint8_t *mask /* height x width */);

#endif

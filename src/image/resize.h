/* Resampling with an antialiased triangle filter, as PIL's BILINEAR reduces.
 *
 * Pixel centres lie at half-integers. Output pixel i of n stands at c = a + (i + 1/2) s with
 * s = (b - a) / n, where a..b is the window of the source; its value is the weighted mean of the
 * source pixels j, weights max(0, 1 - |j + 1/2 - c| / max(s, 1)) normalised to sum 1, separably in
 * x and y. So reducing averages over all pixels and enlarging interpolates linearly. All arithmetic
 * is float32; nothing is rounded between the two passes. The window may reach beyond the source,
 * where its border pixels go on for ever.
 */
#ifndef GISD_IMAGE_RESIZE_H
#define GISD_IMAGE_RESIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/box.h"
#include "image/image.h"

/* What is shown: a part of the source in its pixels (x0 < x1, y0 < y1), then mirrored. */
typedef struct {
    Box window;
    bool flip_horizontal, flip_vertical;
} ResizeView;

/* The whole image, not mirrored. */
ResizeView resize_whole(const Image *source);

/* Allocates *target as width x height with the source's channels; values are rounded to nearest.
 * STATUS_ARGUMENT: an empty window or target. */
Status resize_image(const Image *source, const ResizeView *view, size_t width, size_t height,
                    Image *target);

/* For masks and labels: each output pixel copies the source pixel in which its centre lies. */
Status resize_nearest(const Image *source, const ResizeView *view, size_t width, size_t height,
                      Image *target);

/* For masks (one channel, set where >= 128): 255 where the filtered mask covers at least half of a
 * pixel, else 0. */
Status resize_mask(const Image *source, const ResizeView *view, size_t width, size_t height,
                   Image *target);

#endif

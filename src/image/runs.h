/* Masks as run lengths, the way COCO stores them.
 *
 * The pixels of a mask, column by column from the top left, are runs of 0 and 1 in turn, the first
 * run (which may be empty) being of 0. COCO writes the lengths as a list of numbers, or packed into
 * printable text. The outline of a polygon becomes runs as in COCO's own program (maskApi.c of
 * cocodataset/cocoapi), to the bit, so that areas and overlaps agree with those that others
 * publish.
 */
#ifndef GISD_IMAGE_RUNS_H
#define GISD_IMAGE_RUNS_H

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

typedef struct {
    size_t width, height; /* of the mask; width x height < 2^32 */
    size_t count;
    uint32_t *lengths; /* count; owned; their sum is width x height */
} Runs;

void runs_clear(Runs *runs);

/* The inside of a polygon of `points` corners x, y (at least 3), the last joined to the first, in
 * pixels whose centres lie at half-integers. STATUS_FORMAT: a corner further from the image than
 * the image is large, or an outline of more than 2^24 pixels. */
Status runs_of_polygon(const double *corners, size_t points, size_t width, size_t height,
                       Runs *runs);

/* The pixels >= 128 of a one-channel image. */
Status runs_of_mask(const Image *mask, Runs *runs);

/* From lengths as numbers; STATUS_FORMAT if they do not add up to width x height. */
Status runs_of_lengths(const uint32_t *lengths, size_t count, size_t width, size_t height,
                       Runs *runs);

/* From COCO's packed text, and to it (*text released with free()). */
Status runs_of_text(const char *text, size_t width, size_t height, Runs *runs);
Status runs_to_text(const Runs *runs, char **text);

/* Sets to 255 the pixels of `mask` (one channel, same size) that are 1. */
void runs_paint(const Runs *runs, Image *mask);

#endif

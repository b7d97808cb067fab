/* What the page about a data set tells of each picture, measured once while its files are open. */
#ifndef GISD_DATA_PAGE_FACTS_H
#define GISD_DATA_PAGE_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/box.h"
#include "image/image.h"
#include "image/surround.h"

typedef struct {
    bool known; /* false: the files could not be read */
    uint32_t width, height;
    double brightness; /* mean luma of the bright field, 0 to 255 */
    Surround surround;
    size_t box_count;
    double mask_share; /* of the picture's pixels; NaN: no mask */
    double overlap;    /* of mask and boxes, see facts_overlap(); NaN: not both there */
} PictureFacts;

/* Measures an upright RGB picture; mask: of 0 and 255, as large, or without pixels; boxes in
 * pixels. */
Status facts_take(const Image *image, const Image *mask, size_t box_count, const Box *boxes,
                  PictureFacts *facts);

/* How well boxes and mask agree, 0 to 1: the least of the share of the mask that lies inside boxes,
 * and, for each box, the share of it that the smallest box about the mask's pixels within fills. 1
 * if every box is drawn tightly about a part of the mask and no part has none. NaN without boxes or
 * set pixels. */
double facts_overlap(const Image *mask, size_t box_count, const Box *boxes);

#endif

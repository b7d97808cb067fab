/* What is kept of each picture to compare it with all others: a hash of its pixels and one of what
 * it looks like. */
#ifndef GISD_DATA_LOOK_H
#define GISD_DATA_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "image/difference_hash.h"
#include "image/image.h"

typedef struct {
    bool taken;             /* false: the picture could not be read */
    uint32_t width, height; /* upright */
    uint64_t pixels[2]; /* of the upright RGB pixels: equal, if the sizes are, for equal pixels */
    DifferenceHash field;
} Look;

/* Looks at an upright RGB picture. */
Status look_take(const Image *image, Look *look);

/* Whether both were taken of equal pixels. */
bool look_equal(const Look *a, const Look *b);

/* By size and pixels, for sorting: 0 where look_equal() holds or both were not taken. */
int look_order(const Look *a, const Look *b);

#endif

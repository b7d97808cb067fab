/* The shape of an activation: N images of H x W pixels with C channels, stored N, H, W, C. */
#ifndef GISD_NN_SHAPE_H
#define GISD_NN_SHAPE_H

#include <stddef.h>

typedef struct {
    size_t n, h, w, c;
} Shape;

/* Number of elements. */
static inline size_t shape_count(Shape shape)
{
    return shape.n * shape.h * shape.w * shape.c;
}

/* Number of pixels over all images. */
static inline size_t shape_pixels(Shape shape)
{
    return shape.n * shape.h * shape.w;
}

#endif

/* How Winograd's convolutions cut a map of results into square tiles, and which pixels of the input
 * each needs: what the engines of all precisions share.
 *
 * A tile of side x side results needs a patch that is two pixels wider. Tiles of all images are
 * numbered one after the other, row by row; those at the edges may reach beyond the map.
 */
#ifndef GISD_NN_ENGINES_WINOGRAD_TILES_H
#define GISD_NN_ENGINES_WINOGRAD_TILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/shape.h"

#define NO_PLACE SIZE_MAX

typedef struct {
    Shape from, to;       /* the map and the results */
    size_t pad_h, pad_w;  /* pixels before the map's first */
    size_t side;          /* of a tile */
    size_t rows, columns; /* of tiles in an image */
    size_t tiles;         /* of all images */
} Tiling;

static inline Tiling tiling_of(Shape from, Shape to, size_t pad_h, size_t pad_w, size_t side)
{
    const size_t rows = (to.h + side - 1) / side, columns = (to.w + side - 1) / side;
    return (Tiling){from, to, pad_h, pad_w, side, rows, columns, to.n * rows * columns};
}

/* Whether an image has 16 tiles, of which results fill three quarters: with fewer, weights, of
 * which there are more than of the convolution itself, take longer to read than is won. */
static inline bool tiling_pays(Shape to, size_t side)
{
    enum { LEAST_TILES = 16 };
    const size_t tiles = (to.h + side - 1) / side * ((to.w + side - 1) / side);
    return tiles >= LEAST_TILES && to.h * to.w * 4 >= tiles * side * side * 3;
}

/* Where a square's pixels lie in a map, in numbers from its first; NO_PLACE beyond the map. Its
 * first pixel is (y, x) of image n, and pixels before the map's first wrap to large numbers. */
static inline void tiling_square(Shape map, size_t n, size_t y, size_t x, size_t side,
                                 size_t *places /* side x side */)
{
    for (size_t row = y; row != y + side; ++row)
        for (size_t column = x; column != x + side; ++column)
            *places++ = row < map.h && column < map.w ? ((n * map.h + row) * map.w + column) * map.c
                                                      : NO_PLACE;
}

/* The pixels of a tile's patch in the map. A tile that is not there is all beyond it. */
static inline void tiling_patch(const Tiling *tiling, size_t tile,
                                size_t *places /* (side + 2) x (side + 2) */)
{
    const size_t image = tiling->rows * tiling->columns, at = tile % image;
    tiling_square(tiling->from, tile < tiling->tiles ? tile / image : 0,
                  tile < tiling->tiles ? at / tiling->columns * tiling->side - tiling->pad_h
                                       : tiling->from.h,
                  at % tiling->columns * tiling->side - tiling->pad_w, tiling->side + 2, places);
}

/* Its own in the results. */
static inline void tiling_results(const Tiling *tiling, size_t tile,
                                  size_t *places /* side x side */)
{
    const size_t image = tiling->rows * tiling->columns, at = tile % image;
    tiling_square(tiling->to, tile < tiling->tiles ? tile / image : 0,
                  tile < tiling->tiles ? at / tiling->columns * tiling->side : tiling->to.h,
                  at % tiling->columns * tiling->side, tiling->side, places);
}

#endif

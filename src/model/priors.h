/* The fixed boxes ("priors") that the detection heads correct, and the coding of the corrections.
 *
 * At an input of S x S the detection levels are maps of n_k x n_k cells: three pyramid levels, then
 * extra layers until the map is 1 x 1. Each cell has 4 or 6 boxes. Priors are ordered by level,
 * row, column, box; that is also the order of the rows which the heads put out.
 */
#ifndef GISD_MODEL_PRIORS_H
#define GISD_MODEL_PRIORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "image/box.h"

enum { PRIORS_MAX_LEVELS = 8, PRIORS_PYRAMID_LEVELS = 3 };

typedef struct {
    size_t count;                    /* levels in use, at least 4 */
    size_t map[PRIORS_MAX_LEVELS];   /* width and height of the level's map, in cells */
    size_t boxes[PRIORS_MAX_LEVELS]; /* boxes of a cell: 4 or 6 */
    bool valid[PRIORS_MAX_LEVELS];   /* for an extra layer (index 3 and on): its 3x3 convolution has
                                        stride 1 and no padding, not stride 2 and padding 1 */
} PriorLevels;

typedef struct {
    size_t size; /* of the square input, in pixels */
    PriorLevels levels;
    size_t count;        /* priors of all levels */
    float (*centred)[4]; /* count x (centre x, centre y, width, height), fractions of the image */
} Priors;

/* All priors of an input size: 300 or a multiple of 32 from 64 to 512, else STATUS_ARGUMENT.
 * Release with priors_free(). */
Status priors_new(size_t size, Priors **priors);
void priors_free(Priors *priors);

/* Boxes are in fractions of the image. */

/* The four numbers a head should give for `box`: centre differences in units of a tenth of the
 * prior's size, log size ratios in units of a fifth (SSD's variances 0.1 and 0.2). The box has a
 * positive width and height. */
void priors_encode(const float prior[4], const Box *box, float offsets[4]);

/* The inverse, with the box cut to the image. Log size ratios above ln(1000/16) (as in torchvision)
 * are taken as that, so that wild outputs give large but finite boxes. */
void priors_decode(const float prior[4], const float offsets[4], Box *box);

#endif

/* The arithmetic of winograd.c, LANES channels at once: bodies that are compiled into each of the
 * functions there, for each instruction set.
 *
 * All three directions are made of five transforms of a tile or a filter and one matrix product.
 * With the matrices of Lavin & Gray (2016) for F(4x4, 3x3):
 *
 *     patch:    B^T d B      6x6 pixels to 36 points
 *     result:   A^T m A      36 points to 4x4 pixels
 *     spread:   A y A^T      4x4 pixels to 36 points: result turned round
 *     filter:   G g G^T      3x3 weights to 36 points, in double precision
 *     gradient: G^T u G      36 points to 3x3 weights: filter turned round
 */
#ifndef GISD_NN_ENGINES_WINOGRAD_KERNELS_H
#define GISD_NN_ENGINES_WINOGRAD_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "nn/engine.h"
#include "nn/lanes.h"

enum {
    TILE = 4,
    PATCH = 6,
    POINTS = PATCH * PATCH,
    TAPS = 9,
    ROWS = 6 /* of a step of the product: ROWS x LANES sums lie in registers */
};

/* Where a tile's points go: from a point to the next, and from a run of LANES channels to the next.
 */
typedef struct {
    size_t point, run;
} PointSteps;

/* ---- one dimension of each transform ---- */

INLINE void patch_six(const Lanes d[PATCH], Lanes to[PATCH])
{
    Lanes even = d[4] - 4.0F * d[2], odd = d[3] - 4.0F * d[1];
    Lanes outer = d[4] - d[2], inner = 2.0F * (d[3] - d[1]);
    to[0] = 4.0F * d[0] - 5.0F * d[2] + d[4];
    to[1] = even + odd;
    to[2] = even - odd;
    to[3] = outer + inner;
    to[4] = outer - inner;
    to[5] = 4.0F * d[1] - 5.0F * d[3] + d[5];
}

INLINE void result_four(const Lanes m[PATCH], Lanes to[TILE])
{
    Lanes sum1 = m[1] + m[2], difference1 = m[1] - m[2];
    Lanes sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    to[0] = m[0] + sum1 + sum2;
    to[1] = difference1 + 2.0F * difference2;
    to[2] = sum1 + 4.0F * sum2;
    to[3] = difference1 + 8.0F * difference2 + m[5];
}

INLINE void spread_six(const Lanes y[TILE], Lanes to[PATCH])
{
    Lanes even1 = y[0] + y[2], odd1 = y[1] + y[3];
    Lanes even2 = y[0] + 4.0F * y[2], odd2 = 2.0F * y[1] + 8.0F * y[3];
    to[0] = y[0];
    to[1] = even1 + odd1;
    to[2] = even1 - odd1;
    to[3] = even2 + odd2;
    to[4] = even2 - odd2;
    to[5] = y[3];
}

INLINE void gradient_three(const Lanes u[PATCH], Lanes to[3])
{
    Lanes sum1 = (u[1] + u[2]) * (1.0F / 6), difference1 = (u[2] - u[1]) * (1.0F / 6);
    Lanes sum2 = (u[3] + u[4]) * (1.0F / 24), difference2 = (u[3] - u[4]) * (1.0F / 12);
    to[0] = 0.25F * u[0] - sum1 + sum2;
    to[1] = difference1 + difference2;
    to[2] = 4.0F * sum2 - sum1 + u[5];
}

/* ---- tiles ---- */

/* `pixels` of a patch, row by row. */
INLINE void patch_points(size_t channels, const float *const pixels[POINTS], PointSteps steps,
                         float *to)
{
    for (size_t c = 0; c < channels; c += LANES, to += steps.run) {
        Lanes once[PATCH][PATCH];
        for (size_t x = 0; x < PATCH; ++x) {
            Lanes from[PATCH], column[PATCH];
            for (size_t y = 0; y < PATCH; ++y)
                memcpy(&from[y], pixels[y * PATCH + x] + c, sizeof from[y]);
            patch_six(from, column);
            for (size_t y = 0; y < PATCH; ++y)
                once[y][x] = column[y];
        }
        for (size_t y = 0; y < PATCH; ++y) {
            Lanes row[PATCH];
            patch_six(once[y], row);
            for (size_t x = 0; x < PATCH; ++x)
                memcpy(to + (y * PATCH + x) * steps.point, &row[x], sizeof row[x]);
        }
    }
}

/* `pixels` of a tile, row by row; NULL outside the map, where they are zero. */
INLINE void spread_points(size_t channels, const float *const pixels[TILE * TILE], PointSteps steps,
                          float *to)
{
    for (size_t c = 0; c < channels; c += LANES, to += steps.run) {
        Lanes once[PATCH][TILE];
        for (size_t x = 0; x < TILE; ++x) {
            Lanes from[TILE] = {{0}}, column[PATCH];
            for (size_t y = 0; y < TILE; ++y)
                if (pixels[y * TILE + x])
                    memcpy(&from[y], pixels[y * TILE + x] + c, sizeof from[y]);
            spread_six(from, column);
            for (size_t y = 0; y < PATCH; ++y)
                once[y][x] = column[y];
        }
        for (size_t y = 0; y < PATCH; ++y) {
            Lanes row[PATCH];
            spread_six(once[y], row);
            for (size_t x = 0; x < PATCH; ++x)
                memcpy(to + (y * PATCH + x) * steps.point, &row[x], sizeof row[x]);
        }
    }
}

/* What is left to do to a run of results. */
INLINE void finish_run(const ConvolutionShape *shape, const float *bias, const Lanes *value,
                       float *to)
{
    float slope = shape->activation == ACTIVATION_NONE   ? 1
                  : shape->activation == ACTIVATION_RELU ? 0
                                                         : NET_LEAK;
    for (size_t l = 0; l < LANES; ++l) {
        float sum = (*value)[l] + (bias ? bias[l] : 0) + (shape->residual ? to[l] : 0);
        to[l] = sum < 0 ? slope * sum : sum;
    }
}

/* `pixels` of a tile, NULL outside the map; `bias` may be NULL. */
INLINE void result_pixels(const ConvolutionShape *shape, size_t channels, const float *sums,
                          size_t point_step, const float *bias, float *const pixels[TILE * TILE])
{
    for (size_t c = 0; c < channels; c += LANES) {
        Lanes once[TILE][PATCH];
        for (size_t x = 0; x < PATCH; ++x) {
            Lanes from[PATCH], column[TILE];
            for (size_t y = 0; y < PATCH; ++y)
                memcpy(&from[y], sums + (y * PATCH + x) * point_step + c, sizeof from[y]);
            result_four(from, column);
            for (size_t y = 0; y < TILE; ++y)
                once[y][x] = column[y];
        }
        for (size_t y = 0; y < TILE; ++y) {
            Lanes row[TILE];
            result_four(once[y], row);
            for (size_t x = 0; x < TILE; ++x)
                if (pixels[y * TILE + x])
                    finish_run(shape, bias ? bias + c : NULL, &row[x], pixels[y * TILE + x] + c);
        }
    }
}

/* ---- filters ---- */

/* Of LANES filters side by side, tap by tap. */
INLINE void filter_points(const float g[TAPS][LANES], size_t point_step, float *to)
{
    static const double G[PATCH][3] = {{1.0 / 4, 0, 0},
                                       {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                       {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                       {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                       {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                       {0, 0, 1}};
    double once[PATCH][3][LANES];
    for (size_t i = 0; i < PATCH; ++i)
        for (size_t x = 0; x < 3; ++x)
            for (size_t l = 0; l < LANES; ++l)
                once[i][x][l] = G[i][0] * (double)g[x][l] + G[i][1] * (double)g[3 + x][l] +
                                G[i][2] * (double)g[6 + x][l];
    for (size_t i = 0; i < PATCH; ++i)
        for (size_t j = 0; j < PATCH; ++j)
            for (size_t l = 0; l < LANES; ++l)
                to[(i * PATCH + j) * point_step + l] =
                    (float)(G[j][0] * once[i][0][l] + G[j][1] * once[i][1][l] +
                            G[j][2] * once[i][2][l]);
}

INLINE void gradient_taps(const float *points, size_t point_step, float g[TAPS][LANES])
{
    Lanes once[3][PATCH];
    for (size_t x = 0; x < PATCH; ++x) {
        Lanes from[PATCH], column[3];
        for (size_t y = 0; y < PATCH; ++y)
            memcpy(&from[y], points + (y * PATCH + x) * point_step, sizeof from[y]);
        gradient_three(from, column);
        for (size_t y = 0; y < 3; ++y)
            once[y][x] = column[y];
    }
    for (size_t y = 0; y < 3; ++y) {
        Lanes row[3];
        gradient_three(once[y], row);
        for (size_t x = 0; x < 3; ++x)
            memcpy(g[y * 3 + x], &row[x], sizeof row[x]);
    }
}

/* ---- the product ---- */

/* sums (rows x LANES) = from (rows x depth) . panel (depth x LANES), added to what is there if
 * `add`; row_step and depth_step lead through `from`. */
typedef struct {
    size_t depth, row_step, depth_step, to_step;
    bool add;
} Product;

INLINE void multiply_rows(size_t count, const Product *product, const float *restrict from,
                          const float *restrict panel, float *restrict to)
{
    const size_t row_step = product->row_step, depth_step = product->depth_step;
    Lanes sums[ROWS] = {{0}};
    for (size_t k = 0; k < product->depth; ++k, from += depth_step) {
        Lanes weights;
        memcpy(&weights, panel + k * LANES, sizeof weights);
        for (size_t r = 0; r < count; ++r)
            sums[r] += from[r * row_step] * weights;
    }
    for (size_t r = 0; r < count; ++r) {
        Lanes before = {0};
        if (product->add)
            memcpy(&before, to + r * product->to_step, sizeof before);
        sums[r] += before;
        memcpy(to + r * product->to_step, &sums[r], sizeof sums[r]);
    }
}

/* All rows, in steps that are as even as can be; the cases are for the compiler, which keeps the
 * sums of a constant number of rows in registers. */
INLINE void multiply_all_rows(size_t rows, const Product *product, const float *from,
                              const float *panel, float *to)
{
    size_t steps = (rows + ROWS - 1) / ROWS;
    for (size_t s = 0; s < steps; ++s) {
        size_t first = rows * s / steps, count = rows * (s + 1) / steps - first;
        const float *a = from + first * product->row_step;
        float *c = to + first * product->to_step;
        switch (count) {
        case 1:
            multiply_rows(1, product, a, panel, c);
            break;
        case 2:
            multiply_rows(2, product, a, panel, c);
            break;
        case 3:
            multiply_rows(3, product, a, panel, c);
            break;
        case 4:
            multiply_rows(4, product, a, panel, c);
            break;
        case 5:
            multiply_rows(5, product, a, panel, c);
            break;
        default:
            multiply_rows(ROWS, product, a, panel, c);
        }
    }
}

#endif

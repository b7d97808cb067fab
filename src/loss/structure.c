/* Structure loss; see structure.h.
 *
 * Three passes. One over an integral image of the mask, in exact integers, for the weights. One
 * over the pixels for the four sums on which everything depends, kept by rows and added in the
 * order of rows. One back: each pixel's gradient is spread over the two columns, then each row's
 * over the two rows that it was interpolated from.
 */
#include "loss/structure.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "image/bilinear.h"

enum { WORTH_THREADS = 64 }; /* rows */
enum { WINDOW = 31, RADIUS = WINDOW / 2 };
static const double BORDER_WEIGHT = 5;

typedef struct {
    double weight, entropy, common, both; /* sums of w, w BCE, w p m, w (p + m) */
} RowSums;

struct StructureLoss {
    size_t size, low;
    BilinearTap *taps;  /* size: for both axes */
    uint32_t *integral; /* (size + 1) x (size + 1): pixels set above and to the left */
    float *weight;      /* size x size */
    float *probability; /* size x size */
    RowSums *sums;      /* size */
    double *columns;    /* size x low: gradients of rows, already gathered over columns */
    double *total;      /* low x low */
};

void structure_loss_free(StructureLoss *l)
{
    if (!l)
        return;
    free(l->taps);
    free(l->integral);
    free(l->weight);
    free(l->probability);
    free(l->sums);
    free(l->columns);
    free(l->total);
    free(l);
}

Status structure_loss_new(size_t size, size_t low, StructureLoss **loss)
{
    *loss = NULL;
    if (low < 1 || low > size || size > 4096)
        FAIL(STATUS_ARGUMENT,
             "structure loss of %zu logits for a mask of %zu: expected 1 <= logits <= mask <= 4096",
             low, size);
    StructureLoss *l;
    TRY(MEMORY_NEW(&l, 1));
    l->size = size;
    l->low = low;
    Status status;
    TRY_GOTO(status, fail, MEMORY_NEW(&l->taps, size));
    TRY_GOTO(status, fail, MEMORY_NEW(&l->integral, (size + 1) * (size + 1)));
    TRY_GOTO(status, fail, MEMORY_NEW(&l->weight, size * size));
    TRY_GOTO(status, fail, MEMORY_NEW(&l->probability, size * size));
    TRY_GOTO(status, fail, MEMORY_NEW(&l->sums, size));
    TRY_GOTO(status, fail, MEMORY_NEW(&l->columns, size * low));
    TRY_GOTO(status, fail, MEMORY_NEW(&l->total, low * low));
    for (size_t i = 0; i < size; ++i) /* in double: the bits of networks trained before */
        l->taps[i] = bilinear_tap_at(((double)i + 0.5) * (double)low / (double)size - 0.5, low);
    *loss = l;
    return STATUS_OK;
fail:
    structure_loss_free(l);
    return status;
}

static void integrate(StructureLoss *l, const uint8_t *mask)
{
    size_t size = l->size, stride = size + 1;
    for (size_t y = 0; y < size; ++y) {
        uint32_t row = 0, *above = l->integral + y * stride, *here = above + stride;
        for (size_t x = 0; x < size; ++x) {
            row += mask[y * size + x];
            here[x + 1] = above[x + 1] + row;
        }
    }
}

/* Fills the weights of a row. */
static void weigh_row(StructureLoss *l, const uint8_t *mask, size_t y)
{
    size_t size = l->size, stride = size + 1;
    size_t y0 = y > RADIUS ? y - RADIUS : 0, y1 = y + RADIUS < size ? y + RADIUS + 1 : size;
    const uint32_t *top = l->integral + y0 * stride, *bottom = l->integral + y1 * stride;
    for (size_t x = 0; x < size; ++x) {
        size_t x0 = x > RADIUS ? x - RADIUS : 0, x1 = x + RADIUS < size ? x + RADIUS + 1 : size;
        uint32_t set = (bottom[x1] - bottom[x0]) - (top[x1] - top[x0]);
        double mean = set / (double)(WINDOW * WINDOW);
        l->weight[y * size + x] = (float)(1 + BORDER_WEIGHT * fabs(mean - mask[y * size + x]));
    }
}

/* Fills the probabilities of a row and its sums. */
static void sum_row(StructureLoss *l, const float *logits, const uint8_t *mask, size_t y)
{
    size_t size = l->size;
    BilinearTap down = l->taps[y];
    const float *upper = logits + down.first * l->low, *lower = logits + down.second * l->low;
    RowSums sums = {0};
    for (size_t x = 0; x < size; ++x) {
        BilinearTap across = l->taps[x];
        double left = upper[across.first] +
                      (double)down.weight * ((double)lower[across.first] - upper[across.first]);
        double right = upper[across.second] +
                       (double)down.weight * ((double)lower[across.second] - upper[across.second]);
        double z = left + (double)across.weight * (right - left);
        double t = exp(-fabs(z));
        double p = z > 0 ? 1 / (1 + t) : t / (1 + t);
        size_t i = y * size + x;
        double w = (double)l->weight[i], m = mask[i];
        l->probability[i] = (float)p;
        sums.weight += w;
        sums.entropy += w * ((z > 0 ? z : 0) - z * m + log1p(t));
        sums.common += w * p * m;
        sums.both += w * (p + m);
    }
    l->sums[y] = sums;
}

/* The gradient of a row with respect to its pixels, gathered over columns. */
static void gather_row(StructureLoss *l, const uint8_t *mask, size_t y, const RowSums *sums)
{
    size_t size = l->size;
    double *columns = l->columns + y * l->low;
    double a = sums->common + 1, b = sums->both - sums->common + 1;
    for (size_t j = 0; j < l->low; ++j)
        columns[j] = 0;
    for (size_t x = 0; x < size; ++x) {
        size_t i = y * size + x;
        double w = (double)l->weight[i], p = (double)l->probability[i], m = mask[i];
        /* d(1 - a / b) = (a db - b da) / b^2 with da = w m dp, db = w (1 - m) dp */
        double overlap = w * (a * (1 - m) - b * m) / (b * b) * p * (1 - p);
        double slope = w * (p - m) / sums->weight + overlap;
        double fraction = (double)l->taps[x].weight;
        columns[l->taps[x].first] += (1 - fraction) * slope;
        columns[l->taps[x].second] += fraction * slope;
    }
}

static void gather(StructureLoss *l, double scale, float *gradient)
{
    size_t low = l->low;
    for (size_t i = 0; i < low * low; ++i)
        l->total[i] = 0;
    for (size_t y = 0; y < l->size; ++y) {
        const double *columns = l->columns + y * low;
        double fraction = (double)l->taps[y].weight;
        double *upper = l->total + l->taps[y].first * low;
        double *lower = l->total + l->taps[y].second * low;
        for (size_t x = 0; x < low; ++x) {
            upper[x] += (1 - fraction) * columns[x];
            lower[x] += fraction * columns[x];
        }
    }
    for (size_t i = 0; i < low * low; ++i)
        gradient[i] = (float)(scale * l->total[i]);
}

void structure_loss(StructureLoss *l, const float *logits, const uint8_t *mask, double scale,
                    double *value, float *gradient)
{
    integrate(l, mask);
#pragma omp parallel for schedule(static) if (l->size > WORTH_THREADS)
    for (size_t y = 0; y < l->size; ++y) {
        weigh_row(l, mask, y);
        sum_row(l, logits, mask, y);
    }
    RowSums sums = {0};
    for (size_t y = 0; y < l->size; ++y) {
        sums.weight += l->sums[y].weight;
        sums.entropy += l->sums[y].entropy;
        sums.common += l->sums[y].common;
        sums.both += l->sums[y].both;
    }
    *value = sums.entropy / sums.weight + 1 - (sums.common + 1) / (sums.both - sums.common + 1);
    if (!gradient)
        return;
#pragma omp parallel for schedule(static) if (l->size > WORTH_THREADS)
    for (size_t y = 0; y < l->size; ++y)
        gather_row(l, mask, y, &sums);
    gather(l, scale, gradient);
}

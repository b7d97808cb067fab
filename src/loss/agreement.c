/* See agreement.h. */
#include "loss/agreement.h"

#include <math.h>

static const double LEAST_LENGTH = 1e-8;

static double product(size_t width, const float *a, const float *b)
{
    double sum = 0;
    for (size_t k = 0; k < width; ++k)
        sum += (double)a[k] * (double)b[k];
    return sum;
}

static double length(size_t width, const float *a)
{
    return fmax(sqrt(product(width, a, a)), LEAST_LENGTH);
}

/* cos(p, z), and into gradient scale x its derivative: (z / |z| - cos p / |p|) / |p|. */
static double agree(size_t width, const float *p, const float *z, double scale, float *gradient)
{
    const double of_p = length(width, p), of_z = length(width, z);
    const double cosine = product(width, p, z) / (of_p * of_z);
    for (size_t k = 0; k < width; ++k)
        gradient[k] = (float)(scale * ((double)z[k] / of_z - cosine * (double)p[k] / of_p) / of_p);
    return cosine;
}

void agreement_loss(size_t pairs, size_t width, const float *projections, const float *predictions,
                    double scale, double *sum, float *gradient)
{
    *sum = 0;
    for (size_t row = 0; row < 2 * pairs; ++row) {
        const size_t own = row * width, other = (row ^ 1) * width;
        *sum -= 0.5 *
                agree(width, predictions + own, projections + other, -0.5 * scale, gradient + own);
    }
}

enum { TILE = 64 }; /* components that are added up at once */

/* The sum of the deviations of components first .. first + count - 1. */
static double add_deviations(size_t rows, size_t width, size_t first, size_t count,
                             const float *vectors)
{
    double sums[TILE] = {0}, squares[TILE] = {0}, deviations = 0;
    for (size_t n = 0; n < rows; ++n) {
        const float *vector = vectors + n * width;
        const double whole = length(width, vector);
        for (size_t k = 0; k < count; ++k) {
            const double share = (double)vector[first + k] / whole;
            sums[k] += share;
            squares[k] += share * share;
        }
    }
    for (size_t k = 0; k < count; ++k) {
        const double mean = sums[k] / (double)rows;
        deviations += sqrt(fmax(squares[k] / (double)rows - mean * mean, 0));
    }
    return deviations;
}

double agreement_deviation(size_t rows, size_t width, const float *vectors)
{
    double deviations = 0;
    for (size_t first = 0; first < width && rows > 1; first += TILE)
        deviations += add_deviations(rows, width, first,
                                     width - first < TILE ? width - first : TILE, vectors);
    return deviations / sqrt((double)width);
}

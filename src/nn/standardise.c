/* Weight standardisation (Qiao et al. 2019; BiT): w^ = (w - mean) / sqrt(var + 1e-10), mean and
 * biased variance over each filter. Gradient: dw = (g - mean(g) - w^ mean(g w^)) / sqrt(var +
 * 1e-10). Sums run in double precision. */
#include "nn/node.h"

#include <math.h>

typedef struct {
    float mean, inverse_deviation;
} Moments;

static Moments moments_of(size_t size, const float *filter)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < size; ++i)
        sum += (double)filter[i];
    double mean = sum / (double)size;
    for (size_t i = 0; i < size; ++i)
        squares += ((double)filter[i] - mean) * ((double)filter[i] - mean);
    return (Moments){(float)mean, (float)(1 / sqrt(squares / (double)size + 1e-10))};
}

void standardise_weights(size_t filters, size_t size, const float *weights, float *result)
{
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < filters; ++o) {
        const float *w = weights + o * size;
        Moments m = moments_of(size, w);
        for (size_t i = 0; i < size; ++i)
            result[o * size + i] = (w[i] - m.mean) * m.inverse_deviation;
    }
}

void standardise_gradient(size_t filters, size_t size, const float *weights, float *gradient)
{
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < filters; ++o) {
        const float *w = weights + o * size;
        float *g = gradient + o * size;
        Moments m = moments_of(size, w);
        double sum = 0, product = 0;
        for (size_t i = 0; i < size; ++i) {
            sum += (double)g[i];
            product += (double)g[i] * (double)((w[i] - m.mean) * m.inverse_deviation);
        }
        float mean_g = (float)(sum / (double)size), mean_product = (float)(product / (double)size);
        for (size_t i = 0; i < size; ++i)
            g[i] = (g[i] - mean_g - (w[i] - m.mean) * m.inverse_deviation * mean_product) *
                   m.inverse_deviation;
    }
}

/* Weight standardisation (Qiao et al. 2019; BiT): w^ = (w - mean) / sqrt(var + 1e-10), mean and
 * biased variance over each filter. Gradient: dw = (g - mean(g) - w^ mean(g w^)) / sqrt(var +
 * 1e-10). Sums run in double precision. */
#include "nn/ops/convolution.h"

#include <math.h>

#include "base/vector.h"

typedef struct {
    float mean, inverse_deviation;
} Moments;

/* The order of a vectorised sum is fixed by the instruction set, so that one kind of processor
 * always comes to the same bits. */
VECTORISED static double sum_of(size_t size, const float *filter)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < size; ++i)
        sum += (double)filter[i];
    return sum;
}

VECTORISED static double squares_about(size_t size, const float *filter, double mean)
{
    double squares = 0;
#pragma omp simd reduction(+ : squares)
    for (size_t i = 0; i < size; ++i)
        squares += ((double)filter[i] - mean) * ((double)filter[i] - mean);
    return squares;
}

/* Sum of g times the standardised filter. */
VECTORISED static double product_of(size_t size, const float *g, const float *w, Moments m)
{
    double product = 0;
#pragma omp simd reduction(+ : product)
    for (size_t i = 0; i < size; ++i)
        product += (double)g[i] * (double)((w[i] - m.mean) * m.inverse_deviation);
    return product;
}

static Moments moments_of(size_t size, const float *filter)
{
    double mean = sum_of(size, filter) / (double)size;
    double squares = squares_about(size, filter, mean);
    return (Moments){(float)mean, (float)(1 / sqrt(squares / (double)size + 1e-10))};
}

VECTORISED static void standardise(size_t size, const float *w, Moments m, float *result)
{
    for (size_t i = 0; i < size; ++i)
        result[i] = (w[i] - m.mean) * m.inverse_deviation;
}

/* g becomes (g - mean_g - w^ mean_product) / deviation. */
VECTORISED static void turn_back(size_t size, const float *w, Moments m, float mean_g,
                                 float mean_product, float *g)
{
    for (size_t i = 0; i < size; ++i)
        g[i] = (g[i] - mean_g - (w[i] - m.mean) * m.inverse_deviation * mean_product) *
               m.inverse_deviation;
}

static void prepare(const Parameter *parameter, float *prepared)
{
    size_t filters = parameter->dims[0], size = parameter->count / filters;
    const float *weights = parameter->value;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < filters; ++o)
        standardise(size, weights + o * size, moments_of(size, weights + o * size),
                    prepared + o * size);
}

static void finish_gradient(const Parameter *parameter, float *gradient)
{
    size_t filters = parameter->dims[0], size = parameter->count / filters;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < filters; ++o) {
        const float *w = parameter->value + o * size;
        float *g = gradient + o * size;
        Moments m = moments_of(size, w);
        double mean_g = sum_of(size, g) / (double)size;
        double mean_product = product_of(size, g, w, m) / (double)size;
        turn_back(size, w, m, (float)mean_g, (float)mean_product, g);
    }
}

const WeightForm *weight_form_standardised(void)
{
    static const WeightForm form = {"standardised", prepare, finish_gradient};
    return &form;
}

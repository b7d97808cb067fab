/* Weight standardisation (Qiao et al. 2019; BiT): w^ = (w - mean) / sqrt(var + 1e-10), mean and
 * biased variance over each filter. Gradient: dw = (g - mean(g) - w^ mean(g w^)) / sqrt(var +
 * 1e-10).
 *
 * All sums over a filter are taken in one pass, of weights less a pivot amidst them, so that little
 * is lost where these are joined: LANES of them in float32 over short runs, the runs in double
 * precision. Their order is the same whatever the instruction set. */
#include "nn/ops/convolution.h"

#include <math.h>

#include "base/vector.h"
#include "nn/lanes.h"

/* Numbers that are added up in float32: a lane's 32. */
enum { RUN = 32 * LANES };

typedef struct {
    float mean, inverse_deviation;
} Moments;

/* Over a filter, of weights less the pivot (d) and gradients. */
typedef struct {
    double d, dd, g, gd;
} Sums;

typedef struct {
    Lanes d, dd, g, gd;
} RunSums;

/* Of the numbers that there are; in place of others, what adds nothing. */
INLINE void read_some(size_t count, const float *from, float other, Lanes *numbers)
{
    *numbers = other + (Lanes){0};
    memcpy(numbers, from, count * sizeof(float));
}

INLINE void add_lanes(const Lanes *w, const Lanes *g, float pivot, bool gradient, RunSums *sums)
{
    const Lanes d = *w - pivot;
    sums->d += d;
    sums->dd += d * d;
    if (gradient) {
        sums->g += *g;
        sums->gd += *g * d;
    }
}

INLINE void add_run(size_t count, const float *w, const float *g, float pivot, bool gradient,
                    RunSums *sums)
{
    Lanes some, others = {0};
    size_t i = 0;
    *sums = (RunSums){0};
    for (; i + LANES <= count; i += LANES) {
        lanes_read(w, false, i, &some);
        if (gradient)
            lanes_read(g, false, i, &others);
        add_lanes(&some, &others, pivot, gradient, sums);
    }
    if (i == count)
        return;
    read_some(count - i, w + i, pivot, &some);
    if (gradient)
        read_some(count - i, g + i, 0, &others);
    add_lanes(&some, &others, pivot, gradient, sums);
}

INLINE double sum_of_lanes(const Lanes *lanes)
{
    double sum[4] = {0};
    for (size_t k = 0; k < LANES; ++k)
        sum[k % 4] += (double)(*lanes)[k];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

INLINE void sum_filter(size_t size, const float *w, const float *g, float pivot, bool gradient,
                       Sums *sums)
{
    *sums = (Sums){0};
    for (size_t i = 0; i < size; i += RUN) {
        RunSums run;
        add_run(size - i < RUN ? size - i : RUN, w + i, gradient ? g + i : NULL, pivot, gradient,
                &run);
        sums->d += sum_of_lanes(&run.d);
        sums->dd += sum_of_lanes(&run.dd);
        if (gradient) {
            sums->g += sum_of_lanes(&run.g);
            sums->gd += sum_of_lanes(&run.gd);
        }
    }
}

VECTORISED static void sum_weights(size_t size, const float *w, float pivot, Sums *sums)
{
    sum_filter(size, w, NULL, pivot, false, sums);
}

VECTORISED static void sum_both(size_t size, const float *w, const float *g, float pivot,
                                Sums *sums)
{
    sum_filter(size, w, g, pivot, true, sums);
}

/* The mean of the first few. */
static float pivot_of(size_t size, const float *w)
{
    const size_t count = size < LANES ? size : LANES;
    float sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += w[i];
    return sum / (float)count;
}

static Moments moments_of(size_t size, float pivot, const Sums *sums)
{
    const double distance = sums->d / (double)size;
    const double variance = fmax(sums->dd / (double)size - distance * distance, 0);
    return (Moments){(float)(pivot + distance), (float)(1 / sqrt(variance + 1e-10))};
}

VECTORISED static void standardise(size_t size, const float *w, Moments m, float *result)
{
    for (size_t i = 0; i < size; ++i)
        result[i] = (w[i] - m.mean) * m.inverse_deviation;
}

/* g becomes (g - mean_g - w^ mean_product) / deviation. */
VECTORISED static void turn_back(size_t size, const float *restrict w, Moments m, float mean_g,
                                 float mean_product, float *restrict g)
{
    const float slope = m.inverse_deviation * mean_product;
    for (size_t i = 0; i < size; ++i)
        g[i] = (g[i] - mean_g - (w[i] - m.mean) * slope) * m.inverse_deviation;
}

static void prepare_filter(size_t size, const float *w, float *prepared)
{
    const float pivot = pivot_of(size, w);
    Sums sums;
    sum_weights(size, w, pivot, &sums);
    standardise(size, w, moments_of(size, pivot, &sums), prepared);
}

static void finish_filter(size_t size, const float *w, float *g)
{
    const float pivot = pivot_of(size, w);
    Sums sums;
    sum_both(size, w, g, pivot, &sums);
    const Moments m = moments_of(size, pivot, &sums);
    const double mean_g = sums.g / (double)size;
    /* of g (w - mean), ... */
    const double product = sums.gd / (double)size - ((double)m.mean - pivot) * mean_g;
    turn_back(size, w, m, (float)mean_g, (float)(product * m.inverse_deviation), g);
}

static void prepare(const Parameter *parameter, float *prepared)
{
    size_t filters = parameter->dims[0], size = parameter->count / filters;
    const float *weights = parameter->value;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < filters; ++o)
        prepare_filter(size, weights + o * size, prepared + o * size);
}

static void finish_gradient(const Parameter *parameter, float *gradient)
{
    size_t filters = parameter->dims[0], size = parameter->count / filters;
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < filters; ++o)
        finish_filter(size, parameter->value + o * size, gradient + o * size);
}

const WeightForm *weight_form_standardised(void)
{
    static const WeightForm form = {"standardised", prepare, finish_gradient};
    return &form;
}

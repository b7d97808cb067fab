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

/* Numbers that are added up in float32: a lane's 64. */
enum { RUN = 64 * LANES };

typedef struct {
    float mean, inverse_deviation;
} Moments;

/* Over a filter, of weights less the pivot (d) and gradients; by lanes. */
typedef struct {
    double d[LANES], dd[LANES], g[LANES], gd[LANES];
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

INLINE void add_wide(const Lanes *lanes, double *sums)
{
    for (size_t k = 0; k < LANES; ++k)
        sums[k] += (double)(*lanes)[k];
}

INLINE void sum_filter(size_t size, const float *w, const float *g, float pivot, bool gradient,
                       Sums *sums)
{
    *sums = (Sums){0};
    for (size_t i = 0; i < size; i += RUN) {
        RunSums run;
        add_run(size - i < RUN ? size - i : RUN, w + i, gradient ? g + i : NULL, pivot, gradient,
                &run);
        add_wide(&run.d, sums->d);
        add_wide(&run.dd, sums->dd);
        if (gradient) {
            add_wide(&run.g, sums->g);
            add_wide(&run.gd, sums->gd);
        }
    }
}

INLINE double mean_of(size_t size, const double *sums)
{
    double part[4];
    for (size_t k = 0; k < 4; ++k)
        part[k] = (sums[k] + sums[k + 4]) + (sums[k + 8] + sums[k + 12]);
    return ((part[0] + part[1]) + (part[2] + part[3])) / (double)size;
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
    const double distance = mean_of(size, sums->d);
    const double variance = fmax(mean_of(size, sums->dd) - distance * distance, 0);
    return (Moments){(float)(pivot + distance), (float)(1 / sqrt(variance + 1e-10))};
}

VECTORISED static void standardise(size_t size, const float *w, Moments m, float *result)
{
    for (size_t i = 0; i < size; ++i)
        result[i] = (w[i] - m.mean) * m.inverse_deviation;
}

/* g becomes (g - mean_g - w^ mean_product) / deviation. What lies behind the filter is fetched to
 * the second-level cache meanwhile: it comes next, and the sums would wait for it. */
VECTORISED static void turn_back(size_t size, const float *w, Moments m, float mean_g,
                                 float mean_product, float *g)
{
    const float slope = m.inverse_deviation * mean_product;
    size_t i = 0;
    for (; i + LANES <= size; i += LANES) {
        Lanes weights, turned;
        lanes_read(w, false, i, &weights);
        lanes_read(g, false, i, &turned);
        __builtin_prefetch(w + i + size, 0, 2);
        turned = (turned - mean_g - (weights - m.mean) * slope) * m.inverse_deviation;
        lanes_write(g, false, i, &turned);
    }
    for (; i < size; ++i)
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
    const double mean_g = mean_of(size, sums.g);
    /* of g (w - mean), ... */
    const double product = mean_of(size, sums.gd) - ((double)m.mean - pivot) * mean_g;
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

static void finish_gradient(const Parameter *parameter, size_t first, size_t rows, float *gradient)
{
    const size_t size = parameter->count / parameter->dims[0];
    for (size_t o = 0; o < rows; ++o)
        finish_filter(size, parameter->value + (first + o) * size, gradient + o * size);
}

const WeightForm *weight_form_standardised(void)
{
    static const WeightForm form = {"standardised", prepare, finish_gradient};
    return &form;
}

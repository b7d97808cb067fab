/* Moments that a convolution gives a norm (nn/engine.h), against sums in double precision over its
 * results. */
#ifndef GISD_TESTS_MOMENTS_H
#define GISD_TESTS_MOMENTS_H

#include <math.h>

#include "nn/engine.h"
#include "unit.h"

/* The parts' moments, which are added up, against those of the results as they were given. */
static inline void check_moments(const ConvolutionShape *shape, size_t parts, size_t unit,
                                 const float *moments, const float *given)
{
    const Shape out = convolution_output(shape);
    const size_t units = out.c / unit;
    for (size_t o = 0; parts && o < units; ++o) {
        double sum = 0, squares = 0, size = 0, got[2] = {0};
        for (size_t i = 0; i < shape_pixels(out) * unit; ++i) {
            const size_t at = i / unit * out.c + o * unit + i % unit;
            sum += (double)given[at];
            size += fabs((double)given[at]);
            squares += (double)given[at] * (double)given[at];
        }
        for (size_t k = 0; k < 2 * parts; ++k)
            got[k % 2] += (double)moments[k * units + o];
        if (!(fabs(got[0] - sum) <= 1e-5 * size) || !(fabs(got[1] - squares) <= 1e-5 * squares))
            fail_msg("%zu channels, %zu: sums of %g and %g, not %g and %g", unit, o, got[0], got[1],
                     sum, squares);
    }
}

#endif

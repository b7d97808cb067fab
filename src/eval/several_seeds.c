/* See several_seeds.h. */
#include "eval/several_seeds.h"

#include <math.h>

#include "eval/distributions.h"

SeveralSeeds several_seeds(const double *values, size_t seeds, double sampling_error,
                           size_t patients)
{
    const double nan = (double)NAN;
    SeveralSeeds result = {.deviation = nan,
                           .sampling_error = sampling_error,
                           .error = nan,
                           .freedom = nan,
                           .interval = {nan, nan}};
    double squares = 0;
    for (size_t i = 0; i < seeds; ++i)
        result.mean += values[i] / (double)seeds;
    if (seeds < 2 || patients < 2)
        return result;
    for (size_t i = 0; i < seeds; ++i)
        squares += (values[i] - result.mean) * (values[i] - result.mean);
    result.deviation = sqrt(squares / (double)(seeds - 1));
    double of_seeds = squares / (double)(seeds - 1) / (double)seeds;
    double of_patients = sampling_error * sampling_error;
    double both = of_seeds + of_patients;
    result.error = sqrt(both);
    result.freedom = both * both /
                     (of_seeds * of_seeds / (double)(seeds - 1) +
                      of_patients * of_patients / (double)(patients - 1));
    double margin = both > 0 ? student_quantile(0.05, result.freedom) * result.error : both;
    result.interval = (Interval){result.mean - margin, result.mean + margin};
    return result;
}

/* See several_seeds.h. */
#include "eval/several_seeds.h"

#include <math.h>

#include "eval/distributions.h"

static double mean_of(SeedValues seeds)
{
    double sum = 0;
    for (size_t i = 0; i < seeds.count; ++i)
        sum += seeds.values[i] / (double)seeds.count;
    return sum;
}

/* n - 1; NaN of fewer than two. */
static double variance_of(SeedValues seeds)
{
    const double mean = mean_of(seeds);
    double squares = 0;
    for (size_t i = 0; i < seeds.count; ++i)
        squares += (seeds.values[i] - mean) * (seeds.values[i] - mean);
    return seeds.count < 2 ? (double)NAN : squares / (double)(seeds.count - 1);
}

/* A variance with its degrees of freedom. */
typedef struct {
    double variance, freedom;
} Part;

/* Fills error, freedom and interval from independent parts (Satterthwaite). */
static void add_up(const Part *parts, size_t count, SeveralSeeds *result)
{
    double both = 0, uncertain = 0;
    for (size_t i = 0; i < count; ++i) {
        both += parts[i].variance;
        uncertain += parts[i].variance * parts[i].variance / parts[i].freedom;
    }
    result->error = sqrt(both);
    result->freedom = both * both / uncertain;
    const double margin = both > 0 ? student_quantile(0.05, result->freedom) * result->error : both;
    result->interval = (Interval){result->mean - margin, result->mean + margin};
}

static SeveralSeeds of_mean(double mean, double sampling_error)
{
    const double nan = (double)NAN;
    return (SeveralSeeds){.mean = mean,
                          .deviation = nan,
                          .sampling_error = sampling_error,
                          .error = nan,
                          .freedom = nan,
                          .interval = {nan, nan}};
}

static Part of_patients(double sampling_error, size_t patients)
{
    return (Part){sampling_error * sampling_error, (double)(patients - 1)};
}

static Part of_seeds(SeedValues seeds)
{
    return (Part){variance_of(seeds) / (double)seeds.count, (double)(seeds.count - 1)};
}

SeveralSeeds several_seeds(const double *values, size_t seeds, double sampling_error,
                           size_t patients)
{
    const SeedValues all = {values, seeds};
    SeveralSeeds result = of_mean(mean_of(all), sampling_error);
    if (seeds < 2 || patients < 2)
        return result;
    result.deviation = sqrt(variance_of(all));
    const Part parts[] = {of_seeds(all), of_patients(sampling_error, patients)};
    add_up(parts, 2, &result);
    return result;
}

SeveralSeeds several_seeds_difference(SeedValues first, SeedValues second, double sampling_error,
                                      size_t patients)
{
    SeveralSeeds result = of_mean(mean_of(second) - mean_of(first), sampling_error);
    if (first.count < 2 || second.count < 2 || patients < 2)
        return result;
    const Part parts[] = {of_seeds(first), of_seeds(second), of_patients(sampling_error, patients)};
    add_up(parts, 3, &result);
    return result;
}

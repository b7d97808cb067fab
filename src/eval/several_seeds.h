/* A network trained with several seeds and tested on the same images: how far chance moves it.
 *
 * Two chances: which seed it was (order of images, initial parameters), told by how the seeds
 * differ, and which patients happened to be in the test set, told by drawing patients. More seeds
 * make the first smaller, and do nothing about the second; who gives one of them alone gives half
 * of the doubt. Both variances are added, sampling^2 + deviation^2 / seeds, as standard error of
 * the mean for other seeds and other patients, with the degrees of freedom of Satterthwaite (1946):
 * few seeds know little about their deviation, which the interval says by being wide. (What seeds
 * and patients do together is in both terms, so that the interval is rather too wide.)
 */
#ifndef GISD_EVAL_SEVERAL_SEEDS_H
#define GISD_EVAL_SEVERAL_SEEDS_H

#include <stddef.h>

#include "eval/interval.h"

typedef struct {
    double mean;
    double deviation;      /* between seeds: standard deviation, n - 1 */
    double sampling_error; /* of the mean over these seeds, for other patients: as given */
    double error;          /* of both */
    double freedom;        /* degrees of freedom of the latter */
    Interval interval;     /* 95 %: mean +- t error */
} SeveralSeeds;

/* `sampling_error`: standard error of the mean over the seeds when patients are drawn. With one
 * seed deviation, error and interval are NaN. */
SeveralSeeds several_seeds(const double *values /* seeds */, size_t seeds, double sampling_error,
                           size_t patients);

/* Some seeds of each of two kinds of network. */
typedef struct {
    const double *values; /* count */
    size_t count;
} SeedValues;

/* The same of the second's mean less the first's, whose `sampling_error` for other patients is
 * given; the variance between seeds is that of both means. NaN as above where either has one seed;
 * `deviation` is always NaN, as each has its own. */
SeveralSeeds several_seeds_difference(SeedValues first, SeedValues second, double sampling_error,
                                      size_t patients);

#endif

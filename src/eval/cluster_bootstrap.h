/* How sure a number is: intervals by the bootstrap over patients.
 *
 * Images of one patient resemble each other, so patients are drawn: each replicate draws as many as
 * there are, with replacement, all their images with each, and computes the statistics again. A
 * statistic sees a replicate as weights, how often each image stands in it, so that what does not
 * depend on the drawing (sorting, above all) is done once. Two cells with the same images are
 * compared by statistics that are differences: both are computed from one drawing, so that what
 * the images make harder for both cancels.
 *
 * Intervals, all of 95 %:
 *   percentile  the 2.5th to 97.5th percentile of the replicates;
 *   basic       those reflected at the value: 2 value - percentile;
 *   bca         percentiles shifted for the bias of the replicates' median and for how the standard
 *               error changes with the value, the acceleration, which leaving out one patient after
 *               the other tells (Efron 1987; Efron and Tibshirani 1993, chapter 14); only where it
 * is asked for, as with many patients that is a good part of the work; student     value +- t times
 * the standard error of the replicates, as many degrees of freedom as patients but one; logit the
 * same on the logarithm of value/(1 - value), for shares and areas in [0, 1], which it does not
 * leave; NaN for other values, and at 0 and 1. Which one to trust for what, tools/statistics
 * measures and docs/verification.md tells.
 *
 * Replicates in which a statistic is undefined (NaN: say, no lesion was drawn) are left out for
 * that statistic; if fewer than half remain its intervals are NaN. Draws depend only on the seed,
 * the replicate's number and the order of the images.
 */
#ifndef GISD_EVAL_CLUSTER_BOOTSTRAP_H
#define GISD_EVAL_CLUSTER_BOOTSTRAP_H

#include <stdbool.h>

#include "base/status.h"
#include "eval/clusters.h"
#include "eval/interval.h"

enum { CLUSTER_BOOTSTRAP_REPLICATES = 2000 }; /* what the program uses */

/* Computes `values` of a list in which image i stands weights[i] times. Several threads call it at
 * once, so it only reads what is behind `context`. */
typedef Status (*ClusterStatistic)(void *context, const size_t *weights /* rows */,
                                   double *values /* statistics */);

typedef struct {
    const Clusters *clusters;
    size_t replicates;
    uint64_t seed;
    size_t statistics; /* how many numbers the callback computes */
    ClusterStatistic compute;
    void *context; /* borrowed, handed to the callback */
    bool bca;      /* whether this interval is wanted; if not it is NaN */
} ClusterBootstrap;

typedef struct {
    double value;          /* of every image once */
    double standard_error; /* standard deviation of the replicates */
    Interval percentile, basic, bca, student, logit;
} BootstrapIntervals;

Status cluster_bootstrap(const ClusterBootstrap *plan,
                         BootstrapIntervals *intervals /* statistics */);

/* The intervals of one statistic from its replicates and its values without one patient each, in
 * any order, NaN where undefined; without these (NULL) there is no interval BCa. `replicates` are
 * sorted in place. */
BootstrapIntervals bootstrap_intervals(double value, double *replicates /* count */, size_t count,
                                       const double *without_one /* patients */, size_t patients);

#endif

/* How sure a number is: bootstrap intervals.
 *
 * Bootstrap: rows (images) come in groups (patients), because images of one patient resemble each
 * other. Each replicate draws as many groups as there are, with replacement, takes all their rows,
 * and computes the statistics again; the interval is the 2.5th to 97.5th percentile of the
 * replicates (linear between neighbours). Replicates in which a statistic is undefined (NaN: say,
 * no lesion was drawn) are left out for that statistic; if fewer than half remain its interval is
 * NaN. Draws depend only on the seed, the replicate's number and the order of the rows.
 *
 * Of some statistics the replicates lie to one side, as an average precision's do above it: boxes
 * of an image that is drawn twice stand together in the ranking. Their percentiles lie there too,
 * and such a statistic can have the interval BCa instead (bias-corrected and accelerated; Efron
 * 1987; Efron and Tibshirani 1993, chapter 14): other percentiles of the same replicates, shifted
 * by how many of them lie below the value, and by how the standard error changes with the value,
 * which the statistic without one group after the other tells (without one of
 * INTERVAL_JACKKNIFE_MOST blocks of groups, where there are more: the acceleration is the same but
 * for chance).
 */
#ifndef GISD_EVAL_INTERVAL_H
#define GISD_EVAL_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { INTERVAL_REPLICATES = 1000 }; /* what the program uses */
enum { INTERVAL_JACKKNIFE_MOST = 400 };

typedef struct {
    double low, high;
} Interval;

/* Computes `values` from the rows drawn; rows come with repeats. */
typedef Status (*IntervalStatistic)(void *context, const size_t *rows /* count */, size_t count,
                                    double *values /* statistics */);

typedef struct {
    size_t rows;
    const uint32_t *groups; /* rows: any numbers that tell groups apart; NULL: a row is a group */
    size_t replicates;
    uint64_t seed;
    size_t statistics; /* how many numbers the callback computes */
    IntervalStatistic compute;
    void *context;   /* borrowed, handed to the callback */
    const bool *bca; /* statistics: which have the interval BCa; NULL: none */
} BootstrapPlan;

/* 95 % intervals of all statistics. */
Status interval_bootstrap(const BootstrapPlan *plan, Interval *intervals /* statistics */);

#endif

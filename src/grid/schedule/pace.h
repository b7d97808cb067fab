/* Which ranks are much slower than the others: a processor that is shared, throttled or ill holds
 * up every group that its rank is in.
 *
 * Each rank tells how long its own arithmetic takes for an image of its cell, waiting left out.
 * Ranks that train cells of one kind (one network, one batch) do the same work, so they are
 * compared with one another: a rank is slow that has been more than twice above the median for a
 * while. It is to be avoided for half an hour and then gets another chance. Plain code without MPI
 * or clocks.
 */
#ifndef GISD_GRID_SCHEDULE_PACE_H
#define GISD_GRID_SCHEDULE_PACE_H

#include <stdbool.h>
#include <stddef.h>

/* What is known of a rank; all zero at first. Times are seconds on any clock above 0. */
typedef struct {
    size_t kind;          /* of its cell at the last report */
    double image_seconds; /* at the last report; 0: none yet */
    double slow_since;    /* 0: it is not */
    double avoid_until;   /* 0: no need */
} PaceRank;

/* Takes a rank's report about a cell of a kind: ranks[count]. True if the rank is to be avoided
 * from now on, as it has been slow for `patience_seconds`; *factor is then how many times slower it
 * is. */
bool pace_report(PaceRank *ranks, size_t count, size_t rank, size_t kind, double image_seconds,
                 double patience_seconds, double now, double *factor);

/* True if the rank has been avoided for long enough. */
bool pace_forgive(PaceRank *rank, double now);

#endif

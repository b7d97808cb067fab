/* See pace.h. */
#include "grid/schedule/pace.h"

#include <string.h>

static const double SLOW_FACTOR = 2, AVOID_SECONDS = 1800;

/* The lower median of those that reported this kind: of two ranks, the faster one. Counting is
 * quick enough: a report comes every few seconds from a rank. */
static double median_of_kind(const PaceRank *ranks, size_t count, size_t kind)
{
    size_t same = 0;
    for (size_t i = 0; i < count; ++i)
        same += ranks[i].kind == kind && ranks[i].image_seconds > 0;
    for (size_t i = 0; i < count; ++i) {
        size_t below = 0, equal = 0;
        if (ranks[i].kind != kind || !(ranks[i].image_seconds > 0))
            continue;
        for (size_t k = 0; k < count; ++k) {
            if (ranks[k].kind != kind || !(ranks[k].image_seconds > 0))
                continue;
            below += ranks[k].image_seconds < ranks[i].image_seconds;
            equal += ranks[k].image_seconds == ranks[i].image_seconds;
        }
        if (below <= (same - 1) / 2 && (same - 1) / 2 < below + equal)
            return ranks[i].image_seconds;
    }
    return 0;
}

bool pace_report(PaceRank *ranks, size_t count, size_t rank, size_t kind, double image_seconds,
                 double patience_seconds, double now, double *factor)
{
    PaceRank *own = &ranks[rank];
    if (!(image_seconds > 0))
        return false;
    own->kind = kind;
    own->image_seconds = image_seconds;
    double median = median_of_kind(ranks, count, kind);
    if (image_seconds <= SLOW_FACTOR * median) {
        own->slow_since = 0;
        return false;
    }
    if (own->slow_since == 0)
        own->slow_since = now;
    if (now - own->slow_since < patience_seconds || own->avoid_until > 0)
        return false;
    *factor = image_seconds / median;
    own->avoid_until = now + AVOID_SECONDS;
    return true;
}

bool pace_forgive(PaceRank *rank, double now)
{
    if (rank->avoid_until == 0 || now < rank->avoid_until)
        return false;
    *rank = (PaceRank){0};
    return true;
}

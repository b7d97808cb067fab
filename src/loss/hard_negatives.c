/* See hard_negatives.h. */
#include "loss/hard_negatives.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "loss/cross_entropy.h"

enum { NEGATIVES_EACH = 3 };

/* The dearest first; what is not a number counts as the dearest, so that it shows. */
static int compare_costs(const void *left, const void *right)
{
    const HardNegative *a = left, *b = right;
    double one = isnan(a->cost) ? INFINITY : a->cost, other = isnan(b->cost) ? INFINITY : b->cost;
    if (one != other)
        return one > other ? -1 : 1;
    return a->prior < b->prior ? -1 : a->prior > b->prior;
}

static int compare_priors(const void *left, const void *right)
{
    const HardNegative *a = left, *b = right;
    return a->prior < b->prior ? -1 : a->prior > b->prior;
}

/* The hard negatives to the front of `room`, in the order of the priors; returns how many. */
static size_t select_hard(size_t priors, size_t logits_each, const float *logits,
                          const int32_t *targets, HardNegative *room)
{
    const int32_t background = 0;
    size_t positives = 0, negatives = 0;
    for (size_t p = 0; p < priors; ++p)
        positives += targets[p] >= 0;
    for (size_t p = 0; p < priors; ++p) {
        if (targets[p] >= 0)
            continue;
        room[negatives] = (HardNegative){.prior = p};
        cross_entropy_loss(1, logits_each, logits + p * logits_each, &background, 1,
                           &room[negatives++].cost, NULL);
    }
    if (!negatives)
        return 0;
    qsort(room, negatives, sizeof *room, compare_costs);
    const size_t wanted = NEGATIVES_EACH * (positives ? positives : 1);
    const size_t hard = negatives < wanted ? negatives : wanted;
    qsort(room, hard, sizeof *room, compare_priors);
    return hard;
}

void hard_negatives_loss(size_t priors, size_t classes, const float *logits, const int32_t *targets,
                         double scale, HardNegative *room, double *sum, float *gradient)
{
    const size_t each = classes + 1;
    const size_t hard = select_hard(priors, each, logits, targets, room);
    size_t next = 0; /* of the hard ones */
    *sum = 0;
    for (size_t p = 0; p < priors; ++p) {
        const bool positive = targets[p] >= 0;
        if (!positive && (next == hard || room[next].prior != p)) {
            memset(gradient + p * each, 0, each * sizeof *gradient);
            continue;
        }
        next += !positive;
        const int32_t label = positive ? targets[p] + 1 : 0;
        double cost;
        cross_entropy_loss(1, each, logits + p * each, &label, scale, &cost, gradient + p * each);
        *sum += cost;
    }
}

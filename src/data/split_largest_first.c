/* The rule of earlier versions, kept so that their experiments go on with the splits they have.
 *
 * Units go, largest first, to the split whose remaining need of the unit's class is greatest. The
 * need is counted in images, so the largest split is the neediest until it is half full, and the
 * large patients gather there.
 */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/split_units.h"

/* Where the unit's labels are needed most: each image counts the relative shortfall of its label,
 * need[split][stratum] / size[stratum]. */
static Split neediest_split(const SplitUnits *units, const SplitUnit *unit, const double *need,
                            const double *sizes)
{
    size_t strata = units->strata_each[0];
    Split best = SPLIT_TRAIN;
    double best_score = -INFINITY;
    for (Split split = SPLIT_TRAIN; split < SPLIT_NONE; ++split) {
        double score = 0;
        for (size_t i = 0; i < unit->count; ++i) {
            size_t stratum = units->strata[0][units->members[unit->first + i].image];
            score += need[split * strata + stratum] / sizes[stratum];
        }
        if (score > best_score) {
            best = split;
            best_score = score;
        }
    }
    return best;
}

/* sizes: images of each label that are to be split; need: SPLIT_COUNT x strata. */
static void assign(const SplitSettings *settings, SplitUnits *units, double *sizes, double *need)
{
    size_t strata = units->strata_each[0];
    for (size_t u = 0; u < units->unit_count; ++u) {
        const SplitUnit *unit = &units->units[u];
        for (size_t i = 0; unit->split == SPLIT_NONE && i < unit->count; ++i)
            sizes[units->strata[0][units->members[unit->first + i].image]] += 1;
    }
    for (size_t split = 0; split < SPLIT_COUNT; ++split)
        for (size_t stratum = 0; stratum < strata; ++stratum)
            need[split * strata + stratum] = settings->shares[split] * sizes[stratum];
    for (size_t u = 0; u < units->unit_count; ++u) {
        SplitUnit *unit = &units->units[u];
        if (unit->split != SPLIT_NONE)
            continue;
        unit->split = neediest_split(units, unit, need, sizes);
        for (size_t i = 0; i < unit->count; ++i)
            need[unit->split * strata + units->strata[0][units->members[unit->first + i].image]] -=
                1;
    }
}

Status split_largest_first(const SplitSettings *settings, SplitUnits *units)
{
    double *sizes = NULL, *need = NULL;
    Status status;
    TRY_GOTO(status, end, MEMORY_NEW(&sizes, units->strata_each[0]));
    TRY_GOTO(status, end, MEMORY_NEW(&need, SPLIT_COUNT * units->strata_each[0]));
    assign(settings, units, sizes, need);
end:
    free(sizes);
    free(need);
    return status;
}

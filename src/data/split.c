/* Stratified splits by unit; see split.h. */
#include "data/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"

/* A unit's images are found by sorting image numbers by (unit, image). */
typedef struct {
    uint32_t unit, image, stratum; /* stratum: labels renumbered from 0 */
} Member;

typedef struct {
    size_t first, count; /* range in the members */
    uint32_t order;      /* its place after the shuffle */
} Unit;

SplitSettings split_defaults(void)
{
    return (SplitSettings){.shares = {0.7, 0.15, 0.15}, .seed = 1};
}

const char *split_name(Split split)
{
    static const char *const names[] = {"train", "val", "test", ""};
    return names[split];
}

bool split_parse(const char *name, Split *split)
{
    for (Split candidate = SPLIT_TRAIN; candidate <= SPLIT_NONE; ++candidate)
        if (strcmp(name, split_name(candidate)) == 0) {
            *split = candidate;
            return true;
        }
    return false;
}

static Status check_shares(const SplitSettings *settings)
{
    double sum = 0;
    for (int split = 0; split < SPLIT_COUNT; ++split) {
        if (!(settings->shares[split] >= 0))
            FAIL(STATUS_ARGUMENT, "split: the share of %s is %g, expected 0 or more",
                 split_name((Split)split), settings->shares[split]);
        sum += settings->shares[split];
    }
    if (!(fabs(sum - 1) < 1e-6))
        FAIL(STATUS_ARGUMENT, "split: the shares add up to %g, expected 1", sum);
    return STATUS_OK;
}

static int by_unit(const void *a, const void *b)
{
    const Member *x = a, *y = b;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    return x->image < y->image ? -1 : x->image > y->image;
}

static int largest_first(const void *a, const void *b)
{
    const Unit *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* The split that the manifest gives a unit, SPLIT_NONE if it gives none. */
static Status given_split(const Unit *unit, const Member *members, const Split *splits,
                          Split *given)
{
    *given = SPLIT_NONE;
    for (size_t i = 0; i < unit->count; ++i) {
        Split here = splits[members[unit->first + i].image];
        if (here == SPLIT_NONE || here == *given)
            continue;
        if (*given != SPLIT_NONE)
            FAIL(STATUS_FORMAT, "split: a patient has images in both %s and %s", split_name(*given),
                 split_name(here));
        *given = here;
    }
    return STATUS_OK;
}

/* Where the unit's labels are needed most: each image counts the relative shortfall of its label,
 * need[split][stratum] / size[stratum]. */
static Split neediest_split(const Unit *unit, const Member *members, size_t strata,
                            const double *need, const double *sizes)
{
    Split best = SPLIT_TRAIN;
    double best_score = -INFINITY;
    for (Split split = SPLIT_TRAIN; split < SPLIT_NONE; ++split) {
        double score = 0;
        for (size_t i = 0; i < unit->count; ++i) {
            size_t stratum = members[unit->first + i].stratum;
            score += need[split * strata + stratum] / sizes[stratum];
        }
        if (score > best_score) {
            best = split;
            best_score = score;
        }
    }
    return best;
}

typedef struct {
    Member *members; /* count */
    Unit *units;     /* count */
    uint32_t *order; /* count */
    int32_t *labels; /* count, sorted, then the distinct ones */
    double *sizes;   /* strata: images of each label that are to be split */
    double *need;    /* SPLIT_COUNT x strata */
} Work;

static void work_clear(Work *work)
{
    free(work->members);
    free(work->units);
    free(work->order);
    free(work->labels);
    free(work->sizes);
    free(work->need);
}

static Status work_init(Work *work, size_t count)
{
    *work = (Work){0};
    TRY(MEMORY_NEW(&work->members, count));
    TRY(MEMORY_NEW(&work->units, count));
    TRY(MEMORY_NEW(&work->order, count));
    TRY(MEMORY_NEW(&work->labels, count));
    TRY(MEMORY_NEW(&work->sizes, count));
    return MEMORY_NEW(&work->need, SPLIT_COUNT * count);
}

/* Sorts the distinct labels to the front of work->labels and returns their number. */
static size_t collect_strata(Work *work, size_t count, const int32_t *labels)
{
    memcpy(work->labels, labels, count * sizeof *labels);
    qsort(work->labels, count, sizeof *work->labels, by_number);
    size_t strata = 0;
    for (size_t i = 0; i < count; ++i)
        if (i == 0 || work->labels[i] != work->labels[strata - 1])
            work->labels[strata++] = work->labels[i];
    return strata;
}

static size_t collect_units(Work *work, size_t count, const int32_t *labels, const uint32_t *units,
                            size_t strata)
{
    for (size_t i = 0; i < count; ++i) {
        const int32_t *found =
            bsearch(&labels[i], work->labels, strata, sizeof *work->labels, by_number);
        work->members[i] = (Member){.unit = units ? units[i] : (uint32_t)i,
                                    .image = (uint32_t)i,
                                    .stratum = (uint32_t)(found - work->labels)};
    }
    qsort(work->members, count, sizeof *work->members, by_unit);
    size_t unit_count = 0;
    for (size_t i = 0; i < count; ++i) {
        if (i == 0 || work->members[i].unit != work->members[i - 1].unit)
            work->units[unit_count++] = (Unit){.first = i};
        ++work->units[unit_count - 1].count;
    }
    return unit_count;
}

static Status assign(Work *work, const SplitSettings *settings, size_t count, const int32_t *labels,
                     const uint32_t *units, Split *splits)
{
    if (settings->ignore_given)
        for (size_t i = 0; i < count; ++i)
            splits[i] = SPLIT_NONE;
    size_t strata = collect_strata(work, count, labels);
    size_t unit_count = collect_units(work, count, labels, units, strata);

    for (size_t u = 0; u < unit_count; ++u)
        work->order[u] = (uint32_t)u;
    RandomStream stream;
    random_init(&stream, settings->seed, "split", 0, 0);
    random_shuffle(&stream, unit_count, work->order);
    for (size_t u = 0; u < unit_count; ++u)
        work->units[u].order = work->order[u];
    qsort(work->units, unit_count, sizeof *work->units, largest_first);

    /* First the given splits; what is left decides how much each split needs. */
    for (size_t u = 0; u < unit_count; ++u) {
        const Unit *unit = &work->units[u];
        Split given;
        TRY(given_split(unit, work->members, splits, &given));
        for (size_t i = 0; i < unit->count; ++i) {
            const Member *member = &work->members[unit->first + i];
            splits[member->image] = given;
            if (given == SPLIT_NONE)
                work->sizes[member->stratum] += 1;
        }
    }
    for (int split = 0; split < SPLIT_COUNT; ++split)
        for (size_t stratum = 0; stratum < strata; ++stratum)
            work->need[(size_t)split * strata + stratum] =
                settings->shares[split] * work->sizes[stratum];

    for (size_t u = 0; u < unit_count; ++u) {
        const Unit *unit = &work->units[u];
        if (splits[work->members[unit->first].image] != SPLIT_NONE)
            continue;
        Split split = neediest_split(unit, work->members, strata, work->need, work->sizes);
        for (size_t i = 0; i < unit->count; ++i) {
            const Member *member = &work->members[unit->first + i];
            splits[member->image] = split;
            work->need[split * strata + member->stratum] -= 1;
        }
    }
    return STATUS_OK;
}

Status split_assign(const SplitSettings *settings, size_t count, const int32_t *labels,
                    const uint32_t *units, Split *splits)
{
    TRY(check_shares(settings));
    Work work;
    Status status = work_init(&work, count);
    if (status == STATUS_OK)
        status = assign(&work, settings, count, labels, units, splits);
    work_clear(&work);
    return status;
}

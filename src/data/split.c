/* From images to units and back; see split.h. */
#include "data/split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"
#include "data/split_units.h"

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

const char *split_rule_name(SplitRule rule)
{
    static const char *const names[SPLIT_RULES] = {"fair", "largest_first"};
    return names[rule];
}

bool split_rule_parse(const char *name, SplitRule *rule)
{
    for (SplitRule candidate = SPLIT_RULE_FAIR; candidate < SPLIT_RULES; ++candidate)
        if (strcmp(name, split_rule_name(candidate)) == 0) {
            *rule = candidate;
            return true;
        }
    return false;
}

static Status check_shares(const SplitSettings *settings)
{
    double sum = 0;
    for (int split = 0; split < SPLIT_COUNT; ++split) {
        if (!(settings->shares[split] >= 0))
            FAIL(STATUS_ARGUMENT, "split: the share of %s is %s, expected 0 or more",
                 split_name((Split)split), TEXT_NUMBER(settings->shares[split]));
        sum += settings->shares[split];
    }
    if (!(fabs(sum - 1) < 1e-6))
        FAIL(STATUS_ARGUMENT, "split: the shares add up to %s, expected 1", TEXT_NUMBER(sum));
    return STATUS_OK;
}

static int by_unit(const void *a, const void *b)
{
    const SplitMember *x = a, *y = b;
    if (x->unit != y->unit)
        return x->unit < y->unit ? -1 : 1;
    return x->image < y->image ? -1 : x->image > y->image;
}

static int largest_first(const void *a, const void *b)
{
    const SplitUnit *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

/* ---- labels ---- */

/* Numbers the distinct labels from 0 in their order; *strata is how many there are. */
static Status number_labels(size_t images, const int32_t *labels, uint32_t *numbers, size_t *strata)
{
    int32_t *sorted;
    TRY(MEMORY_NEW(&sorted, images));
    memcpy(sorted, labels, images * sizeof *labels);
    qsort(sorted, images, sizeof *sorted, by_number);
    *strata = 0;
    for (size_t i = 0; i < images; ++i)
        if (i == 0 || sorted[i] != sorted[*strata - 1])
            sorted[(*strata)++] = sorted[i];
    for (size_t i = 0; i < images; ++i) {
        const int32_t *found = bsearch(&labels[i], sorted, *strata, sizeof *sorted, by_number);
        numbers[i] = (uint32_t)(found - sorted);
    }
    free(sorted);
    return STATUS_OK;
}

static Status collect_strata(SplitUnits *work, const SplitLabels *labels)
{
    TRY(MEMORY_NEW(&work->strata, labels->count));
    TRY(MEMORY_NEW(&work->strata_each, labels->count));
    work->label_count = labels->count;
    for (size_t kind = 0; kind < labels->count; ++kind) {
        TRY(MEMORY_NEW(&work->strata[kind], work->images));
        TRY(number_labels(work->images, labels->values[kind], work->strata[kind],
                          &work->strata_each[kind]));
    }
    return STATUS_OK;
}

/* ---- units ---- */

static Status collect_units(SplitUnits *work, const uint32_t *units)
{
    TRY(MEMORY_NEW(&work->members, work->images));
    TRY(MEMORY_NEW(&work->units, work->images));
    for (size_t i = 0; i < work->images; ++i)
        work->members[i] =
            (SplitMember){.unit = units ? units[i] : (uint32_t)i, .image = (uint32_t)i};
    qsort(work->members, work->images, sizeof *work->members, by_unit);
    for (size_t i = 0; i < work->images; ++i) {
        if (i == 0 || work->members[i].unit != work->members[i - 1].unit)
            work->units[work->unit_count++] = (SplitUnit){.first = i, .split = SPLIT_NONE};
        ++work->units[work->unit_count - 1].count;
    }
    return STATUS_OK;
}

static Status order_units(SplitUnits *work, uint64_t seed)
{
    uint32_t *order;
    TRY(MEMORY_NEW(&order, work->unit_count));
    for (size_t u = 0; u < work->unit_count; ++u)
        order[u] = (uint32_t)u;
    RandomStream stream;
    random_init(&stream, seed, "split", 0, 0);
    random_shuffle(&stream, work->unit_count, order);
    for (size_t u = 0; u < work->unit_count; ++u)
        work->units[u].order = order[u];
    free(order);
    qsort(work->units, work->unit_count, sizeof *work->units, largest_first);
    return STATUS_OK;
}

/* Takes over the splits that the manifest gives. */
static Status take_given(SplitUnits *work, const Split *splits)
{
    for (size_t u = 0; u < work->unit_count; ++u) {
        SplitUnit *unit = &work->units[u];
        for (size_t i = 0; i < unit->count; ++i) {
            Split here = splits[work->members[unit->first + i].image];
            if (here == SPLIT_NONE || here == unit->split)
                continue;
            if (unit->split != SPLIT_NONE)
                FAIL(STATUS_FORMAT, "split: a patient has images in both %s and %s",
                     split_name(unit->split), split_name(here));
            unit->split = here;
        }
    }
    return STATUS_OK;
}

static void work_clear(SplitUnits *work)
{
    for (size_t kind = 0; kind < work->label_count; ++kind)
        free(work->strata[kind]);
    free(work->strata);
    free(work->strata_each);
    free(work->members);
    free(work->units);
}

static Status assign(SplitUnits *work, const SplitSettings *settings, const SplitLabels *labels,
                     const uint32_t *units, Split *splits)
{
    TRY(collect_strata(work, labels));
    TRY(collect_units(work, units));
    TRY(order_units(work, settings->seed));
    if (!settings->ignore_given)
        TRY(take_given(work, splits));
    TRY(settings->rule == SPLIT_RULE_LARGEST_FIRST ? split_largest_first(settings, work)
                                                   : split_fairly(settings, work));
    for (size_t u = 0; u < work->unit_count; ++u)
        for (size_t i = 0; i < work->units[u].count; ++i)
            splits[work->members[work->units[u].first + i].image] = work->units[u].split;
    return STATUS_OK;
}

Status split_assign(const SplitSettings *settings, size_t count, const SplitLabels *labels,
                    const uint32_t *units, Split *splits)
{
    TRY(check_shares(settings));
    SplitUnits work = {.images = count};
    Status status = assign(&work, settings, labels, units, splits);
    work_clear(&work);
    return status;
}

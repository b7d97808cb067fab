/* The fair rule: patients, images and images of each label stand in the splits by the shares.
 *
 * The splits are alike if each of these counts ("strata": all patients, all images, the images of
 * each class, form, ...) is divided by the shares. What is made small is the sum over strata and
 * splits of (dealt - share x all)^2 / share, images counted in the stratum's mean images a patient,
 * so that a stratum of large patients weighs no more than one of small ones.
 *
 * Units are dealt largest first, each to the split where the sum grows least, with `all` being what
 * was dealt so far: at each moment the patients of that size and larger are in proportion, and so
 * the splits get patients of all sizes alike. Where a few patients hold most images that leaves a
 * remainder, so units are then moved, or exchanged with one of about their size, as long as the sum
 * falls.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "data/split_units.h"

enum {
    STRATUM_ALL, /* all images; those of labels follow */
    NEIGHBOURS = 32,
    PASSES = 8
};
static const double LEAST_GAIN = 1e-9; /* of an exchange, above rounding */

/* A unit's images of one stratum. */
typedef struct {
    uint32_t stratum, images;
} Part;

typedef struct {
    const double *shares;
    SplitUnits *units;
    size_t strata;
    size_t *first_part; /* unit_count + 1: of each unit; empty for those given a split */
    Part *parts;        /* at most units + images x kinds of labels */
    double *weight;     /* strata: 1 / (mean images a unit)^2 */
    double *all;        /* strata: images dealt so far */
    double *dealt;      /* SPLIT_COUNT x strata */
    double all_units, dealt_units[SPLIT_COUNT];
    uint32_t *scratch; /* strata: zero between uses */
} Deal;

/* ---- what a unit holds ---- */

static void gather_parts(Deal *deal, const SplitUnit *unit, size_t *used)
{
    const SplitUnits *units = deal->units;
    deal->parts[(*used)++] = (Part){STRATUM_ALL, (uint32_t)unit->count};
    size_t offset = STRATUM_ALL + 1;
    for (size_t kind = 0; kind < units->label_count; ++kind) {
        size_t begin = *used;
        for (size_t i = 0; i < unit->count; ++i) {
            uint32_t stratum =
                (uint32_t)offset + units->strata[kind][units->members[unit->first + i].image];
            if (deal->scratch[stratum]++ == 0)
                deal->parts[(*used)++].stratum = stratum;
        }
        for (size_t k = begin; k < *used; ++k) {
            deal->parts[k].images = deal->scratch[deal->parts[k].stratum];
            deal->scratch[deal->parts[k].stratum] = 0;
        }
        offset += units->strata_each[kind];
    }
}

static void weigh_strata(Deal *deal, size_t parts)
{
    for (size_t k = 0; k < parts; ++k) {
        deal->all[deal->parts[k].stratum] += deal->parts[k].images;
        ++deal->scratch[deal->parts[k].stratum]; /* units */
    }
    for (size_t stratum = 0; stratum < deal->strata; ++stratum) {
        double units = deal->scratch[stratum], images = deal->all[stratum];
        deal->weight[stratum] = units > 0 ? units / images * (units / images) : 0;
        deal->scratch[stratum] = 0;
        deal->all[stratum] = 0;
    }
}

static Status deal_init(Deal *deal, const SplitSettings *settings, SplitUnits *units)
{
    *deal = (Deal){.shares = settings->shares, .units = units, .strata = STRATUM_ALL + 1};
    for (size_t kind = 0; kind < units->label_count; ++kind)
        deal->strata += units->strata_each[kind];
    TRY(MEMORY_NEW(&deal->first_part, units->unit_count + 1));
    TRY(MEMORY_NEW(&deal->parts, units->unit_count + units->images * units->label_count));
    TRY(MEMORY_NEW(&deal->weight, deal->strata));
    TRY(MEMORY_NEW(&deal->all, deal->strata));
    TRY(MEMORY_NEW(&deal->dealt, SPLIT_COUNT * deal->strata));
    TRY(MEMORY_NEW(&deal->scratch, deal->strata));
    size_t used = 0;
    for (size_t u = 0; u < units->unit_count; ++u) {
        deal->first_part[u] = used;
        if (units->units[u].split == SPLIT_NONE)
            gather_parts(deal, &units->units[u], &used);
    }
    deal->first_part[units->unit_count] = used;
    weigh_strata(deal, used);
    return STATUS_OK;
}

static void deal_clear(Deal *deal)
{
    free(deal->first_part);
    free(deal->parts);
    free(deal->weight);
    free(deal->all);
    free(deal->dealt);
    free(deal->scratch);
}

/* ---- dealing ---- */

/* By how much (dealt - wanted)^2 grows with `more`. */
static double growth(double dealt, double wanted, double more)
{
    return more * (2 * (dealt - wanted) + more);
}

/* By how much the sum grows if unit u, which is in no split, goes to `split`. */
static double cost(const Deal *deal, size_t u, Split split)
{
    double share = deal->shares[split];
    const double *dealt = deal->dealt + split * deal->strata;
    double sum = growth(deal->dealt_units[split], share * deal->all_units, 1);
    for (size_t k = deal->first_part[u]; k < deal->first_part[u + 1]; ++k) {
        size_t stratum = deal->parts[k].stratum;
        sum += deal->weight[stratum] *
               growth(dealt[stratum], share * deal->all[stratum], deal->parts[k].images);
    }
    return sum / share;
}

/* Puts unit u into a split (sign 1) or takes it out (-1). */
static void put(Deal *deal, size_t u, Split split, double sign)
{
    deal->dealt_units[split] += sign;
    for (size_t k = deal->first_part[u]; k < deal->first_part[u + 1]; ++k)
        deal->dealt[split * deal->strata + deal->parts[k].stratum] += sign * deal->parts[k].images;
}

static void put_where_best(Deal *deal, size_t u)
{
    Split best = SPLIT_NONE;
    double least = 0;
    for (Split split = SPLIT_TRAIN; split < SPLIT_NONE; ++split) {
        if (deal->shares[split] <= 0)
            continue;
        double here = cost(deal, u, split);
        if (best == SPLIT_NONE || here < least) {
            best = split;
            least = here;
        }
    }
    put(deal, u, best, 1);
    deal->units->units[u].split = best;
}

static bool is_free(const Deal *deal, size_t u)
{
    return deal->first_part[u] < deal->first_part[u + 1];
}

/* ---- afterwards ---- */

/* The sum's growth with u in `a` and v in `b`, both being in no split. */
static double cost_of_two(Deal *deal, size_t u, Split a, size_t v, Split b)
{
    double sum = cost(deal, u, a);
    put(deal, u, a, 1);
    sum += cost(deal, v, b);
    put(deal, u, a, -1);
    return sum;
}

static bool exchange(Deal *deal, size_t u, size_t v)
{
    SplitUnit *one = &deal->units->units[u], *other = &deal->units->units[v];
    Split a = one->split, b = other->split;
    put(deal, u, a, -1);
    put(deal, v, b, -1);
    bool better = cost_of_two(deal, u, b, v, a) < cost_of_two(deal, u, a, v, b) - LEAST_GAIN;
    one->split = better ? b : a;
    other->split = better ? a : b;
    put(deal, u, one->split, 1);
    put(deal, v, other->split, 1);
    return better;
}

static bool improve(Deal *deal)
{
    const SplitUnit *units = deal->units->units;
    size_t count = deal->units->unit_count;
    bool better = false;
    for (size_t u = count; u-- > 0;) {
        if (!is_free(deal, u))
            continue;
        Split before = units[u].split;
        put(deal, u, before, -1);
        put_where_best(deal, u);
        better |= units[u].split != before;
    }
    for (size_t u = 0; u < count; ++u)
        for (size_t v = u + 1; v < count && v <= u + NEIGHBOURS; ++v)
            if (is_free(deal, u) && is_free(deal, v) && units[u].split != units[v].split)
                better |= exchange(deal, u, v);
    return better;
}

Status split_fairly(const SplitSettings *settings, SplitUnits *units)
{
    Deal deal;
    Status status = deal_init(&deal, settings, units);
    for (size_t u = 0; u < units->unit_count && status == STATUS_OK; ++u) {
        if (!is_free(&deal, u))
            continue;
        deal.all_units += 1;
        for (size_t k = deal.first_part[u]; k < deal.first_part[u + 1]; ++k)
            deal.all[deal.parts[k].stratum] += deal.parts[k].images;
        put_where_best(&deal, u);
    }
    for (int pass = 0; pass < PASSES && status == STATUS_OK; ++pass)
        if (!improve(&deal))
            break;
    deal_clear(&deal);
    return status;
}

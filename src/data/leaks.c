/* See leaks.h. Equal pixels are neighbours once the pictures are sorted by size and hash;
 * near-equal ones come from comparing all with all (near_equal.h), of which each picture keeps its
 * nearest. */
#include "data/leaks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/near_equal.h"

enum { PAIRS_TOLD = 20 }; /* more are counted */

typedef struct {
    const Manifest *manifest;
    const Look *looks;
    const Split *splits;
    Findings *findings;
} Search;

static const char *label_of(const ManifestRow *row)
{
    return row->label_index == LABEL_NORMAL ? MANIFEST_NORMAL : row->label;
}

/* What helps where an experiment chooses the splits. */
static const char *remedy(const Search *search, uint32_t a, uint32_t b)
{
    bool given = search->manifest->rows[a].split != SPLIT_NONE &&
                 search->manifest->rows[b].split != SPLIT_NONE;
    return given ? "" : " (split: {group: scene} keeps such pictures in one)";
}

/* ---- equal pixels ---- */

typedef struct {
    const Look *look;
    uint32_t row;
} Placed;

static int by_pixels(const void *a, const void *b)
{
    const Placed *x = a, *y = b;
    int order = look_order(x->look, y->look);
    return order != 0 ? order : x->row < y->row ? -1 : x->row > y->row;
}

/* The first of `count` copies that stands in another split than `row`, else that has another label,
 * else the first. */
static uint32_t most_harmful(const Search *search, const Placed *copies, size_t count, uint32_t row)
{
    Split split = search->splits[row];
    for (size_t i = 0; i < count; ++i) {
        Split other = search->splits[copies[i].row];
        if (split != SPLIT_NONE && other != SPLIT_NONE && split != other)
            return copies[i].row;
    }
    for (size_t i = 0; i < count; ++i)
        if (search->manifest->rows[copies[i].row].label_index !=
            search->manifest->rows[row].label_index)
            return copies[i].row;
    return copies[0].row;
}

/* A picture that stands on an earlier line too. */
static Status report_copy(const Search *search, uint32_t row, uint32_t other)
{
    const Manifest *manifest = search->manifest;
    const ManifestRow *here = &manifest->rows[row], *there = &manifest->rows[other];
    Split split = search->splits[row], other_split = search->splits[other];
    if (split != SPLIT_NONE && other_split != SPLIT_NONE && split != other_split)
        return findings_settle(
            search->findings, here->line,
            status_set(STATUS_FORMAT,
                       "%s:%zu: %s: the same pixels as %s on line %zu, in %s here and in %s there, "
                       "expected each picture in one split%s",
                       manifest->path, here->line, here->image, there->image, there->line,
                       split_name(split), split_name(other_split), remedy(search, row, other)));
    if (here->label_index != there->label_index)
        return findings_settle(
            search->findings, here->line,
            status_set(STATUS_FORMAT,
                       "%s:%zu: %s: the same pixels as %s on line %zu, labelled %s here and %s "
                       "there, expected one label a picture",
                       manifest->path, here->line, here->image, there->image, there->line,
                       label_of(here), label_of(there)));
    return findings_warn(search->findings, manifest->path, here->line, here->image,
                         "the same pixels as %s on line %zu, expected each picture once%s",
                         there->image, there->line, remedy(search, row, other));
}

static Status report_copies(const Search *search)
{
    size_t count = search->manifest->count;
    Placed *placed;
    TRY(MEMORY_NEW(&placed, count));
    for (uint32_t i = 0; i < count; ++i)
        placed[i] = (Placed){.look = &search->looks[i], .row = i};
    qsort(placed, count, sizeof *placed, by_pixels);
    Status status = STATUS_OK;
    for (size_t start = 0, i = 1; i < count && status == STATUS_OK; ++i)
        if (look_equal(placed[start].look, placed[i].look))
            status = report_copy(search, placed[i].row,
                                 most_harmful(search, placed + start, i - start, placed[i].row));
        else
            start = i;
    free(placed);
    return status;
}

/* ---- near-equal pictures ---- */

/* The nearest picture of each row that it should be kept together with. */
typedef struct {
    const Search *search;
    NearPair *nearest; /* by row; first: the row itself, second: the other; none: both equal */
} Nearest;

/* Whether a is the worse news for its row. */
static bool is_nearer(const NearPair *a, const NearPair *b)
{
    if (b->first == b->second || a->apart != b->apart)
        return b->first == b->second || a->apart;
    return a->bits != b->bits ? a->bits < b->bits : a->second < b->second;
}

static void note_pair(void *context, size_t a, size_t b, unsigned bits)
{
    Nearest *nearest = context;
    const Search *search = nearest->search;
    Split first = search->splits[a], second = search->splits[b];
    bool apart = first != SPLIT_NONE && second != SPLIT_NONE;
    if (look_equal(&search->looks[a], &search->looks[b]))
        return;
    if (apart ? first == second
              : search->manifest->rows[a].patient_index == search->manifest->rows[b].patient_index)
        return;
    const NearPair one = {(uint32_t)a, (uint32_t)b, (uint16_t)bits, apart};
    const NearPair other = {(uint32_t)b, (uint32_t)a, (uint16_t)bits, apart};
    if (is_nearer(&one, &nearest->nearest[a]))
        nearest->nearest[a] = one;
    if (is_nearer(&other, &nearest->nearest[b]))
        nearest->nearest[b] = other;
}

static int by_harm(const void *a, const void *b)
{
    const NearPair *x = a, *y = b;
    if (x->apart != y->apart)
        return x->apart ? -1 : 1;
    if (x->bits != y->bits)
        return x->bits < y->bits ? -1 : 1;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return x->second < y->second ? -1 : x->second > y->second;
}

/* Each row's pair, sorted, those of two rows that are each other's nearest once. */
static void keep_distinct(size_t rows, NearPairs *near)
{
    for (size_t i = 0; i < rows; ++i) {
        NearPair pair = near->pairs[i];
        if (pair.first == pair.second)
            continue;
        if (pair.first > pair.second) {
            uint32_t first = pair.second;
            pair.second = pair.first;
            pair.first = first;
        }
        near->pairs[near->count++] = pair;
    }
    qsort(near->pairs, near->count, sizeof *near->pairs, by_harm);
    size_t kept = 0;
    for (size_t i = 0; i < near->count; ++i)
        if (kept == 0 || by_harm(&near->pairs[i], &near->pairs[kept - 1]) != 0)
            near->pairs[kept++] = near->pairs[i];
    near->count = kept;
}

Status leaks_near_pairs(const Manifest *manifest, const Look *looks, const Split *splits,
                        NearPairs *near)
{
    const Search search = {.manifest = manifest, .looks = looks, .splits = splits};
    *near = (NearPairs){0};
    TRY(MEMORY_NEW(&near->pairs, manifest->count));
    for (uint32_t i = 0; i < manifest->count; ++i)
        near->pairs[i] = (NearPair){.first = i, .second = i};
    Nearest nearest = {.search = &search, .nearest = near->pairs};
    Status status = near_equal_visit(manifest->count, looks, note_pair, &nearest);
    if (status == STATUS_OK)
        keep_distinct(manifest->count, near);
    else
        near_pairs_clear(near);
    return status;
}

void near_pairs_clear(NearPairs *near)
{
    free(near->pairs);
    *near = (NearPairs){0};
}

/* ---- the report ---- */

static Status report_apart(const Search *search, const NearPairs *near, size_t apart)
{
    const Manifest *manifest = search->manifest;
    for (size_t i = 0; i < apart && i < PAIRS_TOLD; ++i) {
        const NearPair *pair = &near->pairs[i];
        const ManifestRow *here = &manifest->rows[pair->second];
        const ManifestRow *there = &manifest->rows[pair->first];
        TRY(findings_warn_alone(
            search->findings, manifest->path, here->line, here->image,
            "near-equal to %s on line %zu (%u of 256 bits differ), in %s here and in "
            "%s there%s",
            there->image, there->line, pair->bits, split_name(search->splits[pair->second]),
            split_name(search->splits[pair->first]), remedy(search, pair->first, pair->second)));
    }
    if (apart <= PAIRS_TOLD)
        return STATUS_OK;
    return findings_warn(search->findings, manifest->path, 0, NULL,
                         "%zu pairs of near-equal pictures stand in two splits, of which the %d "
                         "nearest are named",
                         apart, PAIRS_TOLD);
}

static Status report_unsplit(const Search *search, const NearPairs *near, size_t apart)
{
    if (near->count == apart)
        return STATUS_OK;
    const Manifest *manifest = search->manifest;
    const NearPair *pair = &near->pairs[apart];
    const ManifestRow *first = &manifest->rows[pair->first];
    const ManifestRow *second = &manifest->rows[pair->second];
    return findings_warn(search->findings, manifest->path, 0, NULL,
                         "%zu pair%s of near-equal pictures%s, first %s on line %zu and %s on line "
                         "%zu, may be split "
                         "apart%s",
                         near->count - apart, near->count - apart == 1 ? "" : "s",
                         manifest->by_patient ? " of different patients" : "", first->image,
                         first->line, second->image, second->line,
                         remedy(search, pair->first, pair->second));
}

Status leaks_report(const Manifest *manifest, const Look *looks, const Split *splits,
                    const NearPairs *near, Findings *findings)
{
    const Search search = {manifest, looks, splits, findings};
    size_t apart = 0;
    while (apart < near->count && near->pairs[apart].apart)
        ++apart;
    TRY(report_copies(&search));
    TRY(report_apart(&search, near, apart));
    return report_unsplit(&search, near, apart);
}

Status leaks_check(const Manifest *manifest, const Look *looks, const Split *splits,
                   Findings *findings)
{
    NearPairs near;
    TRY(leaks_near_pairs(manifest, looks, splits, &near));
    Status status = leaks_report(manifest, looks, splits, &near, findings);
    near_pairs_clear(&near);
    return status;
}

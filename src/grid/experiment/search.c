/* See search.h. */
#include "grid/experiment/search.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* ---- groups and candidates ---- */

static size_t value_count(const ExperimentFile *experiment, size_t setting)
{
    size_t count = experiment->values[setting].count;
    return count ? count : 1;
}

static void place_cell(const ExperimentFile *experiment, size_t number, size_t *group,
                       size_t *candidate)
{
    const size_t alpha = setting_find("loss", "alpha"), gamma = setting_find("loss", "gamma");
    const size_t seed = setting_find("training", "seed");
    size_t group_unit = 1, candidate_unit = 1;
    *group = *candidate = 0;
    for (size_t i = setting_count(); i-- > 0;) {
        const size_t values = value_count(experiment, i);
        const size_t digit = grid_cell_digit(experiment, number, i);
        if (i == alpha || i == gamma) {
            *candidate += digit * candidate_unit;
            candidate_unit *= values;
        } else if (i != seed) {
            *group += digit * group_unit;
            group_unit *= values;
        }
    }
}

static size_t rung_count(const Search *search)
{
    size_t rungs = 0;
    while ((size_t)1 << rungs < search->candidates)
        ++rungs;
    return rungs;
}

Status search_init(const ExperimentFile *experiment, const char *path, const GridCells *cells,
                   Search *search)
{
    *search = (Search){.count = cells->count};
    if (!experiment->halving)
        return STATUS_OK;
    search->candidates = value_count(experiment, setting_find("loss", "alpha")) *
                         value_count(experiment, setting_find("loss", "gamma"));
    if (search->candidates < 2)
        FAIL(STATUS_ARGUMENT,
             "%s: search: halving has one alpha and one gamma (expected a list of either)", path);
    for (size_t i = 0; i < cells->count; ++i) {
        const CellSettings *settings = &cells->cells[i].settings;
        if (!cells->cells[i].pretrains && settings->epochs <= rung_count(search))
            FAIL(STATUS_ARGUMENT,
                 "%s: search: halving of %zu pairs of alpha and gamma needs more than %zu epochs",
                 path, search->candidates, rung_count(search));
        if (settings->stop_after)
            FAIL(STATUS_ARGUMENT,
                 "%s: search: halving compares cells after the same epochs (expected stop_after: "
                 "0, not %zu)",
                 path, settings->stop_after);
    }
    TRY(MEMORY_NEW(&search->groups, cells->count));
    TRY(MEMORY_NEW(&search->candidate, cells->count));
    for (size_t i = 0; i < cells->count; ++i)
        if (cells->cells[i].pretrains)
            search->groups[i] = SIZE_MAX - i;
        else
            place_cell(experiment, cells->cells[i].number, &search->groups[i],
                       &search->candidate[i]);
    return STATUS_OK;
}

void search_clear(Search *search)
{
    free(search->groups);
    free(search->candidate);
    *search = (Search){0};
}

Status search_check_selection(const Search *search, const bool *selected)
{
    for (size_t i = 0; i < search->count && search->candidates; ++i)
        for (size_t k = 0; k < i; ++k)
            if (search->groups[k] == search->groups[i] && selected[k] != selected[i])
                FAIL(STATUS_ARGUMENT,
                     "--only: a search compares all values of alpha, gamma and seed (expected "
                     "other keys, such as backbone)");
    return STATUS_OK;
}

/* ---- rungs ---- */

size_t search_next_epoch(const Search *search, size_t epochs, size_t decided)
{
    const size_t rungs = search->candidates ? rung_count(search) : 0;
    for (size_t k = 1; k <= rungs; ++k) {
        size_t epoch = epochs >> (rungs - k + 1);
        epoch = epoch > k ? epoch : k; /* each rung an epoch later at least */
        if (epoch > decided)
            return epoch;
    }
    return 0;
}

size_t search_decided_epoch(const Search *search, size_t group, const SearchCell *cells)
{
    size_t decided = 0;
    for (size_t i = 0; i < search->count && search->candidates; ++i)
        if (search->groups[i] == group && cells[i].kept_epoch > decided)
            decided = cells[i].kept_epoch;
    return decided;
}

size_t search_expected_epochs(const Search *search, size_t cell, size_t epochs)
{
    size_t left = search->candidates, epoch = 0;
    while (left > 1) {
        epoch = search_next_epoch(search, epochs, epoch);
        left = (left + 1) / 2;
        if (search->candidate[cell] >= left)
            return epoch;
    }
    return epochs;
}

/* ---- deciding ---- */

typedef struct {
    size_t number, cells; /* its place, and its cells in the rung */
    bool hurt;            /* one of them failed */
    double score;         /* sum of theirs */
} Candidate;

/* The best first; of equals, the one that the file names first. */
static int by_score(const void *a, const void *b)
{
    const Candidate *left = a, *right = b;
    if (left->score != right->score)
        return left->score > right->score ? -1 : 1;
    return left->number < right->number ? -1 : left->number > right->number;
}

/* Adds up the rung that follows `decided`; false: somebody has not reached its end, or nobody is
 * left in it. */
static bool add_up(const Search *search, size_t group, size_t decided, size_t epoch,
                   const SearchCell *cells, Candidate *candidates)
{
    size_t present = 0;
    for (size_t k = 0; k < search->candidates; ++k)
        candidates[k].number = k;
    for (size_t i = 0; i < search->count; ++i) {
        const SearchCell *cell = &cells[i];
        if (search->groups[i] != group || cell->kept_epoch != decided)
            continue;
        Candidate *candidate = &candidates[search->candidate[i]];
        ++candidate->cells;
        candidate->hurt |= cell->out;
        if (cell->out)
            continue;
        if (cell->epoch < epoch)
            return false;
        candidate->score += isfinite(cell->score) ? cell->score : -(double)INFINITY;
        ++present;
    }
    return present > 0;
}

Status search_decide(const Search *search, size_t group, size_t epochs, const SearchCell *cells,
                     SearchVerdict *verdicts, size_t *epoch, bool *due)
{
    *due = false;
    size_t decided = search_decided_epoch(search, group, cells);
    *epoch = search_next_epoch(search, epochs, decided);
    memset(verdicts, 0, search->count * sizeof *verdicts);
    if (!*epoch)
        return STATUS_OK;
    Candidate *candidates;
    TRY(MEMORY_NEW(&candidates, search->candidates));
    *due = add_up(search, group, decided, *epoch, cells, candidates);
    size_t in_rung = 0;
    for (size_t k = 0; k < search->candidates; ++k) {
        in_rung += candidates[k].cells > 0;
        if (candidates[k].hurt || !candidates[k].cells)
            candidates[k].score = (double)NAN;
        else
            candidates[k].score /= (double)candidates[k].cells;
    }
    /* Those that can be kept to the front. */
    size_t fit = 0;
    for (size_t k = 0; k < search->candidates; ++k)
        if (!isnan(candidates[k].score))
            candidates[fit++] = candidates[k];
    qsort(candidates, fit, sizeof *candidates, by_score);
    size_t keep = (in_rung + 1) / 2 < fit ? (in_rung + 1) / 2 : fit;
    for (size_t i = 0; i < search->count && *due; ++i) {
        if (search->groups[i] != group || cells[i].kept_epoch != decided || cells[i].out)
            continue;
        verdicts[i] = SEARCH_DROPPED;
        for (size_t k = 0; k < keep; ++k)
            if (candidates[k].number == search->candidate[i])
                verdicts[i] = SEARCH_KEPT;
    }
    free(candidates);
    return STATUS_OK;
}

/* Bootstrap over groups; definitions in interval.h. */
#include "eval/interval.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/random.h"
#include "eval/quantile.h"

/* Rows sorted by group: group g has the rows rows[start[g]] to rows[start[g + 1] - 1], groups in
 * the order of their first row. */
typedef struct {
    size_t count;
    size_t *start; /* count + 1 */
    size_t *rows;
} GroupIndex;

/* A row with its group's number and, after a first sort, the first row of that group. */
typedef struct {
    uint32_t group;
    size_t first, row;
} GroupedRow;

static int compare_by_group(const void *left, const void *right)
{
    const GroupedRow *a = left, *b = right;
    if (a->group != b->group)
        return a->group > b->group ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

static int compare_by_first_row(const void *left, const void *right)
{
    const GroupedRow *a = left, *b = right;
    if (a->first != b->first)
        return a->first > b->first ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

static void group_index_clear(GroupIndex *index)
{
    free(index->start);
    free(index->rows);
    *index = (GroupIndex){0};
}

static Status group_index_init(GroupIndex *index, const uint32_t *groups, size_t n)
{
    *index = (GroupIndex){0};
    GroupedRow *sorted = NULL;
    Status status = STATUS_OK;
    TRY_GOTO(status, done, MEMORY_NEW(&sorted, n));
    TRY_GOTO(status, done, MEMORY_NEW(&index->start, n + 1));
    TRY_GOTO(status, done, MEMORY_NEW(&index->rows, n));
    for (size_t i = 0; i < n; ++i)
        sorted[i] = (GroupedRow){.group = groups ? groups[i] : 0, .first = i, .row = i};
    if (groups != NULL) {
        qsort(sorted, n, sizeof *sorted, compare_by_group);
        for (size_t i = 1; i < n; ++i)
            if (sorted[i].group == sorted[i - 1].group)
                sorted[i].first = sorted[i - 1].first;
        qsort(sorted, n, sizeof *sorted, compare_by_first_row);
    }
    for (size_t i = 0; i < n; ++i) {
        if (i == 0 || sorted[i].first != sorted[i - 1].first)
            index->start[index->count++] = i;
        index->rows[i] = sorted[i].row;
    }
    index->start[index->count] = n;

done:
    free(sorted);
    if (status != STATUS_OK)
        group_index_clear(index);
    return status;
}

/* Draws one replicate's groups into `draws` and returns how many rows they have. */
static size_t draw_groups(const GroupIndex *index, uint64_t seed, size_t replicate, uint32_t *draws)
{
    RandomStream stream;
    random_init(&stream, seed, "bootstrap", (uint32_t)replicate, 0);
    size_t rows = 0;
    for (size_t i = 0; i < index->count; ++i) {
        draws[i] = random_below(&stream, (uint32_t)index->count);
        rows += index->start[draws[i] + 1] - index->start[draws[i]];
    }
    return rows;
}

static void gather_rows(const GroupIndex *index, const uint32_t *draws, size_t *rows)
{
    for (size_t i = 0, at = 0; i < index->count; ++i)
        for (size_t j = index->start[draws[i]]; j < index->start[draws[i] + 1]; ++j)
            rows[at++] = index->rows[j];
}

/* The defined values of one statistic to its interval; `column` is sorted in place. */
static Interval percentile_interval(double *column, size_t defined, size_t replicates)
{
    if (defined == 0 || 2 * defined < replicates)
        return (Interval){(double)NAN, (double)NAN};
    quantile_sort(column, defined);
    return (Interval){quantile(column, defined, 0.025), quantile(column, defined, 0.975)};
}

Status interval_bootstrap(const BootstrapPlan *plan, Interval *intervals)
{
    for (size_t s = 0; s < plan->statistics; ++s)
        intervals[s] = (Interval){(double)NAN, (double)NAN};
    if (plan->rows == 0 || plan->replicates == 0 || plan->statistics == 0)
        return STATUS_OK;
    if (plan->rows >= UINT32_MAX || plan->replicates >= UINT32_MAX)
        FAIL(STATUS_ARGUMENT, "bootstrap: fewer than 2^32 rows and replicates expected");

    Status status = STATUS_OK;
    GroupIndex index = {0};
    double *columns = NULL; /* statistics x replicates, the defined ones first */
    double *values = NULL;  /* statistics */
    size_t *defined = NULL; /* statistics */
    size_t *rows = NULL;    /* rows of the replicate */
    uint32_t *draws = NULL; /* groups */
    size_t room = 0;
    TRY_GOTO(status, done, group_index_init(&index, plan->groups, plan->rows));
    TRY_GOTO(status, done, MEMORY_NEW(&values, plan->statistics));
    TRY_GOTO(status, done, MEMORY_NEW(&defined, plan->statistics));
    TRY_GOTO(status, done, MEMORY_NEW(&draws, index.count));
    TRY_GOTO(status, done,
             memory_new((void **)&columns, plan->statistics, plan->replicates * sizeof *columns));
    for (size_t replicate = 0; replicate < plan->replicates; ++replicate) {
        size_t count = draw_groups(&index, plan->seed, replicate, draws);
        TRY_GOTO(status, done, MEMORY_GROW(&rows, count, &room));
        gather_rows(&index, draws, rows);
        TRY_GOTO(status, done, plan->compute(plan->context, rows, count, values));
        for (size_t s = 0; s < plan->statistics; ++s)
            if (!isnan(values[s]))
                columns[s * plan->replicates + defined[s]++] = values[s];
    }
    for (size_t s = 0; s < plan->statistics; ++s)
        intervals[s] =
            percentile_interval(columns + s * plan->replicates, defined[s], plan->replicates);

done:
    free(columns);
    free(values);
    free(defined);
    free(rows);
    free(draws);
    group_index_clear(&index);
    return status;
}

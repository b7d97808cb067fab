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

/* ---- from replicates to an interval ---- */

static double normal_share(double z)
{
    return erfc(-z / sqrt(2.0)) / 2;
}

/* The z of a share between 0 and 1, by halving. */
static double normal_quantile(double share)
{
    double low = -10, high = 10;
    for (int i = 0; i < 60; ++i) {
        double middle = (low + high) / 2;
        *(normal_share(middle) < share ? &low : &high) = middle;
    }
    return (low + high) / 2;
}

/* What the percentiles of BCa follow from. */
typedef struct {
    double bias; /* z of the share of replicates below the value */
    double acceleration;
} Correction;

/* The percentile that stands for z: z's own without a correction. */
static double corrected_share(const Correction *correction, double z)
{
    double shifted = correction->bias + z;
    return normal_share(correction->bias + shifted / (1 - correction->acceleration * shifted));
}

/* Of sorted replicates; those that equal the value count half. */
static double median_bias(const double *sorted, size_t count, double value)
{
    double below = 0;
    for (size_t i = 0; i < count; ++i)
        below += sorted[i] < value ? 1 : sorted[i] == value ? 0.5 : 0;
    const double least = 0.5 / (double)count;
    return normal_quantile(fmin(fmax(below / (double)count, least), 1 - least));
}

/* From the statistic without each block; those that are not defined are left out. */
static double acceleration_of(const double *without, size_t blocks)
{
    double mean = 0, squares = 0, cubes = 0;
    size_t defined = 0;
    for (size_t i = 0; i < blocks; ++i)
        if (!isnan(without[i])) {
            mean += without[i];
            ++defined;
        }
    mean /= (double)defined;
    for (size_t i = 0; i < blocks; ++i)
        if (!isnan(without[i])) {
            const double pull = mean - without[i];
            squares += pull * pull;
            cubes += pull * pull * pull;
        }
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* The defined replicates of one statistic to its interval; `column` is sorted in place. */
static Interval replicates_interval(double *column, size_t defined, size_t replicates, bool bca,
                                    double value, const double *without, size_t blocks)
{
    Correction correction = {0, 0};
    if (defined == 0 || 2 * defined < replicates || (bca && isnan(value)))
        return (Interval){(double)NAN, (double)NAN};
    quantile_sort(column, defined);
    if (!bca)
        return (Interval){quantile(column, defined, 0.025), quantile(column, defined, 0.975)};
    correction.bias = median_bias(column, defined, value);
    correction.acceleration = acceleration_of(without, blocks);
    const double z = normal_quantile(0.975);
    return (Interval){quantile(column, defined, corrected_share(&correction, -z)),
                      quantile(column, defined, corrected_share(&correction, z))};
}

/* The statistics of all rows, and without each block of groups, a column a statistic. Made only
 * where one has the interval BCa. */
typedef struct {
    size_t blocks;
    double *values;  /* statistics */
    double *without; /* statistics x blocks */
} Jackknife;

static void jackknife_clear(Jackknife *jackknife)
{
    free(jackknife->values);
    free(jackknife->without);
    *jackknife = (Jackknife){0};
}

/* The rows of all groups but those of one block; `blocks` as block: all rows. */
static size_t gather_without(const GroupIndex *index, size_t block, size_t blocks, size_t *rows)
{
    size_t count = 0;
    for (size_t group = 0; group < index->count; ++group)
        if (group * blocks / index->count != block)
            for (size_t i = index->start[group]; i < index->start[group + 1]; ++i)
                rows[count++] = index->rows[i];
    return count;
}

static Status jackknife_fill(Jackknife *jackknife, const BootstrapPlan *plan,
                             const GroupIndex *index)
{
    size_t *rows = NULL;
    double *values = NULL;
    Status status = STATUS_OK;
    const size_t most = INTERVAL_JACKKNIFE_MOST;
    jackknife->blocks = index->count < most ? index->count : most;
    TRY_GOTO(status, done, MEMORY_NEW(&rows, plan->rows));
    TRY_GOTO(status, done, MEMORY_NEW(&values, plan->statistics));
    TRY_GOTO(status, done, MEMORY_NEW(&jackknife->values, plan->statistics));
    TRY_GOTO(status, done,
             memory_new((void **)&jackknife->without, plan->statistics,
                        jackknife->blocks * sizeof *jackknife->without));
    for (size_t block = 0; block <= jackknife->blocks; ++block) {
        const bool all = block == jackknife->blocks;
        size_t count = gather_without(index, block, jackknife->blocks, rows);
        TRY_GOTO(status, done,
                 plan->compute(plan->context, rows, count, all ? jackknife->values : values));
        for (size_t s = 0; s < plan->statistics && !all; ++s)
            jackknife->without[s * jackknife->blocks + block] = values[s];
    }

done:
    free(rows);
    free(values);
    return status;
}

static bool has_bca(const BootstrapPlan *plan, size_t statistic)
{
    return plan->bca && plan->bca[statistic];
}

static bool has_any_bca(const BootstrapPlan *plan)
{
    bool any = false;
    for (size_t s = 0; s < plan->statistics; ++s)
        any |= has_bca(plan, s);
    return any;
}

/* `columns`: statistics x replicates, the defined ones of each first. */
static void make_intervals(const BootstrapPlan *plan, double *columns, const size_t *defined,
                           const Jackknife *jackknife, Interval *intervals)
{
    for (size_t s = 0; s < plan->statistics; ++s) {
        const bool bca = has_bca(plan, s);
        intervals[s] = replicates_interval(
            columns + s * plan->replicates, defined[s], plan->replicates, bca,
            bca ? jackknife->values[s] : (double)NAN,
            bca ? jackknife->without + s * jackknife->blocks : NULL, jackknife->blocks);
    }
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
    Jackknife jackknife = {0};
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
    if (has_any_bca(plan))
        TRY_GOTO(status, done, jackknife_fill(&jackknife, plan, &index));
    make_intervals(plan, columns, defined, &jackknife, intervals);

done:
    free(columns);
    free(values);
    free(defined);
    free(rows);
    free(draws);
    jackknife_clear(&jackknife);
    group_index_clear(&index);
    return status;
}

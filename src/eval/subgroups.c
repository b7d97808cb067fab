/* See subgroups.h. */
#include "eval/subgroups.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/distributions.h"

/* What the test is made from. */
typedef struct {
    size_t levels;
    const size_t *level; /* rows */
    const Clusters *patients;
    double *value;      /* levels */
    double *influence;  /* rows: on the value of its own level */
    double *sums;       /* patients x levels */
    bool *taking_part;  /* patients */
    double *covariance; /* levels x levels */
    double *spread;     /* (levels - 1) x (levels - 1): of the differences to the first level */
    double *difference; /* levels - 1 */
} Work;

static void work_clear(Work *work)
{
    free(work->value);
    free(work->influence);
    free(work->sums);
    free(work->taking_part);
    free(work->covariance);
    free(work->spread);
    free(work->difference);
}

static Status work_init(Work *work, const size_t *level, size_t levels, const Clusters *patients)
{
    *work = (Work){.levels = levels, .level = level, .patients = patients};
    TRY(MEMORY_NEW(&work->value, levels));
    TRY(MEMORY_NEW(&work->influence, patients->rows));
    TRY(memory_new((void **)&work->sums, patients->count, levels * sizeof *work->sums));
    TRY(MEMORY_NEW(&work->taking_part, patients->count));
    TRY(MEMORY_NEW(&work->covariance, levels * levels));
    TRY(MEMORY_NEW(&work->spread, levels * levels));
    return MEMORY_NEW(&work->difference, levels);
}

/* The covariance of the levels' values; returns how many patients take part. */
static size_t find_covariance(Work *work)
{
    const size_t levels = work->levels;
    size_t count = 0;
    for (size_t i = 0; i < work->patients->rows; ++i) {
        const size_t patient = work->patients->of[i];
        if (work->level[i] == SUBGROUP_NONE)
            continue;
        work->sums[patient * levels + work->level[i]] += work->influence[i];
        count += !work->taking_part[patient];
        work->taking_part[patient] = true;
    }
    const double correction = (double)count / ((double)count - 1);
    for (size_t k = 0; k < work->patients->count; ++k)
        for (size_t a = 0; a < levels; ++a)
            for (size_t b = 0; b < levels; ++b)
                work->covariance[a * levels + b] +=
                    correction * work->sums[k * levels + a] * work->sums[k * levels + b];
    return count;
}

/* d' S^-1 d by Cholesky's factors, S lower, in place; NaN if S is not positive definite. */
static double find_wald(double *spread, double *difference, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
        for (size_t j = 0; j <= i; ++j) {
            double rest = spread[i * n + j];
            for (size_t k = 0; k < j; ++k)
                rest -= spread[i * n + k] * spread[j * n + k];
            spread[i * n + j] = i == j ? sqrt(rest) : rest / spread[j * n + j];
        }
        for (size_t k = 0; k < i; ++k)
            difference[i] -= spread[i * n + k] * difference[k];
        difference[i] /= spread[i * n + i];
        sum += difference[i] * difference[i];
    }
    return isfinite(sum) ? sum : (double)NAN;
}

/* From values and influences to the test. */
static SubgroupTest finish(Work *work)
{
    const size_t levels = work->levels, n = levels - 1;
    const double *c = work->covariance;
    const size_t count = find_covariance(work);
    SubgroupTest test = {(double)NAN, (double)NAN, (double)NAN, (double)NAN};
    for (size_t a = 0; a < levels; ++a)
        if (!(c[a * levels + a] > 0))
            return test;
    if (count <= levels)
        return test;
    for (size_t a = 0; a < n; ++a) {
        work->difference[a] = work->value[a + 1] - work->value[0];
        for (size_t b = 0; b < n; ++b)
            work->spread[a * n + b] = c[(a + 1) * levels + b + 1] - c[a + 1] - c[b + 1] + c[0];
    }
    test.levels_freedom = (double)n;
    test.patients_freedom = (double)(count - 1);
    test.f = find_wald(work->spread, work->difference, n) / (double)n;
    test.p = fisher_above(test.f, test.levels_freedom, test.patients_freedom);
    return test;
}

/* ---- shares ---- */

static Status fill_shares(Work *work, const bool *right)
{
    double *rows;
    TRY(MEMORY_NEW(&rows, work->levels));
    for (size_t i = 0; i < work->patients->rows; ++i)
        if (work->level[i] != SUBGROUP_NONE) {
            ++rows[work->level[i]];
            work->value[work->level[i]] += right[i];
        }
    for (size_t a = 0; a < work->levels; ++a)
        work->value[a] /= rows[a];
    for (size_t i = 0; i < work->patients->rows; ++i)
        if (work->level[i] != SUBGROUP_NONE)
            work->influence[i] = (right[i] - work->value[work->level[i]]) / rows[work->level[i]];
    free(rows);
    return STATUS_OK;
}

Status subgroups_test_shares(const bool *right, const size_t *level, size_t levels,
                             const Clusters *patients, SubgroupTest *test)
{
    Work work;
    Status status = work_init(&work, level, levels, patients);
    if (status == STATUS_OK)
        status = fill_shares(&work, right);
    if (status == STATUS_OK)
        *test = finish(&work);
    work_clear(&work);
    return status;
}

/* ---- areas ---- */

/* The share of the rows of the other kind, in the level of row i, that it stands on the right side
 * of, ties counted half. */
static double find_placement(const Work *work, const double *scores, const bool *positive, size_t i)
{
    double right = 0, others = 0;
    for (size_t j = 0; j < work->patients->rows; ++j) {
        if (work->level[j] != work->level[i] || positive[j] == positive[i])
            continue;
        const double above = positive[i] ? scores[i] - scores[j] : scores[j] - scores[i];
        right += above > 0 ? 1 : above == 0 ? 0.5 : 0;
        ++others;
    }
    return right / others;
}

static Status fill_areas(Work *work, const double *scores, const bool *positive)
{
    double *rows; /* 2 x levels: of either kind */
    TRY(MEMORY_NEW(&rows, 2 * work->levels));
    for (size_t i = 0; i < work->patients->rows; ++i)
        if (work->level[i] != SUBGROUP_NONE) {
            ++rows[2 * work->level[i] + positive[i]];
            work->influence[i] = find_placement(work, scores, positive, i);
            work->value[work->level[i]] += positive[i] ? work->influence[i] : 0;
        }
    for (size_t a = 0; a < work->levels; ++a)
        work->value[a] /= rows[2 * a + 1];
    for (size_t i = 0; i < work->patients->rows; ++i)
        if (work->level[i] != SUBGROUP_NONE)
            work->influence[i] = (work->influence[i] - work->value[work->level[i]]) /
                                 rows[2 * work->level[i] + positive[i]];
    free(rows);
    return STATUS_OK;
}

Status subgroups_test_areas(const double *scores, const bool *positive, const size_t *level,
                            size_t levels, const Clusters *patients, SubgroupTest *test)
{
    Work work;
    Status status = work_init(&work, level, levels, patients);
    if (status == STATUS_OK)
        status = fill_areas(&work, scores, positive);
    if (status == STATUS_OK)
        *test = finish(&work);
    work_clear(&work);
    return status;
}

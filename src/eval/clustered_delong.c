/* See clustered_delong.h. */
#include "eval/clustered_delong.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/distributions.h"

typedef struct {
    double score;
    size_t row;
    bool positive;
} ScoredRow;

static int compare_scored(const void *left, const void *right)
{
    const ScoredRow *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? 1 : -1;
    return (a->row > b->row) - (a->row < b->row);
}

/* What the covariance of areas is made of; index 0 is of negatives, 1 of positives. */
typedef struct {
    const bool *positive; /* rows */
    const Clusters *clusters;
    size_t images[2];
    size_t patients[2];    /* with images of the kind */
    ScoredRow *sorted;     /* rows: scratch */
    double *components[2]; /* of tests a and b: rows */
    double *sums[2];       /* of tests a and b: patients x 2 kinds, components less their mean */
} Work;

/* The components of a test by row, in one pass over the groups of ties: what lies below a group is
 * what the pass has seen. */
static void find_components(const Work *work, const double *scores, double *components)
{
    const size_t n = work->clusters->rows;
    ScoredRow *sorted = work->sorted;
    for (size_t i = 0; i < n; ++i)
        sorted[i] = (ScoredRow){.score = scores[i], .row = i, .positive = work->positive[i]};
    qsort(sorted, n, sizeof *sorted, compare_scored);
    size_t below[2] = {0, 0};
    for (size_t at = 0, end = 0; at < n; at = end) {
        size_t tied[2] = {0, 0};
        for (end = at; end < n && sorted[end].score == sorted[at].score; ++end)
            ++tied[sorted[end].positive];
        double lower = (double)below[0] + 0.5 * (double)tied[0];
        double upper = (double)(work->images[1] - below[1] - tied[1]) + 0.5 * (double)tied[1];
        for (size_t i = at; i < end; ++i)
            components[sorted[i].row] = sorted[i].positive ? lower / (double)work->images[0]
                                                           : upper / (double)work->images[1];
        for (size_t kind = 0; kind < 2; ++kind)
            below[kind] += tied[kind];
    }
}

static double mean_component(const Work *work, const double *components)
{
    double sum = 0;
    for (size_t i = 0; i < work->clusters->rows; ++i)
        if (work->positive[i])
            sum += components[i];
    return sum / (double)work->images[1];
}

/* The components of each patient and kind, less the area, added up. */
static void add_up(const Work *work, const double *components, double *sums)
{
    double area = mean_component(work, components);
    for (size_t i = 0; i < 2 * work->clusters->count; ++i)
        sums[i] = 0;
    for (size_t i = 0; i < work->clusters->rows; ++i)
        sums[2 * work->clusters->of[i] + work->positive[i]] += components[i] - area;
}

/* The covariance of the areas that two tests' sums belong to. */
static double area_covariance(const Work *work, const double *a, const double *b)
{
    const double images[2] = {(double)work->images[0], (double)work->images[1]};
    const double patients = (double)work->clusters->count;
    double same[2] = {0, 0}, across = 0, total = 0;
    for (size_t k = 0; k < work->clusters->count; ++k) {
        for (size_t kind = 0; kind < 2; ++kind)
            same[kind] += a[2 * k + kind] * b[2 * k + kind];
        across += a[2 * k] * b[2 * k + 1] + a[2 * k + 1] * b[2 * k];
    }
    for (size_t kind = 0; kind < 2; ++kind) {
        double with = (double)work->patients[kind];
        total += with / (with - 1) * same[kind] / (images[kind] * images[kind]);
    }
    return total + patients / (patients - 1) * across / (images[0] * images[1]);
}

static Status work_init(Work *work, const bool *positive, const Clusters *clusters)
{
    const size_t rows = clusters->rows;
    *work = (Work){.positive = positive, .clusters = clusters};
    TRY(MEMORY_NEW(&work->sorted, rows));
    for (size_t i = 0; i < 2; ++i) {
        TRY(MEMORY_NEW(&work->components[i], rows));
        TRY(MEMORY_NEW(&work->sums[i], 2 * clusters->count));
    }
    for (size_t i = 0; i < rows; ++i) {
        size_t kind = positive[i];
        double *seen = &work->sums[0][2 * clusters->of[i] + kind];
        ++work->images[kind];
        work->patients[kind] += *seen == 0;
        *seen = 1;
    }
    return STATUS_OK;
}

static void work_clear(Work *work)
{
    free(work->sorted);
    for (size_t i = 0; i < 2; ++i) {
        free(work->components[i]);
        free(work->sums[i]);
    }
}

static void find_variances(Work *work, ClusteredDelong *test)
{
    double *a = work->components[0];
    const double *b = work->components[1];
    for (size_t i = 0; i < 2; ++i)
        add_up(work, work->components[i], work->sums[i]);
    test->variance[0] = area_covariance(work, work->sums[0], work->sums[0]);
    test->variance[1] = area_covariance(work, work->sums[1], work->sums[1]);
    test->covariance = area_covariance(work, work->sums[0], work->sums[1]);
    /* The variance of the difference from the differences, so that equal tests give exactly 0. */
    for (size_t i = 0; i < work->clusters->rows; ++i)
        a[i] -= b[i];
    add_up(work, a, work->sums[0]);
    double variance = fmax(area_covariance(work, work->sums[0], work->sums[0]), 0);
    test->difference_error = sqrt(variance);
    if (variance > 0)
        test->z = test->difference / test->difference_error;
    else
        test->z = test->difference == 0 ? 0 : copysign((double)INFINITY, test->difference);
    test->p = normal_two_sided(test->z);
    double margin = normal_quantile(0.975) * test->difference_error;
    test->interval = (Interval){test->difference - margin, test->difference + margin};
}

Status clustered_delong(const double *scores_a, const double *scores_b, const bool *positive,
                        const Clusters *clusters, ClusteredDelong *test)
{
    const double nan = (double)NAN;
    Work work;
    *test = (ClusteredDelong){{nan, nan}, {nan, nan}, nan, nan, nan, {nan, nan}, nan, nan};
    for (size_t i = 0; i < clusters->rows; ++i)
        if (isnan(scores_a[i]) || isnan(scores_b[i]))
            FAIL(STATUS_ARGUMENT, "DeLong's test: score %zu of %zu is not a number", i,
                 clusters->rows);
    Status status = work_init(&work, positive, clusters);
    if (status == STATUS_OK && work.images[0] > 0 && work.images[1] > 0) {
        find_components(&work, scores_a, work.components[0]);
        find_components(&work, scores_b, work.components[1]);
        for (size_t i = 0; i < 2; ++i)
            test->auc[i] = mean_component(&work, work.components[i]);
        test->difference = test->auc[0] - test->auc[1];
        if (work.patients[0] > 1 && work.patients[1] > 1)
            find_variances(&work, test);
    }
    work_clear(&work);
    return status;
}

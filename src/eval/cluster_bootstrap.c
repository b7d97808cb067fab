/* See cluster_bootstrap.h. */
#include "eval/cluster_bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/random.h"
#include "eval/distributions.h"
#include "eval/quantile.h"

static const Interval undefined = {(double)NAN, (double)NAN};

/* ---- from replicates to intervals ---- */

/* Moves the numbers among `values` to the front and returns how many there are. */
static size_t keep_numbers(double *values, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i)
        if (!isnan(values[i]))
            values[kept++] = values[i];
    return kept;
}

static double deviation(const double *values, size_t count)
{
    double mean = 0, squares = 0;
    for (size_t i = 0; i < count; ++i)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; ++i)
        squares += (values[i] - mean) * (values[i] - mean);
    return sqrt(squares / (double)(count - 1));
}

/* The skewness of the jackknife's influences over six; 0 where they are all the same. */
static double acceleration(const double *without_one, size_t patients)
{
    double mean = 0, squares = 0, cubes = 0;
    for (size_t k = 0; k < patients; ++k)
        mean += without_one[k] / (double)patients;
    for (size_t k = 0; k < patients; ++k) {
        double influence = mean - without_one[k];
        squares += influence * influence;
        cubes += influence * influence * influence;
    }
    return squares > 0 || isnan(squares) ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* The share of replicates below the value, those equal to it counted half: shares of few images
 * take few values. */
static double share_below(const double *sorted, size_t count, double value)
{
    size_t below = 0, equal = 0;
    for (size_t i = 0; i < count; ++i) {
        below += sorted[i] < value;
        equal += sorted[i] == value;
    }
    return ((double)below + 0.5 * (double)equal) / (double)count;
}

static double bca_end(const double *sorted, size_t count, double bias, double acceleration,
                      double z)
{
    double shifted = bias + (bias + z) / (1 - acceleration * (bias + z));
    return isnan(shifted) ? shifted : quantile(sorted, count, normal_below(shifted));
}

static Interval around(double centre, double distance)
{
    return (Interval){centre - distance, centre + distance};
}

/* From the line to [0, 1]. */
static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

BootstrapIntervals bootstrap_intervals(double value, double *replicates, size_t count,
                                       const double *without_one, size_t patients)
{
    BootstrapIntervals result = {.value = value,
                                 .standard_error = (double)NAN,
                                 .percentile = undefined,
                                 .basic = undefined,
                                 .bca = undefined,
                                 .student = undefined,
                                 .logit = undefined};
    const size_t kept = keep_numbers(replicates, count);
    if (isnan(value) || kept < 2 || 2 * kept < count || patients < 2)
        return result;
    quantile_sort(replicates, kept);
    result.standard_error = deviation(replicates, kept);
    result.percentile =
        (Interval){quantile(replicates, kept, 0.025), quantile(replicates, kept, 0.975)};
    result.basic =
        (Interval){2 * value - result.percentile.high, 2 * value - result.percentile.low};

    const double z = normal_quantile(0.975);
    const double bias = normal_quantile(share_below(replicates, kept, value));
    const double bend = acceleration(without_one, patients);
    result.bca = (Interval){bca_end(replicates, kept, bias, bend, -z),
                            bca_end(replicates, kept, bias, bend, z)};

    const double t = student_quantile(0.05, (double)(patients - 1));
    result.student = around(value, t * result.standard_error);
    if (value > 0 && value < 1) {
        Interval line =
            around(log(value / (1 - value)), t * result.standard_error / (value * (1 - value)));
        result.logit = (Interval){logistic(line.low), logistic(line.high)};
    }
    return result;
}

/* ---- replicates ---- */

/* What the drawing works with. */
typedef struct {
    const ClusterBootstrap *plan;
    double *values;  /* statistics: of every image once */
    double *columns; /* statistics x replicates */
    double *without; /* statistics x patients */
    double *row;     /* statistics */
    size_t *drawn;   /* patients: how often each was drawn */
    size_t *weights; /* rows */
} Drawing;

static void drawing_clear(Drawing *drawing)
{
    free(drawing->values);
    free(drawing->columns);
    free(drawing->without);
    free(drawing->row);
    free(drawing->drawn);
    free(drawing->weights);
}

static Status drawing_init(Drawing *drawing, const ClusterBootstrap *plan)
{
    *drawing = (Drawing){.plan = plan};
    const size_t statistics = plan->statistics, patients = plan->clusters->count;
    TRY(MEMORY_NEW(&drawing->values, statistics));
    TRY(memory_new((void **)&drawing->columns, statistics, plan->replicates * sizeof(double)));
    TRY(memory_new((void **)&drawing->without, statistics, patients * sizeof(double)));
    TRY(MEMORY_NEW(&drawing->row, statistics));
    TRY(MEMORY_NEW(&drawing->drawn, patients));
    return MEMORY_NEW(&drawing->weights, plan->clusters->rows);
}

/* Computes the statistics of the patients drawn into one entry of each of their columns. */
static Status compute(Drawing *drawing, double *columns, size_t length, size_t entry)
{
    const Clusters *clusters = drawing->plan->clusters;
    for (size_t i = 0; i < clusters->rows; ++i)
        drawing->weights[i] = drawing->drawn[clusters->of[i]];
    TRY(drawing->plan->compute(drawing->plan->context, drawing->weights, drawing->row));
    for (size_t s = 0; s < drawing->plan->statistics; ++s)
        columns[s * length + entry] = drawing->row[s];
    return STATUS_OK;
}

static Status draw_all(Drawing *drawing)
{
    const ClusterBootstrap *plan = drawing->plan;
    const size_t patients = plan->clusters->count;
    for (size_t k = 0; k < patients; ++k)
        drawing->drawn[k] = 1;
    TRY(compute(drawing, drawing->values, 1, 0));
    for (size_t k = 0; k < patients; ++k) {
        drawing->drawn[k] = 0;
        TRY(compute(drawing, drawing->without, patients, k));
        drawing->drawn[k] = 1;
    }
    for (size_t replicate = 0; replicate < plan->replicates; ++replicate) {
        RandomStream stream;
        random_init(&stream, plan->seed, "cluster bootstrap", (uint32_t)replicate, 0);
        memset(drawing->drawn, 0, patients * sizeof *drawing->drawn);
        for (size_t k = 0; k < patients; ++k)
            ++drawing->drawn[random_below(&stream, (uint32_t)patients)];
        TRY(compute(drawing, drawing->columns, plan->replicates, replicate));
    }
    return STATUS_OK;
}

Status cluster_bootstrap(const ClusterBootstrap *plan, BootstrapIntervals *intervals)
{
    const size_t patients = plan->clusters->count;
    Drawing drawing;
    if (plan->replicates >= UINT32_MAX)
        FAIL(STATUS_ARGUMENT, "bootstrap: fewer than 2^32 replicates expected");
    Status status = drawing_init(&drawing, plan);
    if (status == STATUS_OK)
        status = draw_all(&drawing);
    for (size_t s = 0; s < plan->statistics && status == STATUS_OK; ++s)
        intervals[s] =
            bootstrap_intervals(drawing.values[s], drawing.columns + s * plan->replicates,
                                plan->replicates, drawing.without + s * patients, patients);
    drawing_clear(&drawing);
    return status;
}

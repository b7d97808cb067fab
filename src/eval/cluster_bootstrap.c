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

static Interval bca_interval(const double *sorted, size_t count, double value, double acceleration)
{
    const double z = normal_quantile(0.975);
    const double bias = normal_quantile(share_below(sorted, count, value));
    return (Interval){bca_end(sorted, count, bias, acceleration, -z),
                      bca_end(sorted, count, bias, acceleration, z)};
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

    if (without_one)
        result.bca = bca_interval(replicates, kept, value, acceleration(without_one, patients));

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

/* Three sorts of entries, each drawn into a place of its own: every patient once, all but one (for
 * BCa only), and the replicates. */
typedef struct {
    const ClusterBootstrap *plan;
    size_t left_out; /* patients, or 0 */
    double *values;  /* statistics: of every patient once */
    double *without; /* statistics x left_out */
    double *columns; /* statistics x replicates */
} Drawing;

/* What one thread works with. */
typedef struct {
    double *row;     /* statistics */
    size_t *drawn;   /* patients: how often each was drawn */
    size_t *weights; /* rows */
} Room;

static void drawing_clear(Drawing *drawing)
{
    free(drawing->values);
    free(drawing->without);
    free(drawing->columns);
}

static Status drawing_init(Drawing *drawing, const ClusterBootstrap *plan)
{
    *drawing = (Drawing){.plan = plan, .left_out = plan->bca ? plan->clusters->count : 0};
    const size_t statistics = plan->statistics;
    TRY(MEMORY_NEW(&drawing->values, statistics));
    TRY(memory_new((void **)&drawing->without, statistics, drawing->left_out * sizeof(double)));
    return memory_new((void **)&drawing->columns, statistics, plan->replicates * sizeof(double));
}

static void room_clear(Room *room)
{
    free(room->row);
    free(room->drawn);
    free(room->weights);
}

static Status room_init(Room *room, const ClusterBootstrap *plan)
{
    *room = (Room){0};
    TRY(MEMORY_NEW(&room->row, plan->statistics));
    TRY(MEMORY_NEW(&room->drawn, plan->clusters->count));
    return MEMORY_NEW(&room->weights, plan->clusters->rows);
}

/* How often each patient stands in the entry. */
static void draw(const Drawing *drawing, size_t entry, size_t *drawn)
{
    const ClusterBootstrap *plan = drawing->plan;
    const size_t patients = plan->clusters->count;
    if (entry <= drawing->left_out) {
        for (size_t k = 0; k < patients; ++k)
            drawn[k] = k + 1 != entry;
        return;
    }
    RandomStream stream;
    random_init(&stream, plan->seed, "cluster bootstrap", (uint32_t)(entry - drawing->left_out - 1),
                0);
    memset(drawn, 0, patients * sizeof *drawn);
    for (size_t k = 0; k < patients; ++k)
        ++drawn[random_below(&stream, (uint32_t)patients)];
}

/* Computes the statistics of the entry into its place in each of their columns. */
static Status compute(const Drawing *drawing, size_t entry, Room *room)
{
    const ClusterBootstrap *plan = drawing->plan;
    const size_t left_out = drawing->left_out;
    draw(drawing, entry, room->drawn);
    for (size_t i = 0; i < plan->clusters->rows; ++i)
        room->weights[i] = room->drawn[plan->clusters->of[i]];
    TRY(plan->compute(plan->context, room->weights, room->row));
    for (size_t s = 0; s < plan->statistics; ++s)
        if (entry == 0)
            drawing->values[s] = room->row[s];
        else if (entry <= left_out)
            drawing->without[s * left_out + entry - 1] = room->row[s];
        else
            drawing->columns[s * plan->replicates + entry - left_out - 1] = room->row[s];
    return STATUS_OK;
}

/* One thread's share of the entries. After an error it does no more. */
static Status compute_share(const Drawing *drawing, size_t entries)
{
    Room room;
    Status status = room_init(&room, drawing->plan);
#pragma omp for schedule(dynamic, 16)
    for (size_t entry = 0; entry < entries; ++entry)
        if (status == STATUS_OK)
            status = compute(drawing, entry, &room);
    room_clear(&room);
    return status;
}

/* No entry depends on another, so their numbers are the same on any number of threads. */
static Status draw_all(const Drawing *drawing)
{
    const size_t entries = 1 + drawing->left_out + drawing->plan->replicates;
    Status status = STATUS_OK;
#pragma omp parallel
    {
        const Status own = compute_share(drawing, entries);
        if (own != STATUS_OK) {
#pragma omp critical
            status = own;
        }
    }
    if (status != STATUS_OK) /* the thread that failed has the message */
        status_set(status, "a number for an interval cannot be computed");
    return status;
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
        intervals[s] = bootstrap_intervals(
            drawing.values[s], drawing.columns + s * plan->replicates, plan->replicates,
            plan->bca ? drawing.without + s * patients : NULL, patients);
    drawing_clear(&drawing);
    return status;
}

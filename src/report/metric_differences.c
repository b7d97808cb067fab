/* See metric_differences.h. */
#include "report/metric_differences.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/answers.h"

/* One network's seeds while metrics are computed. */
typedef struct {
    size_t count, metric_count;
    SetMetrics **metrics; /* count; metric_count values each, of the same names */
    size_t *positions;    /* of the shared metrics among these */
} Side;

/* What the bootstrap computes from; sides from `first` to before `end`. */
typedef struct {
    Side sides[2];
    size_t first, end;
    size_t shared; /* metrics that both have */
} Drawing;

static void side_clear(Side *side)
{
    for (size_t i = 0; side->metrics && i < side->count; ++i)
        set_metrics_free(side->metrics[i]);
    free(side->metrics);
    free(side->positions);
}

static Status side_init(AnsweredSeeds seeds, Side *side)
{
    *side = (Side){.count = seeds.count};
    TRY(MEMORY_NEW(&side->metrics, seeds.count));
    for (size_t i = 0; i < seeds.count; ++i) {
        const SetAnswers answers = all_answers_set(&seeds.seeds[i]);
        TRY(set_metrics_new(&answers, &side->metrics[i]));
        if (i > 0 && set_metrics_count(side->metrics[i]) != side->metric_count)
            FAIL(STATUS_FORMAT, "seeds of one network have results of different metrics");
        side->metric_count = set_metrics_count(side->metrics[0]);
    }
    return MEMORY_NEW(&side->positions, side->metric_count);
}

/* The metrics that both have, by name. */
static Status share(Drawing *drawing, MetricDifferences *differences)
{
    Side *a = &drawing->sides[0], *b = &drawing->sides[1];
    TRY(MEMORY_NEW(&differences->items, a->metric_count));
    for (size_t i = 0; i < a->metric_count; ++i)
        for (size_t k = 0; k < b->metric_count; ++k) {
            const char *name = set_metrics_name(a->metrics[0], i);
            if (strcmp(name, set_metrics_name(b->metrics[0], k)) != 0)
                continue;
            a->positions[drawing->shared] = i;
            b->positions[drawing->shared++] = k;
            snprintf(differences->items[differences->count++].name, OUTCOME_NAME_BYTES, "%s", name);
        }
    return STATUS_OK;
}

/* Means over the seeds of the shared metrics. */
static Status average(const Side *side, size_t shared, const size_t *weights, double *means)
{
    double *values;
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&values, side->metric_count));
    memset(means, 0, shared * sizeof *means);
    for (size_t i = 0; i < side->count && status == STATUS_OK; ++i) {
        status = set_metrics_compute(side->metrics[i], weights, values);
        for (size_t k = 0; k < shared; ++k)
            means[k] += values[side->positions[k]] / (double)side->count;
    }
    free(values);
    return status;
}

/* The ClusterStatistic: the means of the sides that are drawn, and of two their difference. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Drawing *drawing = context;
    const size_t shared = drawing->shared;
    for (size_t side = drawing->first; side < drawing->end; ++side)
        TRY(average(&drawing->sides[side], shared, weights,
                    values + (side - drawing->first) * shared));
    for (size_t k = 0; drawing->end - drawing->first == 2 && k < shared; ++k)
        values[2 * shared + k] = values[shared + k] - values[k];
    return STATUS_OK;
}

/* The sides from `first` to before `end`, of the images of one result. */
static Status draw(Drawing *drawing, size_t first, size_t end, const CellResult *result,
                   MetricDifferences *differences)
{
    const size_t shared = drawing->shared, parts = end - first == 2 ? 3 : 1;
    BootstrapIntervals *found = NULL;
    Clusters patients;
    drawing->first = first;
    drawing->end = end;
    TRY(answers_patients(result, &patients));
    const ClusterBootstrap plan = {.clusters = &patients,
                                   .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                   .seed = ANSWERS_SEED,
                                   .statistics = parts * shared,
                                   .compute = compute,
                                   .context = drawing};
    Status status = MEMORY_NEW(&found, parts * shared);
    if (status == STATUS_OK)
        status = cluster_bootstrap(&plan, found);
    for (size_t k = 0; k < shared && status == STATUS_OK; ++k) {
        for (size_t side = first; side < end; ++side)
            differences->items[k].sides[side] = found[(side - first) * shared + k];
        if (parts == 3)
            differences->items[k].difference = found[2 * shared + k];
    }
    free(found);
    clusters_clear(&patients);
    return status;
}

static Status draw_apart(Drawing *drawing, AnsweredSeeds first, AnsweredSeeds second,
                         MetricDifferences *differences)
{
    const double nan = (double)NAN;
    const Interval none = {nan, nan};
    TRY(draw(drawing, 0, 1, first.seeds[0].result, differences));
    TRY(draw(drawing, 1, 2, second.seeds[0].result, differences));
    for (size_t k = 0; k < differences->count; ++k) {
        MetricDifference *item = &differences->items[k];
        item->difference =
            (BootstrapIntervals){.value = item->sides[1].value - item->sides[0].value,
                                 .standard_error = nan,
                                 .percentile = none,
                                 .basic = none,
                                 .bca = none,
                                 .student = none,
                                 .logit = none};
    }
    return STATUS_OK;
}

Status metric_differences_draw(AnsweredSeeds first, AnsweredSeeds second, bool together,
                               MetricDifferences *differences)
{
    Drawing drawing = {0};
    *differences = (MetricDifferences){0};
    Status status = side_init(first, &drawing.sides[0]);
    if (status == STATUS_OK)
        status = side_init(second, &drawing.sides[1]);
    if (status == STATUS_OK)
        status = share(&drawing, differences);
    if (status == STATUS_OK)
        status = together ? draw(&drawing, 0, 2, first.seeds[0].result, differences)
                          : draw_apart(&drawing, first, second, differences);
    for (size_t side = 0; side < 2; ++side)
        side_clear(&drawing.sides[side]);
    if (status != STATUS_OK)
        metric_differences_clear(differences);
    return status;
}

void metric_differences_clear(MetricDifferences *differences)
{
    free(differences->items);
    *differences = (MetricDifferences){0};
}

const MetricDifference *metric_differences_find(const MetricDifferences *differences,
                                                const char *name)
{
    for (size_t k = 0; k < differences->count; ++k)
        if (strcmp(differences->items[k].name, name) == 0)
            return &differences->items[k];
    return NULL;
}

/* See intervals.h. */
#include "report/intervals.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "report/answers.h"

/* Patients with images of either kind: without a lesion, with one. */
static Status count_patients(const CellResult *result, const Clusters *patients, size_t kinds[2])
{
    unsigned char *seen;
    TRY(MEMORY_NEW(&seen, 2 * patients->count));
    for (size_t i = 0; i < result->images; ++i) {
        unsigned char *mark = &seen[2 * patients->of[i] + (result->truth[i] >= 0)];
        kinds[result->truth[i] >= 0] += !*mark;
        *mark = 1;
    }
    free(seen);
    return STATUS_OK;
}

/* Replicates of what was always right, or never, are all the same and say nothing. Then the limit
 * is that of as many patients as the metric rests on, all of one answer (Clopper and Pearson 1934).
 */
static Interval interval_of(size_t metric, const BootstrapIntervals *found, size_t patients,
                            const size_t kinds[2])
{
    if (!(found->value == 0 || found->value == 1))
        return found->logit;
    const size_t fewer = kinds[0] < kinds[1] ? kinds[0] : kinds[1];
    const size_t count = metric == IMAGE_METRIC_ACCURACY             ? patients
                         : metric == IMAGE_METRIC_LESION_SENSITIVITY ? kinds[1]
                         : metric == IMAGE_METRIC_DICE               ? kinds[1]
                         : metric == IMAGE_METRIC_LESION_SPECIFICITY ? kinds[0]
                                                                     : fewer;
    const double limit = count ? pow(0.025, 1 / (double)count) : (double)NAN;
    return found->value == 1 ? (Interval){limit, 1} : (Interval){0, 1 - limit};
}

static Status renew(CellResult *result)
{
    BootstrapIntervals found[2 * IMAGE_METRICS];
    Clusters patients;
    size_t kinds[2] = {0, 0};
    if (!answers_has(result))
        return STATUS_OK;
    TRY(answers_patients(result, &patients));
    Status status = count_patients(result, &patients, kinds);
    const size_t count = patients.count;
    clusters_clear(&patients);
    TRY(status);
    TRY(answers_bootstrap((const CellResult *const[]){result}, 1, found));
    for (size_t i = 0; i < result->metric_count; ++i)
        for (size_t m = 0; m < IMAGE_METRICS; ++m) {
            CellMetric *metric = &result->metrics[i];
            if (strcmp(metric->name, image_metric_names[m]) != 0 ||
                !(fabs(metric->value - found[m].value) < 1e-9))
                continue;
            const Interval interval = interval_of(m, &found[m], count, kinds);
            metric->low = interval.low;
            metric->high = interval.high;
        }
    return STATUS_OK;
}

Status intervals_renew(Experiment *experiment)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (experiment->records.cells[i].standing == CELL_DONE && !first_error_before(&first, i))
            first_error_note(&first, i, renew(&experiment->results[i]));
    TRY(first_error_status(&first));
    ExternalResults *externals = &experiment->externals;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < externals->count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, renew(&externals->items[i].result));
    return first_error_status(&first);
}

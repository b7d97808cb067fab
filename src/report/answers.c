/* See answers.h. */
#include "report/answers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_map.h"

bool answers_has(const CellResult *result)
{
    return result->images > 0 && result->truth && result->predicted && result->lesion_score &&
           result->class_names.count > 0;
}

bool answers_same_images(const CellResult *a, const CellResult *b)
{
    if (a->images != b->images || a->images == 0 || !a->truth || !b->truth)
        return false;
    for (size_t i = 0; i < a->images; ++i)
        if (strcmp(a->image_names.items[i], b->image_names.items[i]) != 0 ||
            a->truth[i] != b->truth[i])
            return false;
    return true;
}

ImageAnswers answers_of(const CellResult *result)
{
    return (ImageAnswers){.images = result->images,
                          .classes = result->class_names.count - 1,
                          .lesion_score = result->lesion_score,
                          .truth = result->truth,
                          .predicted = result->predicted,
                          .dice = result->dice};
}

/* numbers[i]: of the patient of image i. Images without one come behind all patients. */
static Status number_patients(const CellResult *result, uint32_t *numbers)
{
    TextMap map = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < result->images && status == STATUS_OK; ++i) {
        const char *name = result->patients.count ? result->patients.items[i] : "";
        size_t number = *name ? map.count : result->images + i;
        if (*name)
            status = text_map_add(&map, name, &number);
        numbers[i] = (uint32_t)number;
    }
    text_map_clear(&map);
    return status;
}

Status answers_patients(const CellResult *result, Clusters *patients)
{
    uint32_t *numbers;
    *patients = (Clusters){0};
    TRY(MEMORY_NEW(&numbers, result->images));
    Status status = number_patients(result, numbers);
    if (status == STATUS_OK)
        status = clusters_init(patients, numbers, result->images);
    free(numbers);
    return status;
}

Status answers_right(const CellResult *result, bool **right)
{
    TRY(MEMORY_NEW(right, result->images));
    for (size_t i = 0; i < result->images; ++i)
        (*right)[i] = result->predicted[i] == result->truth[i];
    return STATUS_OK;
}

/* What the bootstrap computes from. */
typedef struct {
    size_t count;
    ImageMetrics **metrics; /* count */
    bool difference;
} Together;

/* The ClusterStatistic. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Together *together = context;
    double *last = values + together->count * IMAGE_METRICS;
    for (size_t r = 0; r < together->count; ++r)
        image_metrics_compute(together->metrics[r], weights, values + r * IMAGE_METRICS);
    for (size_t m = 0; m < IMAGE_METRICS; ++m) {
        last[m] = 0;
        for (size_t r = 0; r < together->count; ++r)
            last[m] += values[r * IMAGE_METRICS + m] / (double)together->count;
        if (together->difference)
            last[m] = values[(together->count - 1) * IMAGE_METRICS + m] - values[m];
    }
    return STATUS_OK;
}

Status answers_bootstrap(const CellResult *const *results, size_t count, bool difference,
                         BootstrapIntervals *intervals)
{
    Together together = {.count = count, .difference = difference};
    Clusters patients;
    TRY(answers_patients(results[0], &patients));
    Status status = MEMORY_NEW(&together.metrics, count);
    for (size_t r = 0; r < count && status == STATUS_OK; ++r) {
        const ImageAnswers answers = answers_of(results[r]);
        status = image_metrics_new(&answers, &together.metrics[r]);
    }
    if (status == STATUS_OK) {
        const ClusterBootstrap plan = {.clusters = &patients,
                                       .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                       .seed = ANSWERS_SEED,
                                       .statistics = (count + 1) * IMAGE_METRICS,
                                       .compute = compute,
                                       .context = &together};
        status = cluster_bootstrap(&plan, intervals);
    }
    for (size_t r = 0; together.metrics && r < count; ++r)
        image_metrics_free(together.metrics[r]);
    free(together.metrics);
    clusters_clear(&patients);
    return status;
}

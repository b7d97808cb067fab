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

ImageClasses answers_classes(const CellResult *result)
{
    return (ImageClasses){.images = result->images,
                          .classes = result->class_names.count - 1,
                          .truth = result->truth,
                          .predicted = result->predicted};
}

ImageAnswers answers_of(const CellResult *result)
{
    return (ImageAnswers){.given = answers_classes(result),
                          .lesion_score = result->lesion_score,
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

size_t answers_collect(const Experiment *experiment, const Run *run, const CellResult **results)
{
    size_t count = 0, at = 0;
    for (const CellResult *result; (result = experiment_next_seed(experiment, run, &at));)
        if (answers_has(result) && (count == 0 || answers_same_images(result, results[0])))
            results[count++] = result;
    return count;
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
    size_t first;           /* of them in the first set, where there are two */
} Together;

static void together_clear(Together *together)
{
    for (size_t r = 0; together->metrics && r < together->count; ++r)
        image_metrics_free(together->metrics[r]);
    free(together->metrics);
}

/* Adds the metrics of some results at position `at`. */
static Status together_add(Together *together, size_t at, const CellResult *const *results,
                           size_t count)
{
    for (size_t r = 0; r < count; ++r) {
        const ImageAnswers answers = answers_of(results[r]);
        TRY(image_metrics_new(&answers, &together->metrics[at + r]));
    }
    return STATUS_OK;
}

static Status compute_all(const Together *together, const size_t *weights, double *values)
{
    for (size_t r = 0; r < together->count; ++r)
        TRY(image_metrics_compute(together->metrics[r], weights, values + r * IMAGE_METRICS));
    return STATUS_OK;
}

/* The means over the rows from `first` to before `end`. */
static void average(const double *values, size_t first, size_t end, double *means)
{
    for (size_t m = 0; m < IMAGE_METRICS; ++m) {
        means[m] = 0;
        for (size_t r = first; r < end; ++r)
            means[m] += values[r * IMAGE_METRICS + m] / (double)(end - first);
    }
}

/* The ClusterStatistic of one set. */
static Status compute_one(void *context, const size_t *weights, double *values)
{
    const Together *together = context;
    TRY(compute_all(together, weights, values));
    average(values, 0, together->count, values + together->count * IMAGE_METRICS);
    return STATUS_OK;
}

/* The ClusterStatistic of two sets. */
static Status compute_two(void *context, const size_t *weights, double *values)
{
    const Together *together = context;
    double *const second = values + IMAGE_METRICS, *const difference = second + IMAGE_METRICS;
    double *each; /* count x IMAGE_METRICS */
    TRY(MEMORY_NEW(&each, together->count * IMAGE_METRICS));
    Status status = compute_all(together, weights, each);
    average(each, 0, together->first, values);
    average(each, together->first, together->count, second);
    for (size_t m = 0; m < IMAGE_METRICS; ++m)
        difference[m] = second[m] - values[m];
    free(each);
    return status;
}

static Status draw(const CellResult *result, size_t statistics, ClusterStatistic compute,
                   Together *together, BootstrapIntervals *intervals)
{
    Clusters patients;
    TRY(answers_patients(result, &patients));
    const ClusterBootstrap plan = {.clusters = &patients,
                                   .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                   .seed = ANSWERS_SEED,
                                   .statistics = statistics,
                                   .compute = compute,
                                   .context = together};
    Status status = cluster_bootstrap(&plan, intervals);
    clusters_clear(&patients);
    return status;
}

Status answers_bootstrap(const CellResult *const *results, size_t count,
                         BootstrapIntervals *intervals)
{
    Together together = {.count = count};
    Status status = MEMORY_NEW(&together.metrics, count);
    if (status == STATUS_OK)
        status = together_add(&together, 0, results, count);
    if (status == STATUS_OK)
        status = draw(results[0], (count + 1) * IMAGE_METRICS, compute_one, &together, intervals);
    together_clear(&together);
    return status;
}

Status answers_difference(AnswerSet first, AnswerSet second, BootstrapIntervals *intervals)
{
    Together together = {.count = first.count + second.count, .first = first.count};
    Status status = MEMORY_NEW(&together.metrics, together.count);
    if (status == STATUS_OK)
        status = together_add(&together, 0, first.results, first.count);
    if (status == STATUS_OK)
        status = together_add(&together, first.count, second.results, second.count);
    if (status == STATUS_OK)
        status = draw(first.results[0], 3 * IMAGE_METRICS, compute_two, &together, intervals);
    together_clear(&together);
    return status;
}

/* statistics-coverage [SETS]: how often a 95 % interval holds the number that it is for.
 *
 * SETS (1,000) imagined test sets are drawn, each gives the intervals of every metric, and counted
 * is how many hold what the metric is over a whole population, the mean of sets of very many
 * patients. An interval that is right does so in 95 % of the sets. Printed as a table of Markdown,
 * percent of the sets; the last row of each design is of the difference of two equal areas.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/cluster_bootstrap.h"
#include "imagined.h"

enum { AP_50 = IMAGE_METRICS, AUC_DIFFERENCE, METRICS };
enum { METHODS = 5 };

typedef struct {
    size_t patients, images_each;
    double correlation;
} Design;

static const Design designs[] = {{200, 1, 0}, {40, 5, 0.5}, {100, 5, 0.5}};
static const char *const others[] = {"ap_50", "difference of auc"};

/* ---- the metrics of one set ---- */

typedef struct {
    Imagined imagined;
    ImageMetrics *metrics[2];
    DetectionRepeats *boxes;
} TestSet;

static void test_set_clear(TestSet *set)
{
    detection_repeats_free(set->boxes);
    for (size_t k = 0; k < 2; ++k)
        image_metrics_free(set->metrics[k]);
    imagined_clear(&set->imagined);
}

static Status test_set_init(const Imagining *imagining, uint32_t number, TestSet *set)
{
    *set = (TestSet){0};
    TRY(imagined_init(imagining, number, &set->imagined));
    DetectionSet boxes = imagined_boxes(&set->imagined, 0);
    Status status = detection_repeats_new(&boxes, 1, set->imagined.images, &set->boxes);
    for (size_t k = 0; k < 2 && status == STATUS_OK; ++k) {
        const ImageAnswers answers = imagined_answers(&set->imagined, k);
        status = image_metrics_new(&answers, &set->metrics[k]);
    }
    if (status != STATUS_OK)
        test_set_clear(set);
    return status;
}

/* The ClusterStatistic. */
static Status compute(void *context, const size_t *weights, double *values)
{
    TestSet *set = context;
    double second[IMAGE_METRICS];
    TRY(image_metrics_compute(set->metrics[0], weights, values));
    TRY(image_metrics_compute(set->metrics[1], weights, second));
    values[AP_50] = detection_repeats_means(set->boxes, weights, NULL).ap_50;
    values[AUC_DIFFERENCE] = values[IMAGE_METRIC_AUC] - second[IMAGE_METRIC_AUC];
    return STATUS_OK;
}

/* ---- the population ---- */

/* The mean over sets of 20,000 images each. */
static Status find_truth(const Design *design, double *truth)
{
    enum { SETS = 20, IMAGES = 20000 };
    const Imagining imagining = {.patients = IMAGES / design->images_each,
                                 .images_each = design->images_each,
                                 .correlation = design->correlation,
                                 .shown = 0.8,
                                 .seed = 2};
    double values[METRICS];
    size_t *ones;
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&ones, IMAGES));
    for (size_t i = 0; i < IMAGES; ++i)
        ones[i] = 1;
    for (size_t i = 0; i < METRICS; ++i)
        truth[i] = 0;
    for (uint32_t number = 0; number < SETS && status == STATUS_OK; ++number) {
        TestSet set;
        TRY_GOTO(status, end, test_set_init(&imagining, number, &set));
        status = compute(&set, ones, values);
        test_set_clear(&set);
        for (size_t i = 0; i < METRICS; ++i)
            truth[i] += values[i] / SETS;
    }
    truth[AUC_DIFFERENCE] = 0;
end:
    free(ones);
    return status;
}

/* ---- the count ---- */

static void count_hits(const BootstrapIntervals *intervals, const double *truth,
                       size_t hits[METRICS][METHODS])
{
    for (size_t i = 0; i < METRICS; ++i) {
        const Interval all[METHODS] = {intervals[i].percentile, intervals[i].basic,
                                       intervals[i].bca, intervals[i].student, intervals[i].logit};
        for (size_t k = 0; k < METHODS; ++k)
            hits[i][k] += all[k].low <= truth[i] && truth[i] <= all[k].high;
    }
}

static Status try_set(const Imagining *imagining, uint32_t number, const double *truth,
                      size_t hits[METRICS][METHODS])
{
    TestSet set;
    BootstrapIntervals intervals[METRICS];
    TRY(test_set_init(imagining, number, &set));
    const ClusterBootstrap plan = {.clusters = &set.imagined.clusters,
                                   .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                   .seed = number,
                                   .statistics = METRICS,
                                   .compute = compute,
                                   .context = &set,
                                   .bca = true};
    Status status = cluster_bootstrap(&plan, intervals);
    test_set_clear(&set);
    if (status == STATUS_OK)
        count_hits(intervals, truth, hits);
    return status;
}

static Status print_design(const Design *design, size_t sets)
{
    const Imagining imagining = {.patients = design->patients,
                                 .images_each = design->images_each,
                                 .correlation = design->correlation,
                                 .shown = 0.8,
                                 .seed = 1};
    double truth[METRICS];
    size_t hits[METRICS][METHODS] = {{0}};
    TRY(find_truth(design, truth));
    for (size_t set = 0; set < sets; ++set)
        TRY(try_set(&imagining, (uint32_t)set, truth, hits));
    for (size_t i = 0; i < METRICS; ++i) {
        printf("| %zu x %zu | %s | %.3f |", design->patients, design->images_each,
               i < IMAGE_METRICS ? image_metric_names[i] : others[i - IMAGE_METRICS],
               fabs(truth[i]));
        for (size_t k = 0; k < METHODS; ++k)
            if (i < AUC_DIFFERENCE || k < METHODS - 1) /* a difference is not in [0, 1] */
                printf(" %.1f |", 100 * (double)hits[i][k] / (double)sets);
            else
                printf(" |");
        printf("\n");
    }
    fflush(stdout);
    return STATUS_OK;
}

int main(int argc, char **argv)
{
    const size_t sets = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    if (argc > 2 || sets == 0) {
        fprintf(stderr, "usage: statistics-coverage [SETS]\n");
        return 2;
    }
    printf("| patients x images | metric | value | percentile | basic | bca | student | logit |\n"
           "|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof designs / sizeof *designs; ++i)
        if (print_design(&designs[i], sets) != STATUS_OK) {
            fprintf(stderr, "statistics-coverage: %s\n", status_message());
            return 1;
        }
    return 0;
}

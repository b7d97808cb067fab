/* statistics-evidence [SETS]: how often the report's 95 % intervals hold the number that they are
 * for, of what stands in its evidence and of differences of two programs.
 *
 * As statistics-coverage, but each number only with the interval that the report gives it. The last
 * rows are of differences: of two equal programs on the same images (paired), and of one program on
 * the sets of two hospitals (other images). Printed as a table of Markdown, percent of SETS
 * (1,000).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/calibration.h"
#include "eval/cluster_bootstrap.h"
#include "eval/clustered_delong.h"
#include "eval/distributions.h"
#include "eval/fixed_points.h"
#include "eval/froc.h"
#include "eval/independent_difference.h"
#include "eval/precision_recall.h"
#include "imagined.h"
#include "report/evidence/evidence.h"

typedef enum { SHARE, PERCENTILE, BCA, BASIC, REFLECTED } How;

/* In the order in which compute() has them. */
static const struct {
    const char *name;
    How how;
} rows[] = {
    {"Brier score", PERCENTILE},
    {"miscalibration", REFLECTED},
    {"discrimination", REFLECTED},
    {"of the share", PERCENTILE},
    {"recalibration, intercept", PERCENTILE},
    {"slope", BASIC},
    {"intercept at slope 1", PERCENTILE},
    {"Brier score at a temperature", PERCENTILE},
    {"average precision, frames", SHARE},
    {"places, IoU 0.5", BCA},
    {"FROC area to 2 false marks", SHARE},
    {"sensitivity at 1/8", SHARE},
    {"at 1/2", SHARE},
    {"lesions found", SHARE},
    {"marks on a lesion", SHARE},
    {"false marks a frame", PERCENTILE},
    {"sensitivity at specificity 0.9", PERCENTILE},
    {"at 0.95", PERCENTILE},
    {"specificity at sensitivity 0.9", PERCENTILE},
    {"at 0.95", PERCENTILE},
    {"PPV", SHARE},
    {"NPV", SHARE},
    {"net benefit at 10 %", PERCENTILE},
    {"more than all or none at 10 %", PERCENTILE},
    {"net benefit at 50 %", PERCENTILE},
    {"more than all or none at 50 %", PERCENTILE},
};
enum { OF_ONE = sizeof rows / sizeof *rows, PAIRED = IMAGE_METRICS + 1 };

/* Statistics of a drawing: of the first program, then its image metrics and average precision of
 * boxes, then how much more the second's are. */
enum { ALONE = OF_ONE, DIFFERENCES = ALONE + PAIRED, STATISTICS = DIFFERENCES + PAIRED };
/* What is counted besides: differences on other images, and areas' by DeLong's variances, on the
 * same images and on others. */
enum { APART = STATISTICS, DELONG_PAIRED = APART + PAIRED, DELONG_APART, COUNTED };

typedef struct {
    size_t patients, images_each;
    double correlation;
} Design;

static const Design designs[] = {{200, 1, 0}, {40, 5, 0.5}, {100, 5, 0.5}};

static const double temperature = 1.25, thresholds[] = {0.1, 0.5};

/* ---- the numbers of one set ---- */

typedef struct {
    Imagined imagined;
    ImageMetrics *metrics[2];
    DetectionRepeats *boxes[2];
    Calibration plain, scaled;
    Marks frames, places;
    RocRepeats roc;
    double *probability; /* images: of the first program, too sure of itself */
} TestSet;

static void test_set_clear(TestSet *set)
{
    for (size_t k = 0; k < 2; ++k) {
        detection_repeats_free(set->boxes[k]);
        image_metrics_free(set->metrics[k]);
    }
    calibration_clear(&set->plain);
    calibration_clear(&set->scaled);
    marks_clear(&set->frames);
    marks_clear(&set->places);
    roc_repeats_clear(&set->roc);
    free(set->probability);
    imagined_clear(&set->imagined);
}

static Status make_probabilities(TestSet *set)
{
    const Imagined *imagined = &set->imagined;
    double *scaled;
    TRY(MEMORY_NEW(&set->probability, imagined->images));
    TRY(MEMORY_NEW(&scaled, imagined->images));
    for (size_t i = 0; i < imagined->images; ++i) {
        set->probability[i] = 1 / (1 + exp(2.2 - 2.2 * imagined->score[0][i]));
        scaled[i] = calibration_at(set->probability[i], temperature);
    }
    Status status =
        calibration_init(&set->plain, set->probability, imagined->positive, imagined->images);
    if (status == STATUS_OK)
        status = calibration_init(&set->scaled, scaled, imagined->positive, imagined->images);
    free(scaled);
    return status;
}

static Status fill(TestSet *set)
{
    const Imagined *imagined = &set->imagined;
    const DetectionSet first = imagined_boxes(imagined, 0);
    for (size_t k = 0; k < 2; ++k) {
        const DetectionSet boxes = imagined_boxes(imagined, k);
        const ImageAnswers answers = imagined_answers(imagined, k);
        TRY(detection_repeats_new(&boxes, 1, imagined->images, &set->boxes[k]));
        TRY(image_metrics_new(&answers, &set->metrics[k]));
    }
    TRY(make_probabilities(set));
    TRY(marks_of_images(&set->frames, set->probability, imagined->positive, imagined->images));
    TRY(marks_init(&set->places, &first, imagined->images, HIT_OVERLAP, 0.5));
    return roc_repeats_init(&set->roc, set->probability, imagined->positive, imagined->images);
}

static Status test_set_init(const Imagining *imagining, uint32_t number, TestSet *set)
{
    *set = (TestSet){0};
    TRY(imagined_init(imagining, number, &set->imagined));
    Status status = fill(set);
    if (status != STATUS_OK)
        test_set_clear(set);
    return status;
}

static Status add_calibration(const TestSet *set, const size_t *weights, double *at)
{
    double *sums; /* of this thread */
    TRY(MEMORY_NEW(&sums, 2 * set->plain.rows));
    Calibration plain = set->plain, scaled = set->scaled;
    plain.sums = scaled.sums = sums;
    const BrierParts parts = calibration_brier(&plain, weights);
    const Recalibration fit = calibration_fit(&plain, weights, NULL);
    const double values[] = {parts.brier,          parts.miscalibration,
                             parts.discrimination, parts.uncertainty,
                             fit.intercept,        fit.slope,
                             fit.in_the_large,     calibration_brier(&scaled, weights).brier};
    memcpy(at, values, sizeof values);
    free(sums);
    return STATUS_OK;
}

static void add_places(const TestSet *set, const size_t *weights, double *at)
{
    static const double limits[] = {0.125, 0.5, 2};
    const FrocGroup all = {&set->places, NULL};
    const FrocPoint point = froc_at(&all, weights, imagined_threshold);
    FrocArea areas[3];
    froc_areas(&all, weights, limits, 3, areas);
    const double values[] = {precision_recall_average(&set->frames, weights, false),
                             precision_recall_average(&set->places, weights, true),
                             areas[2].area,
                             areas[0].sensitivity,
                             areas[1].sensitivity,
                             point.sensitivity,
                             point.precision,
                             point.false_positives};
    memcpy(at, values, sizeof values);
}

static void add_points(const TestSet *set, const size_t *weights, double *at)
{
    const Imagined *imagined = &set->imagined;
    const size_t images = imagined->images;
    double frames = 0, lesions = 0;
    for (size_t i = 0; i < images; ++i) {
        frames += (double)weights[i];
        lesions += imagined->positive[i] ? (double)weights[i] : 0;
    }
    const double prevalence = lesions / frames;
    const ThresholdShares called = threshold_shares(imagined->score[0], imagined->positive, weights,
                                                    images, imagined_threshold);
    const PredictiveValues predictive =
        predictive_values(called.sensitivity, called.specificity, prevalence);
    *at++ = sensitivity_at_specificity(&set->roc, weights, 0.9);
    *at++ = sensitivity_at_specificity(&set->roc, weights, 0.95);
    *at++ = specificity_at_sensitivity(&set->roc, weights, 0.9);
    *at++ = specificity_at_sensitivity(&set->roc, weights, 0.95);
    *at++ = predictive.positive;
    *at++ = predictive.negative;
    for (size_t k = 0; k < 2; ++k) {
        const double t = thresholds[k];
        const ThresholdShares shares =
            threshold_shares(set->probability, imagined->positive, weights, images, t);
        const double own = net_benefit(shares, prevalence, t);
        *at++ = own;
        *at++ = own - fmax(0, net_benefit((ThresholdShares){1, 0}, prevalence, t));
    }
}

/* The ClusterStatistic. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const TestSet *set = context;
    double both[2][PAIRED];
    TRY(add_calibration(set, weights, values));
    add_places(set, weights, values + 8);
    add_points(set, weights, values + 16);
    for (size_t k = 0; k < 2; ++k) {
        TRY(image_metrics_compute(set->metrics[k], weights, both[k]));
        both[k][IMAGE_METRICS] = detection_repeats_means(set->boxes[k], weights, NULL).ap_50;
    }
    for (size_t m = 0; m < PAIRED; ++m) {
        values[ALONE + m] = both[0][m];
        values[DIFFERENCES + m] = both[1][m] - both[0][m];
    }
    return STATUS_OK;
}

/* ---- the population: the mean over sets of 20,000 images each ---- */

static Status find_truth(const Design *design, double *truth)
{
    enum { SETS = 20, IMAGES = 20000 };
    const Imagining imagining = {.patients = IMAGES / design->images_each,
                                 .images_each = design->images_each,
                                 .correlation = design->correlation,
                                 .shown = 0.8,
                                 .by_chance = true,
                                 .seed = 2};
    double values[STATISTICS];
    size_t *ones;
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&ones, IMAGES));
    for (size_t i = 0; i < IMAGES; ++i)
        ones[i] = 1;
    for (size_t i = 0; i < COUNTED; ++i)
        truth[i] = 0;
    for (uint32_t number = 0; number < SETS && status == STATUS_OK; ++number) {
        TestSet set;
        TRY_GOTO(status, end, test_set_init(&imagining, number, &set));
        status = compute(&set, ones, values);
        test_set_clear(&set);
        for (size_t i = 0; i < DIFFERENCES; ++i)
            truth[i] += values[i] / SETS;
    }
end:
    free(ones);
    return status;
}

/* ---- the count ---- */

static Status draw(const Imagining *imagining, uint32_t number, BootstrapIntervals *intervals,
                   ClusteredDelong *delong)
{
    TestSet set;
    TRY(test_set_init(imagining, number, &set));
    const ClusterBootstrap plan = {.clusters = &set.imagined.clusters,
                                   .replicates = CLUSTER_BOOTSTRAP_REPLICATES,
                                   .seed = number,
                                   .statistics = STATISTICS,
                                   .compute = compute,
                                   .context = &set,
                                   .bca = true};
    Status status = cluster_bootstrap(&plan, intervals);
    if (status == STATUS_OK)
        status = clustered_delong(set.imagined.score[0], set.imagined.score[1],
                                  set.imagined.positive, &set.imagined.clusters, delong);
    test_set_clear(&set);
    return status;
}

/* The interval that a metric has by itself. */
static Interval alone(const BootstrapIntervals *found, size_t metric, size_t patients)
{
    return metric == IMAGE_METRICS ? found->bca : evidence_share_interval(found, patients);
}

static Interval interval_of(const BootstrapIntervals *found, How how, size_t patients)
{
    switch (how) {
    case SHARE:
        return evidence_share_interval(found, patients);
    case BCA:
        return found->bca;
    case BASIC:
        return found->basic;
    case REFLECTED:
        return evidence_reflected_interval(found);
    default:
        return found->percentile;
    }
}

/* What a hospital's set says. */
typedef struct {
    BootstrapIntervals found[STATISTICS];
    ClusteredDelong delong;
} Told;

/* About half of the patients are ill. */
static void list_intervals(const Told *first, const Told *second, size_t patients,
                           Interval *intervals)
{
    for (size_t i = 0; i < OF_ONE; ++i)
        intervals[i] = interval_of(&first->found[i], rows[i].how, patients / 2);
    for (size_t m = 0; m < PAIRED; ++m) {
        const BootstrapIntervals *one = &first->found[ALONE + m];
        const BootstrapIntervals *other = &second->found[ALONE + m];
        intervals[ALONE + m] = alone(one, m, patients / 2);
        intervals[DIFFERENCES + m] = first->found[DIFFERENCES + m].percentile;
        intervals[APART + m] = independent_difference(other->value, alone(other, m, patients / 2),
                                                      one->value, alone(one, m, patients / 2));
    }
    const ClusteredDelong *one = &first->delong, *other = &second->delong;
    const double margin = normal_quantile(0.975) * sqrt(one->variance[0] + other->variance[0]);
    const double difference = other->auc[0] - one->auc[0];
    intervals[DELONG_PAIRED] = one->interval;
    intervals[DELONG_APART] = (Interval){difference - margin, difference + margin};
}

/* Each set is the first hospital's, and the second's beside the one before it. */
static Status try_sets(const Imagining *imagining, size_t sets, const double *truth,
                       size_t hits[COUNTED])
{
    static Told told[2];
    Interval intervals[COUNTED];
    for (size_t set = 0; set <= sets; ++set) {
        Told *own = &told[set % 2];
        const Told *before = &told[1 - set % 2];
        TRY(draw(imagining, (uint32_t)set, own->found, &own->delong));
        if (set == 0)
            continue;
        list_intervals(before, own, imagining->patients, intervals);
        for (size_t i = 0; i < COUNTED; ++i)
            hits[i] += intervals[i].low <= truth[i] && truth[i] <= intervals[i].high;
    }
    return STATUS_OK;
}

static void name_row(size_t i, char *name, size_t bytes)
{
    const size_t metric = (i - ALONE) % PAIRED;
    const char *of = metric < IMAGE_METRICS ? image_metric_names[metric] : "ap_50";
    if (i < OF_ONE)
        snprintf(name, bytes, "%s", rows[i].name);
    else if (i >= DELONG_PAIRED)
        snprintf(name, bytes, "difference of auc, DeLong, %s",
                 i == DELONG_PAIRED ? "same images" : "other images");
    else
        snprintf(name, bytes, "%s%s%s", i < DIFFERENCES ? "" : "difference of ", of,
                 i < DIFFERENCES ? ""
                 : i < APART     ? ", same images"
                                 : ", other images");
}

static Status count(const Design *design, size_t sets, double *truth, size_t hits[COUNTED])
{
    const Imagining imagining = {.patients = design->patients,
                                 .images_each = design->images_each,
                                 .correlation = design->correlation,
                                 .shown = 0.8,
                                 .by_chance = true,
                                 .seed = 3};
    TRY(find_truth(design, truth));
    return try_sets(&imagining, sets, truth, hits);
}

int main(int argc, char **argv)
{
    enum { DESIGNS = sizeof designs / sizeof *designs };
    const size_t sets = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    static double truth[DESIGNS][COUNTED];
    static size_t hits[DESIGNS][COUNTED];
    if (argc > 2 || sets == 0) {
        fprintf(stderr, "usage: statistics-evidence [SETS]\n");
        return 2;
    }
    for (size_t d = 0; d < DESIGNS; ++d)
        if (count(&designs[d], sets, truth[d], hits[d]) != STATUS_OK) {
            fprintf(stderr, "statistics-evidence: %s\n", status_message());
            return 1;
        }
    printf("| number | value |");
    for (size_t d = 0; d < DESIGNS; ++d)
        printf(" %zu x %zu |", designs[d].patients, designs[d].images_each);
    printf("\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < COUNTED; ++i) {
        char name[96];
        name_row(i, name, sizeof name);
        printf("| %s | %.3f |", name, truth[0][i]);
        for (size_t d = 0; d < DESIGNS; ++d)
            printf(" %.1f |", 100 * (double)hits[d][i] / (double)sets);
        printf("\n");
    }
    return 0;
}

/* Sensitivity at fixed specificity and the reverse, predictive values; see evidence_sections.h. */
#include "eval/fixed_points.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/evidence/evidence_sections.h"

enum {
    SENSITIVITY_90,
    SENSITIVITY_95,
    SPECIFICITY_90,
    SPECIFICITY_95,
    SHARES,
    PPV = SHARES,
    NPV,
    NUMBERS
};

typedef struct {
    const Evidence *evidence;
    const EvidenceRun *run;
    RocRepeats roc;
    double *called; /* images: 1 if called a lesion at the operating point */
} Points;

static Status points_init(const Evidence *evidence, const EvidenceRun *run, Points *points)
{
    const size_t images = run->result->images;
    *points = (Points){.evidence = evidence, .run = run};
    TRY(MEMORY_NEW(&points->called, images));
    for (size_t i = 0; i < images; ++i)
        points->called[i] = run->result->predicted[i] >= 0;
    return roc_repeats_init(&points->roc, run->result->lesion_score, run->positive, images);
}

static void points_clear(Points *points)
{
    free(points->called);
    roc_repeats_clear(&points->roc);
}

/* The ClusterStatistic. Where the prevalence is that of the images, it is drawn with them. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Points *points = context;
    const EvidenceRun *run = points->run;
    const ThresholdShares shares =
        threshold_shares(points->called, run->positive, weights, run->result->images, 0.5);
    const PredictiveValues predictive =
        predictive_values(shares.sensitivity, shares.specificity,
                          evidence_drawn_prevalence(points->evidence, run, weights));
    values[SENSITIVITY_90] = sensitivity_at_specificity(&points->roc, weights, 0.9);
    values[SENSITIVITY_95] = sensitivity_at_specificity(&points->roc, weights, 0.95);
    values[SPECIFICITY_90] = specificity_at_sensitivity(&points->roc, weights, 0.9);
    values[SPECIFICITY_95] = specificity_at_sensitivity(&points->roc, weights, 0.95);
    values[PPV] = predictive.positive;
    values[NPV] = predictive.negative;
    return STATUS_OK;
}

/* Of thresholds that each draw chooses anew percentiles: the logit's error is far off where few
 * images decide. */
static Interval interval_of(size_t number, const BootstrapIntervals *found, size_t patients)
{
    return number < SHARES && found->value > 0 && found->value < 1
               ? found->percentile
               : evidence_share_interval(found, patients);
}

/* Patients that a number rests on: with lesions, or with frames without one. */
static Status count_patients(const EvidenceRun *run, size_t patients[2])
{
    bool *negative;
    TRY(MEMORY_NEW(&negative, run->result->images));
    for (size_t i = 0; i < run->result->images; ++i)
        negative[i] = !run->positive[i];
    Status status = evidence_patients(run, run->positive, &patients[0]);
    if (status == STATUS_OK)
        status = evidence_patients(run, negative, &patients[1]);
    free(negative);
    return status;
}

static Status add_row(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    const size_t negatives = run->result->images - run->positives;
    BootstrapIntervals found[NUMBERS];
    Points points;
    size_t patients[2];
    TRY(count_patients(run, patients));
    Status status = points_init(evidence, run, &points);
    if (status == STATUS_OK)
        status = evidence_bootstrap(run, NUMBERS, compute, &points, found);
    points_clear(&points);
    TRY(status);
    evidence_add_run(evidence, run, table);
    evidence_add_count(table, run->positives);
    evidence_add_count(table, negatives);
    for (size_t k = 0; k < NUMBERS; ++k) {
        const bool of_negatives = k == SPECIFICITY_90 || k == SPECIFICITY_95 || k == PPV;
        if (k == PPV) {
            table_addf(&table->text, "%.1f", 100 * evidence_prevalence(evidence, run));
            table_add_exact(&table->numbers, evidence_prevalence(evidence, run));
        }
        evidence_add_value(table, found[k].value, interval_of(k, &found[k], patients[of_negatives]),
                           100, 1, "undefined");
    }
    evidence_add_text(table, evidence_run_remark(run));
    return STATUS_OK;
}

Status evidence_points(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"lesion frames",
                                        "others",
                                        "sensitivity at 90, %",
                                        "at 95, %",
                                        "specificity at 90, %",
                                        "at 95, %",
                                        "prevalence, %",
                                        "PPV, %",
                                        "NPV, %",
                                        "remark"};
    static const char *const names[] = {"lesion_frames",
                                        "others",
                                        "sensitivity_at_90",
                                        "sensitivity_at_90_low",
                                        "sensitivity_at_90_high",
                                        "sensitivity_at_95",
                                        "sensitivity_at_95_low",
                                        "sensitivity_at_95_high",
                                        "specificity_at_90",
                                        "specificity_at_90_low",
                                        "specificity_at_90_high",
                                        "specificity_at_95",
                                        "specificity_at_95_low",
                                        "specificity_at_95_high",
                                        "prevalence",
                                        "ppv",
                                        "ppv_low",
                                        "ppv_high",
                                        "npv",
                                        "npv_low",
                                        "npv_high",
                                        "remark"};
    Status status = STATUS_OK;
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i)
        status = add_row(evidence, &evidence->runs[i], table);
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}

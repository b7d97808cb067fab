/* Whether the lesion score is a probability; see evidence_sections.h. */
#include "eval/calibration.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/evidence/evidence_curves.h"
#include "report/evidence/evidence_sections.h"

/* ---- Brier score and recalibration ---- */

enum {
    BRIER,
    MISCALIBRATION,
    DISCRIMINATION,
    UNCERTAINTY,
    INTERCEPT,
    SLOPE,
    IN_THE_LARGE,
    SCALED_BRIER,
    NUMBERS
};

/* The scores as they are, and at the temperature of the validation images. */
typedef struct {
    Calibration plain, scaled; /* the latter only if there is a temperature */
    double temperature;        /* NaN: there is none */
    Recalibration whole;       /* of all frames, from which those of the drawn ones are not far */
} Scaling;

static void scaling_clear(Scaling *scaling)
{
    calibration_clear(&scaling->plain);
    calibration_clear(&scaling->scaled);
}

/* NaN where the validation images do not tell. */
static Status find_temperature(const EvidenceRun *run, double *temperature)
{
    Calibration validation;
    *temperature = (double)NAN;
    if (run->validation_count == 0)
        return STATUS_OK;
    TRY(calibration_init(&validation, run->validation_score, run->validation_positive,
                         run->validation_count));
    *temperature = calibration_temperature(&validation, NULL);
    calibration_clear(&validation);
    return STATUS_OK;
}

static Status scale(const EvidenceRun *run, Scaling *scaling)
{
    const size_t images = run->result->images;
    double *scores;
    TRY(calibration_init(&scaling->plain, run->result->lesion_score, run->positive, images));
    scaling->whole = calibration_fit(&scaling->plain, NULL, NULL);
    TRY(find_temperature(run, &scaling->temperature));
    if (isnan(scaling->temperature))
        return STATUS_OK;
    TRY(MEMORY_NEW(&scores, images));
    for (size_t i = 0; i < images; ++i)
        scores[i] = calibration_at(run->result->lesion_score[i], scaling->temperature);
    Status status = calibration_init(&scaling->scaled, scores, run->positive, images);
    free(scores);
    return status;
}

/* The ClusterStatistic. The temperature is of other images, and stays. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Scaling *scaling = context;
    double *sums; /* of this thread */
    TRY(MEMORY_NEW(&sums, 2 * scaling->plain.rows));
    Calibration plain = scaling->plain, scaled = scaling->scaled;
    plain.sums = scaled.sums = sums;
    const BrierParts parts = calibration_brier(&plain, weights);
    const Recalibration fit = calibration_fit(&plain, weights, &scaling->whole);
    values[BRIER] = parts.brier;
    values[MISCALIBRATION] = parts.miscalibration;
    values[DISCRIMINATION] = parts.discrimination;
    values[UNCERTAINTY] = parts.uncertainty;
    values[INTERCEPT] = fit.intercept;
    values[SLOPE] = fit.slope;
    values[IN_THE_LARGE] = fit.in_the_large;
    values[SCALED_BRIER] =
        isnan(scaling->temperature) ? (double)NAN : calibration_brier(&scaled, weights).brier;
    free(sums);
    return STATUS_OK;
}

/* Whether all scores are probabilities; a network's are. */
static bool has_probabilities(const EvidenceRun *run)
{
    for (size_t i = 0; i < run->result->images; ++i)
        if (!(run->result->lesion_score[i] >= 0 &&
              run->result->lesion_score[i] <= 1 + CALIBRATION_LEAST))
            return false;
    return true;
}

bool evidence_has_probabilities(const Evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; ++i)
        if (has_probabilities(&evidence->runs[i]))
            return true;
    return false;
}

/* Replicates overstate what few frames overstate once more. */
static Interval interval_of(size_t number, const BootstrapIntervals *found)
{
    switch (number) {
    case MISCALIBRATION:
    case DISCRIMINATION:
        return evidence_reflected_interval(found);
    case SLOPE:
        return found->basic;
    default:
        return found->percentile;
    }
}

static Status add_row(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    const size_t images = run->result->images;
    BootstrapIntervals found[NUMBERS];
    Scaling scaling = {.temperature = (double)NAN};
    const char *gap = run->validation_count ? "undefined" : "not given";
    Status status = scale(run, &scaling);
    if (status == STATUS_OK)
        status = evidence_bootstrap(run, NUMBERS, compute, &scaling, found);
    scaling_clear(&scaling);
    TRY(status);
    evidence_add_run(evidence, run, table);
    evidence_add_count(table, images);
    evidence_add_count(table, run->positives);
    for (size_t k = 0; k < SCALED_BRIER; ++k)
        evidence_add_value(table, found[k].value, interval_of(k, &found[k]), 1,
                           k < INTERCEPT ? 3 : 2, "undefined");
    if (isnan(scaling.temperature))
        table_add(&table->text, gap);
    else
        table_add_number(&table->text, scaling.temperature, 2);
    table_add_exact(&table->numbers, scaling.temperature);
    evidence_add_value(table, found[SCALED_BRIER].value, found[SCALED_BRIER].percentile, 1, 3, gap);
    evidence_add_text(table, evidence_run_remark(run));
    return STATUS_OK;
}

Status evidence_calibration(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"frames",         "with a lesion",  "Brier score",
                                        "miscalibration", "discrimination", "of the share",
                                        "intercept",      "slope",          "at slope 1",
                                        "temperature",    "Brier with it",  "remark"};
    static const char *const names[] = {"frames",
                                        "lesion_frames",
                                        "brier",
                                        "brier_low",
                                        "brier_high",
                                        "miscalibration",
                                        "miscalibration_low",
                                        "miscalibration_high",
                                        "discrimination",
                                        "discrimination_low",
                                        "discrimination_high",
                                        "uncertainty",
                                        "uncertainty_low",
                                        "uncertainty_high",
                                        "intercept",
                                        "intercept_low",
                                        "intercept_high",
                                        "slope",
                                        "slope_low",
                                        "slope_high",
                                        "in_the_large",
                                        "in_the_large_low",
                                        "in_the_large_high",
                                        "temperature",
                                        "scaled_brier",
                                        "scaled_brier_low",
                                        "scaled_brier_high",
                                        "remark"};
    Status status = STATUS_OK;
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i)
        if (has_probabilities(&evidence->runs[i]))
            status = add_row(evidence, &evidence->runs[i], table);
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}

/* ---- reliability ---- */

enum { BINS_MOST = 10 };

/* Frames by rising score in parts of equal numbers; frames of one score are not parted, so that
 * parts may be unequal, or fewer. */
typedef struct {
    const EvidenceRun *run;
    size_t count;
    size_t *bin; /* images */
    double mean[BINS_MOST];
    size_t frames[BINS_MOST], lesions[BINS_MOST];
} Bins;

static Status bins_init(const EvidenceRun *run, Bins *bins)
{
    const size_t images = run->result->images;
    const size_t wanted = images < BINS_MOST ? images : BINS_MOST;
    Calibration calibration;
    *bins = (Bins){.run = run};
    TRY(calibration_init(&calibration, run->result->lesion_score, run->positive, images));
    Status status = MEMORY_NEW(&bins->bin, images);
    size_t last = SIZE_MAX; /* of the bins that were wanted */
    for (size_t i = 0; i < images && status == STATUS_OK; ++i) {
        const size_t own = i * wanted / images;
        if (own != last && (i == 0 || calibration.score[i] != calibration.score[i - 1])) {
            last = own;
            ++bins->count;
        }
        const size_t bin = bins->count - 1;
        bins->bin[calibration.order[i]] = bin;
        bins->mean[bin] += calibration.score[i];
        ++bins->frames[bin];
        bins->lesions[bin] += calibration.positive[i];
    }
    for (size_t k = 0; k < bins->count; ++k)
        bins->mean[k] /= (double)bins->frames[k];
    calibration_clear(&calibration);
    return status;
}

/* The ClusterStatistic: of the frames of each part, the share with a lesion. */
static Status compute_bins(void *context, const size_t *weights, double *values)
{
    const Bins *bins = context;
    double frames[BINS_MOST] = {0}, lesions[BINS_MOST] = {0};
    for (size_t i = 0; i < bins->run->result->images; ++i) {
        frames[bins->bin[i]] += (double)weights[i];
        lesions[bins->bin[i]] += bins->run->positive[i] ? (double)weights[i] : 0;
    }
    for (size_t k = 0; k < bins->count; ++k)
        values[k] = frames[k] > 0 ? lesions[k] / frames[k] : (double)NAN;
    return STATUS_OK;
}

static Status add_bin(const Evidence *evidence, const Bins *bins, size_t bin,
                      const BootstrapIntervals *found, ResultsTable *table)
{
    const EvidenceRun *run = bins->run;
    bool *inside;
    size_t patients;
    TRY(MEMORY_NEW(&inside, run->result->images));
    for (size_t i = 0; i < run->result->images; ++i)
        inside[i] = bins->bin[i] == bin;
    Status status = evidence_patients(run, inside, &patients);
    free(inside);
    TRY(status);
    evidence_add_run(evidence, run, table);
    evidence_add_count(table, bin + 1);
    evidence_add_count(table, bins->frames[bin]);
    evidence_add_count(table, patients);
    table_addf(&table->text, "%.3f", bins->mean[bin]);
    table_add_exact(&table->numbers, bins->mean[bin]);
    evidence_add_value(table, found->value, evidence_share_interval(found, patients), 1, 3,
                       "undefined");
    return STATUS_OK;
}

static Status add_bins(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    if (!has_probabilities(run))
        return STATUS_OK;
    BootstrapIntervals found[BINS_MOST];
    Bins bins;
    Status status = bins_init(run, &bins);
    if (status == STATUS_OK)
        status = evidence_bootstrap(run, bins.count, compute_bins, &bins, found);
    for (size_t k = 0; k < bins.count && status == STATUS_OK; ++k)
        status = add_bin(evidence, &bins, k, &found[k], table);
    free(bins.bin);
    return status;
}

Status evidence_reliability(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"part", "frames", "patients", "mean score",
                                        "share with a lesion"};
    static const char *const names[] = {"part",  "frames",    "patients",  "score",
                                        "share", "share_low", "share_high"};
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    return evidence_fold_runs(evidence, add_bins, table);
}

static Status add_curve(const EvidenceRun *run, EvidenceCurves *curves)
{
    Bins bins;
    double shares[BINS_MOST];
    Status status = bins_init(run, &bins);
    for (size_t k = 0; k < bins.count; ++k)
        shares[k] = (double)bins.lesions[k] / (double)bins.frames[k];
    if (status == STATUS_OK)
        status = evidence_curves_add(curves, run, bins.count, bins.mean, shares, "%s", run->label);
    free(bins.bin);
    return status;
}

Status evidence_draw_reliability(const Evidence *evidence, const FigurePlaces *places)
{
    EvidenceCurves curves = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i)
        if (has_probabilities(&evidence->runs[i]))
            status = add_curve(&evidence->runs[i], &curves);
    const Chart chart = {.title = "Reliability",
                         .x_label = "mean lesion score",
                         .y_label = "share of frames with a lesion",
                         .x_range = {0, 1},
                         .y_range = {0, 1},
                         .markers = true,
                         .diagonal = true,
                         .legend_width = 330,
                         .series = curves.series,
                         .series_count = curves.count};
    if (status == STATUS_OK)
        status = chart_show(places, &chart, 1);
    evidence_curves_clear(&curves);
    return status;
}

/* Precision against recall, of frames and of places; see evidence_sections.h. */
#include "eval/precision_recall.h"

#include <math.h>
#include <stdlib.h>

#include "report/evidence/evidence_curves.h"
#include "report/evidence/evidence_sections.h"

/* The frames, then the places by overlap and by centre where there are any; a list that is not
 * there has no marks and no lesions. */
enum { FRAMES, OVERLAPPING, CENTRED, LISTS };
typedef struct {
    Marks frames;
    const Marks *marks[LISTS];
} Lists;

static void lists_clear(Lists *lists)
{
    marks_clear(&lists->frames);
}

static Status lists_init(const EvidenceRun *run, Lists *lists)
{
    *lists = (Lists){.marks = {&lists->frames, &run->overlapping, &run->centred}};
    return marks_of_images(&lists->frames, run->result->lesion_score, run->positive,
                           run->result->images);
}

/* The ClusterStatistic. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Lists *lists = context;
    for (size_t k = 0; k < LISTS; ++k)
        values[k] = precision_recall_average(lists->marks[k], weights, k != FRAMES);
    return STATUS_OK;
}

static Status add_row(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    BootstrapIntervals found[LISTS];
    Lists lists;
    size_t patients;
    const size_t images = run->result->images;
    TRY(evidence_patients(run, run->positive, &patients));
    TRY(lists_init(run, &lists));
    Status status = run->has_boxes ? evidence_bootstrap_bca(run, LISTS, compute, &lists, found)
                                   : evidence_bootstrap(run, LISTS, compute, &lists, found);
    lists_clear(&lists);
    TRY(status);
    evidence_add_run(evidence, run, table);
    evidence_add_count(table, images);
    evidence_add_count(table, run->positives);
    table_addf(&table->text, "%.3f", (double)run->positives / (double)images);
    table_add_exact(&table->numbers, (double)run->positives / (double)images);
    for (size_t k = 0; k < LISTS; ++k)
        evidence_add_value(table, found[k].value,
                           k == FRAMES ? evidence_share_interval(&found[k], patients)
                                       : found[k].bca,
                           1, 3, k == FRAMES || run->has_boxes ? "undefined" : "not given");
    evidence_add_text(table, evidence_run_remark(run));
    return STATUS_OK;
}

Status evidence_precision_recall(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {
        "frames",          "with a lesion",  "chance", "average precision, frames",
        "places, IoU 0.5", "places, centre", "remark"};
    static const char *const names[] = {
        "frames",         "lesion_frames",  "chance",         "frames_ap",       "frames_ap_low",
        "frames_ap_high", "overlap_ap",     "overlap_ap_low", "overlap_ap_high", "centre_ap",
        "centre_ap_low",  "centre_ap_high", "remark"};
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

/* ---- the figure ---- */

static Status add_curve(const EvidenceRun *run, const Marks *marks, bool envelope,
                        EvidenceCurves *curves)
{
    PrecisionRecall curve;
    if (marks->lesion_count == 0)
        return STATUS_OK;
    TRY(precision_recall_init(&curve, marks));
    Status status =
        evidence_curves_add(curves, run, curve.count, curve.recall, curve.precision, "%s  AP %.3f",
                            run->label, precision_recall_average(marks, NULL, envelope));
    precision_recall_clear(&curve);
    return status;
}

static Status add_curves(const Evidence *evidence, EvidenceCurves curves[2])
{
    Status status = STATUS_OK;
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i) {
        Lists lists;
        TRY(lists_init(&evidence->runs[i], &lists));
        for (size_t k = 0; k < 2 && status == STATUS_OK; ++k)
            status = add_curve(&evidence->runs[i], lists.marks[k], k != FRAMES, &curves[k]);
        lists_clear(&lists);
    }
    return status;
}

Status evidence_draw_precision_recall(const Evidence *evidence, const FigurePlaces *places)
{
    EvidenceCurves curves[2] = {{0}, {0}};
    Status status = add_curves(evidence, curves);
    Chart charts[2];
    for (size_t k = 0; k < 2; ++k)
        charts[k] =
            (Chart){.title = k == FRAMES ? "frames, lesion or none" : "places, hit from IoU 0.5",
                    .x_label = "recall (sensitivity)",
                    .y_label = "precision",
                    .x_range = {0, 1},
                    .y_range = {0, 1},
                    .legend_width = 230,
                    .series = curves[k].series,
                    .series_count = curves[k].count};
    if (status == STATUS_OK)
        status = chart_show(places, charts, curves[OVERLAPPING].count ? 2 : 1);
    for (size_t k = 0; k < 2; ++k)
        evidence_curves_clear(&curves[k]);
    return status;
}

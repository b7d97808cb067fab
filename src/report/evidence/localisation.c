/* Whether lesions are found where they are, at the operating point; see evidence_sections.h. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/froc.h"
#include "report/evidence/evidence_sections.h"

enum { RULES = 2, EACH = 4 }; /* sensitivity, precision, false marks, best mark */

typedef struct {
    const EvidenceRun *run;
    const Marks *marks[RULES]; /* by overlap, by centre */
    bool *best[RULES];         /* images: the best mark of the frame is on a lesion */
    bool *annotated;           /* images: with an annotated box */
} Places;

static void places_clear(Places *places)
{
    for (size_t r = 0; r < RULES; ++r)
        free(places->best[r]);
    free(places->annotated);
}

static Status find_best(Places *places, size_t rule)
{
    const Marks *marks = places->marks[rule];
    bool *seen;
    TRY(MEMORY_NEW(&places->best[rule], marks->images));
    TRY(MEMORY_NEW(&seen, marks->images));
    for (size_t i = 0; i < marks->count; ++i) {
        const Mark *mark = &marks->marks[i];
        places->best[rule][mark->image] |= !seen[mark->image] && mark->kind != MARK_FALSE;
        seen[mark->image] = true;
    }
    free(seen);
    return STATUS_OK;
}

static Status places_init(const EvidenceRun *run, Places *places)
{
    *places = (Places){.run = run, .marks = {&run->overlapping, &run->centred}};
    TRY(MEMORY_NEW(&places->annotated, run->result->images));
    for (size_t k = 0; k < run->lesion_count; ++k)
        places->annotated[run->lesions[k].image] = true;
    for (size_t r = 0; r < RULES; ++r)
        TRY(find_best(places, r));
    return STATUS_OK;
}

/* The ClusterStatistic: of each rule the sensitivity by lesion, the share of the marks on a lesion,
 * false marks a frame, and the share of lesion frames whose best mark is on a lesion. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Places *places = context;
    for (size_t r = 0; r < RULES; ++r, values += EACH) {
        const FrocGroup all = {places->marks[r], NULL};
        const FrocPoint point = froc_at(&all, weights, places->run->operating_point);
        double frames = 0, right = 0;
        for (size_t i = 0; i < places->run->result->images; ++i)
            if (places->annotated[i]) {
                frames += (double)weights[i];
                right += places->best[r][i] ? (double)weights[i] : 0;
            }
        values[0] = point.sensitivity;
        values[1] = point.precision;
        values[2] = point.false_positives;
        values[3] = frames > 0 ? right / frames : (double)NAN;
    }
    return STATUS_OK;
}

static void add_row(const Evidence *evidence, const EvidenceRun *run,
                    const BootstrapIntervals *found, size_t patients, size_t rule,
                    ResultsTable *table)
{
    evidence_add_run(evidence, run, table);
    evidence_add_text(table, rule == 0 ? "IoU 0.5" : "centre");
    evidence_add_count(table, run->lesion_count);
    evidence_add_count(table, patients);
    for (size_t k = 0; k < EACH; ++k)
        evidence_add_value(
            table, found[k].value,
            k == 2 ? found[k].percentile : evidence_share_interval(&found[k], patients),
            k == 2 ? 1 : 100, k == 2 ? 2 : 1, k == 1 ? "undefined: no mark" : "undefined");
    evidence_add_text(table, run->lesion_count < EVIDENCE_FEW ? "few lesions" : "");
}

static Status add_run(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    BootstrapIntervals found[RULES * EACH];
    Places places;
    size_t patients = 0;
    Status status = places_init(run, &places);
    if (status == STATUS_OK)
        status = evidence_patients(run, places.annotated, &patients);
    if (status == STATUS_OK)
        status = evidence_bootstrap(run, RULES * EACH, compute, &places, found);
    for (size_t r = 0; r < RULES && status == STATUS_OK; ++r)
        add_row(evidence, run, found + r * EACH, patients, r, table);
    places_clear(&places);
    return status;
}

static void add_gap(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    evidence_add_run(evidence, run, table);
    for (size_t i = 0; i < 3; ++i)
        evidence_add_text(table, "");
    for (size_t k = 0; k < EACH; ++k)
        evidence_add_value(table, (double)NAN, (Interval){0, 0}, 1, 1, "not given");
    evidence_add_text(table, !run->has_boxes               ? run->no_boxes
                             : isnan(run->operating_point) ? "no operating point"
                                                           : "no lesion is annotated");
}

Status evidence_localisation(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"hit by",
                                        "lesions",
                                        "patients",
                                        "lesions found, %",
                                        "marks on a lesion, %",
                                        "false marks a frame",
                                        "best mark on a lesion, %",
                                        "remark"};
    static const char *const names[] = {"hit",         "lesions",         "patients",
                                        "sensitivity", "sensitivity_low", "sensitivity_high",
                                        "precision",   "precision_low",   "precision_high",
                                        "false_marks", "false_marks_low", "false_marks_high",
                                        "best_mark",   "best_mark_low",   "best_mark_high",
                                        "remark"};
    Status status = STATUS_OK;
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i) {
        const EvidenceRun *run = &evidence->runs[i];
        if (run->has_boxes && run->lesion_count > 0 && !isnan(run->operating_point))
            status = add_run(evidence, run, table);
        else if (run->finds_boxes)
            add_gap(evidence, run, table);
    }
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}

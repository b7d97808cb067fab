/* FROC: per-lesion sensitivity against false marks a frame; see evidence_sections.h. */
#include "eval/froc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/evidence/evidence_curves.h"
#include "report/evidence/evidence_sections.h"

static const char *const not_given = "not given";

/* By the share of the frame that the lesion's box covers. */
static const struct {
    const char *name;
    double from, to;
} sizes[] = {{"small, below 5 % of the frame", 0, 0.05},
             {"medium, 5 to 20 %", 0.05, 0.2},
             {"large, from 20 %", 0.2, (double)INFINITY}};
enum { SIZES = sizeof sizes / sizeof *sizes, FORMS_MOST = 8, GROUPS_MOST = 2 + SIZES + FORMS_MOST };

/* What a row is of. */
typedef struct {
    const char *name, *hit;
    FrocGroup froc;
    bool *lesions;                 /* owned; NULL: all */
    size_t lesion_count, patients; /* of the group */
} Group;

typedef struct {
    const EvidenceRun *run;
    size_t count;
    Group groups[GROUPS_MOST];
} Groups;

/* ---- groups ---- */

static Status add_group(Groups *groups, const char *name, const Marks *marks, bool *lesions)
{
    const EvidenceRun *run = groups->run;
    Group *group = &groups->groups[groups->count++];
    bool *images;
    *group = (Group){.name = name,
                     .hit = marks == &run->centred ? "centre" : "IoU 0.5",
                     .froc = {marks, lesions},
                     .lesions = lesions};
    TRY(MEMORY_NEW(&images, run->result->images));
    for (size_t k = 0; k < run->lesion_count; ++k)
        if (!lesions || lesions[k]) {
            images[run->lesions[k].image] = true;
            ++group->lesion_count;
        }
    Status status = evidence_patients(run, images, &group->patients);
    free(images);
    return status;
}

static Status add_size(Groups *groups, size_t size)
{
    const EvidenceRun *run = groups->run;
    bool *lesions;
    TRY(MEMORY_NEW(&lesions, run->lesion_count));
    for (size_t k = 0; k < run->lesion_count; ++k)
        lesions[k] = run->shares[k] >= sizes[size].from && run->shares[k] < sizes[size].to;
    return add_group(groups, sizes[size].name, &run->overlapping, lesions);
}

/* Whether a form was met among the lesions before `lesion`. */
static bool is_known(const EvidenceRun *run, size_t lesion)
{
    for (size_t k = 0; k < lesion; ++k)
        if (strcmp(run->forms[k], run->forms[lesion]) == 0)
            return true;
    return false;
}

static Status add_forms(Groups *groups)
{
    const EvidenceRun *run = groups->run;
    for (size_t k = 0; k < run->lesion_count && groups->count < GROUPS_MOST; ++k) {
        bool *lesions;
        if (!*run->forms[k] || is_known(run, k))
            continue;
        TRY(MEMORY_NEW(&lesions, run->lesion_count));
        for (size_t other = 0; other < run->lesion_count; ++other)
            lesions[other] = strcmp(run->forms[other], run->forms[k]) == 0;
        TRY(add_group(groups, run->forms[k], &run->overlapping, lesions));
    }
    return STATUS_OK;
}

static void groups_clear(Groups *groups)
{
    for (size_t g = 0; g < groups->count; ++g)
        free(groups->groups[g].lesions);
}

static Status groups_fill(Groups *groups)
{
    const EvidenceRun *run = groups->run;
    TRY(add_group(groups, "all lesions", &run->overlapping, NULL));
    TRY(add_group(groups, "all lesions", &run->centred, NULL));
    for (size_t size = 0; size < SIZES; ++size)
        TRY(add_size(groups, size));
    return add_forms(groups);
}

/* ---- the table ---- */

static const double rates[] = {0.125, 0.5, 1, FROC_LIMIT}; /* false marks a frame */
enum { RATES = sizeof rates / sizeof *rates, EACH = RATES };

/* The ClusterStatistic: of each group the area up to the last rate, then the sensitivity at each
 * before it. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Groups *groups = context;
    for (size_t g = 0; g < groups->count; ++g) {
        FrocArea areas[RATES];
        froc_areas(&groups->groups[g].froc, weights, rates, RATES, areas);
        values[g * EACH] = areas[RATES - 1].area;
        for (size_t i = 0; i + 1 < RATES; ++i)
            values[g * EACH + 1 + i] = areas[i].sensitivity;
    }
    return STATUS_OK;
}

static void add_row(const Evidence *evidence, const Groups *groups, const Group *group,
                    const BootstrapIntervals *found, ResultsTable *table)
{
    evidence_add_run(evidence, groups->run, table);
    evidence_add_text(table, group->name);
    evidence_add_text(table, group->hit);
    evidence_add_count(table, group->lesion_count);
    evidence_add_count(table, group->patients);
    for (size_t i = 0; i < EACH; ++i)
        evidence_add_value(table, found[i].value,
                           evidence_share_interval(&found[i], group->patients), i ? 100 : 1,
                           i ? 1 : 3, "undefined");
    evidence_add_text(table, group->lesion_count < EVIDENCE_FEW ? "few lesions" : "");
}

static Status add_run(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    Groups groups = {.run = run};
    BootstrapIntervals found[GROUPS_MOST * EACH];
    Status status = groups_fill(&groups);
    if (status == STATUS_OK)
        status = evidence_bootstrap(run, groups.count * EACH, compute, &groups, found);
    for (size_t g = 0; g < groups.count && status == STATUS_OK; ++g)
        if (groups.groups[g].lesion_count)
            add_row(evidence, &groups, &groups.groups[g], found + g * EACH, table);
    groups_clear(&groups);
    return status;
}

static void add_gap(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    evidence_add_run(evidence, run, table);
    evidence_add_text(table, "all lesions");
    evidence_add_text(table, "");
    evidence_add_text(table, "");
    evidence_add_text(table, "");
    for (size_t i = 0; i < EACH; ++i)
        evidence_add_value(table, (double)NAN, (Interval){0, 0}, 1, 1, not_given);
    evidence_add_text(table, run->has_boxes ? "no lesion is annotated" : run->no_boxes);
}

bool evidence_finds_boxes(const Evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; ++i)
        if (evidence->runs[i].finds_boxes)
            return true;
    return false;
}

bool evidence_has_boxes(const Evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; ++i)
        if (evidence->runs[i].has_boxes && evidence->runs[i].lesion_count > 0)
            return true;
    return false;
}

Status evidence_froc(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"lesions",
                                        "hit by",
                                        "number",
                                        "patients",
                                        "area to 2 false marks",
                                        "sensitivity at 1/8, %",
                                        "at 1/2, %",
                                        "at 1, %",
                                        "remark"};
    static const char *const names[] = {"lesions",
                                        "hit",
                                        "number",
                                        "patients",
                                        "area",
                                        "area_low",
                                        "area_high",
                                        "sensitivity_0.125",
                                        "sensitivity_0.125_low",
                                        "sensitivity_0.125_high",
                                        "sensitivity_0.5",
                                        "sensitivity_0.5_low",
                                        "sensitivity_0.5_high",
                                        "sensitivity_1",
                                        "sensitivity_1_low",
                                        "sensitivity_1_high",
                                        "remark"};
    Status status = STATUS_OK;
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i) {
        const EvidenceRun *run = &evidence->runs[i];
        if (run->has_boxes && run->lesion_count > 0)
            status = add_run(evidence, run, table);
        else if (run->finds_boxes)
            add_gap(evidence, run, table);
    }
    if (status == STATUS_OK)
        return results_table_check(table);
    results_table_clear(table);
    return status;
}

/* ---- the figure ---- */

static Status add_curve(const EvidenceRun *run, EvidenceCurves *curves)
{
    const FrocGroup all = {&run->overlapping, NULL};
    Froc curve;
    FrocArea area;
    froc_areas(&all, NULL, &rates[RATES - 1], 1, &area);
    Status status = froc_init(&curve, &all);
    if (status == STATUS_OK)
        status = evidence_curves_add(curves, run, curve.count, curve.false_positives,
                                     curve.sensitivity, "%s  area %.3f", run->label, area.area);
    froc_clear(&curve);
    return status;
}

Status evidence_draw_froc(const Evidence *evidence, const FigurePlaces *places)
{
    EvidenceCurves curves = {0};
    Status status = STATUS_OK;
    for (size_t i = 0; i < evidence->count && status == STATUS_OK; ++i)
        if (evidence->runs[i].has_boxes && evidence->runs[i].lesion_count > 0)
            status = add_curve(&evidence->runs[i], &curves);
    const Chart chart = {.title = "FROC, all lesions, hit from IoU 0.5",
                         .x_label = "false marks a frame",
                         .y_label = "sensitivity, by lesion",
                         .x_range = {0, FROC_LIMIT},
                         .y_range = {0, 1},
                         .legend_width = 330,
                         .series = curves.series,
                         .series_count = curves.count};
    if (status == STATUS_OK)
        status = chart_show(places, &chart, 1);
    evidence_curves_clear(&curves);
    return status;
}

/* Subgroups of the test frames and whether they differ; see evidence_sections.h. */
#include "eval/subgroups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/fixed_points.h"
#include "eval/holm.h"
#include "eval/quantile.h"
#include "report/evidence/evidence_sections.h"

enum { LEVELS_MOST = 8, LEVEL_BYTES = 64, PARTS = 3 };
enum { AREA, SENSITIVITY, SPECIFICITY, MEASURES };

/* How the frames fall into levels. */
typedef struct {
    const EvidenceRun *run;
    const char *name;
    size_t levels;
    char names[LEVELS_MOST][LEVEL_BYTES];
    size_t *level;    /* images: SUBGROUP_NONE where not given */
    size_t not_given; /* images */
    size_t too_many;  /* levels, if there are more than fit; then there are none */
    bool of_lesions;  /* only frames with a lesion have a level */
} Grouping;

/* ---- groupings ---- */

/* Puts image i at the level of a text. */
static void place(Grouping *grouping, size_t i, const char *text)
{
    size_t at = 0;
    grouping->level[i] = SUBGROUP_NONE;
    if (!*text) {
        ++grouping->not_given;
        return;
    }
    while (at < grouping->levels && strncmp(grouping->names[at], text, LEVEL_BYTES - 1) != 0)
        ++at;
    if (at == LEVELS_MOST) {
        ++grouping->too_many;
        return;
    }
    if (at == grouping->levels)
        snprintf(grouping->names[grouping->levels++], LEVEL_BYTES, "%s", text);
    grouping->level[i] = at;
}

static bool to_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && !*end && isfinite(*number);
}

/* Many different numbers, as ages are, become three parts of about as many frames; false if the
 * texts are not all numbers. */
static Status part_numbers(Grouping *grouping, const Hdf5Texts *texts, bool *numbers)
{
    double *values;
    size_t count = 0;
    *numbers = true;
    TRY(MEMORY_NEW(&values, texts->count));
    for (size_t i = 0; i < texts->count && *numbers; ++i)
        if (*texts->items[i])
            *numbers = to_number(texts->items[i], &values[count++]);
    quantile_sort(values, *numbers ? count : 0);
    const double ends[] = {quantile(values, count, 1.0 / PARTS),
                           quantile(values, count, 2.0 / PARTS)};
    free(values);
    if (!*numbers || !(ends[0] < ends[1]))
        return STATUS_OK;
    grouping->levels = PARTS;
    grouping->too_many = 0;
    snprintf(grouping->names[0], LEVEL_BYTES, "below %.4g", ends[0]);
    snprintf(grouping->names[1], LEVEL_BYTES, "%.4g to below %.4g", ends[0], ends[1]);
    snprintf(grouping->names[2], LEVEL_BYTES, "%.4g and more", ends[1]);
    for (size_t i = 0; i < texts->count; ++i) {
        double number;
        if (to_number(texts->items[i], &number))
            grouping->level[i] = (size_t)(number >= ends[0]) + (number >= ends[1]);
    }
    return STATUS_OK;
}

static Status group_by_column(Grouping *grouping, const EvidenceColumn *column)
{
    bool numbers;
    grouping->name = column->name;
    for (size_t i = 0; i < column->values.count; ++i)
        place(grouping, i, column->values.items[i]);
    return grouping->too_many ? part_numbers(grouping, &column->values, &numbers) : STATUS_OK;
}

static void group_by_class(Grouping *grouping)
{
    const CellResult *result = grouping->run->result;
    grouping->name = "class";
    grouping->of_lesions = true;
    for (size_t i = 0; i < result->images; ++i)
        place(grouping, i,
              result->truth[i] < 0 ? "" : result->class_names.items[result->truth[i] + 1]);
}

static void group_by_form(Grouping *grouping)
{
    const CellResult *result = grouping->run->result;
    grouping->name = "form";
    grouping->of_lesions = true;
    for (size_t i = 0; i < result->images; ++i)
        grouping->level[i] = SUBGROUP_NONE;
    for (size_t k = 0; k < result->overlap_count && result->forms.count; ++k)
        place(grouping, (size_t)result->overlap_image[k], result->forms.items[k]);
}

/* Whether anything was laid over a frame, where the results folder knows it of all. */
static void group_by_overlay(Grouping *grouping, const Control *control)
{
    const CellResult *result = grouping->run->result;
    grouping->name = "overlay";
    for (size_t i = 0; i < result->images; ++i) {
        size_t frame = 0;
        double boxes = 0;
        while (frame < control->frame_count &&
               strcmp(control->names.items[frame], result->image_names.items[i]) != 0)
            ++frame;
        for (size_t kind = 0; kind < OVERLAY_KINDS && frame < control->frame_count; ++kind)
            boxes += control->frames[frame][kind].boxes;
        place(grouping, i, frame == control->frame_count ? "" : boxes > 0 ? "present" : "none");
    }
}

/* ---- a grouping's numbers ---- */

typedef struct {
    const Grouping *grouping;
    RocRepeats roc;
    double *called; /* images: 1 if called a lesion */
} Measuring;

/* The ClusterStatistic: of each level the area, sensitivity and specificity. */
static Status compute(void *context, const size_t *weights, double *values)
{
    const Measuring *measuring = context;
    const EvidenceRun *run = measuring->grouping->run;
    const size_t images = run->result->images;
    size_t *own; /* weights of one level */
    TRY(MEMORY_NEW(&own, images));
    for (size_t a = 0; a < measuring->grouping->levels; ++a, values += MEASURES) {
        for (size_t i = 0; i < images; ++i)
            own[i] = measuring->grouping->level[i] == a ? weights[i] : 0;
        const ThresholdShares shares =
            threshold_shares(measuring->called, run->positive, own, images, 0.5);
        values[AREA] = roc_repeats_auc(&measuring->roc, own);
        values[SENSITIVITY] = shares.sensitivity;
        values[SPECIFICITY] = shares.specificity;
    }
    free(own);
    return STATUS_OK;
}

static Status measure(const Grouping *grouping, BootstrapIntervals *found)
{
    const EvidenceRun *run = grouping->run;
    Measuring measuring = {.grouping = grouping};
    TRY(roc_repeats_init(&measuring.roc, run->result->lesion_score, run->positive,
                         run->result->images));
    Status status = MEMORY_NEW(&measuring.called, run->result->images);
    for (size_t i = 0; i < run->result->images && status == STATUS_OK; ++i)
        measuring.called[i] = run->result->predicted[i] >= 0;
    if (status == STATUS_OK)
        status = evidence_bootstrap(run, grouping->levels * MEASURES, compute, &measuring, found);
    roc_repeats_clear(&measuring.roc);
    free(measuring.called);
    return status;
}

/* Frames of a level: all, and with a lesion. */
static void count_level(const Grouping *grouping, size_t level, size_t counts[2])
{
    counts[0] = counts[1] = 0;
    for (size_t i = 0; i < grouping->run->result->images; ++i)
        if (grouping->level[i] == level) {
            ++counts[0];
            counts[1] += grouping->run->positive[i];
        }
}

/* The levels with enough frames for a measure, numbered anew in `level`; how many. */
static size_t choose_levels(const Grouping *grouping, size_t measure_index, size_t *level)
{
    size_t renamed[LEVELS_MOST], chosen = 0;
    const EvidenceRun *run = grouping->run;
    for (size_t a = 0; a < grouping->levels; ++a) {
        size_t counts[2];
        count_level(grouping, a, counts);
        const bool lesions = counts[1] >= EVIDENCE_FEW;
        const bool others = counts[0] - counts[1] >= EVIDENCE_FEW;
        const bool enough = measure_index == AREA          ? lesions && others
                            : measure_index == SENSITIVITY ? lesions
                                                           : others;
        renamed[a] = enough ? chosen++ : SUBGROUP_NONE;
    }
    for (size_t i = 0; i < run->result->images; ++i) {
        const bool counts =
            measure_index == AREA || run->positive[i] == (measure_index == SENSITIVITY);
        level[i] = counts && grouping->level[i] != SUBGROUP_NONE ? renamed[grouping->level[i]]
                                                                 : SUBGROUP_NONE;
    }
    return chosen;
}

/* p of each measure; NaN where fewer than two levels have enough frames. */
static Status test(const Grouping *grouping, double p[MEASURES])
{
    const EvidenceRun *run = grouping->run;
    const size_t images = run->result->images;
    size_t *level;
    bool *right = NULL;
    TRY(MEMORY_NEW(&level, images));
    Status status = MEMORY_NEW(&right, images);
    for (size_t i = 0; i < images && status == STATUS_OK; ++i)
        right[i] = (run->result->predicted[i] >= 0) == run->positive[i];
    for (size_t m = 0; m < MEASURES && status == STATUS_OK; ++m) {
        SubgroupTest result = {.p = (double)NAN};
        const size_t chosen = choose_levels(grouping, m, level);
        if (chosen > 1)
            status = m == AREA
                         ? subgroups_test_areas(run->result->lesion_score, run->positive, level,
                                                chosen, &run->patients, &result)
                         : subgroups_test_shares(right, level, chosen, &run->patients, &result);
        p[m] = result.p;
    }
    free(level);
    free(right);
    return status;
}

/* ---- the table ---- */

/* A run's groupings, with what is known of each. */
typedef struct {
    size_t count;
    Grouping *groupings;                      /* count */
    double (*p)[MEASURES], (*holm)[MEASURES]; /* count */
} Groupings;

static void groupings_clear(Groupings *groupings)
{
    for (size_t g = 0; g < groupings->count; ++g)
        free(groupings->groupings[g].level);
    free(groupings->groupings);
    free(groupings->p);
    free(groupings->holm);
}

/* The next grouping, to be filled; one with fewer than two levels, or too many, is dropped
 * afterwards. */
static Status next(Groupings *groupings, const EvidenceRun *run, Grouping **grouping)
{
    *grouping = &groupings->groupings[groupings->count++];
    **grouping = (Grouping){.run = run};
    return MEMORY_NEW(&(*grouping)->level, run->result->images);
}

static void drop_if_useless(Groupings *groupings)
{
    const Grouping *last = &groupings->groupings[groupings->count - 1];
    if (last->levels < 2 || last->too_many) {
        free(last->level);
        --groupings->count;
    }
}

static Status groupings_init(const Evidence *evidence, const EvidenceRun *run, Groupings *groupings)
{
    const Control *control = &evidence->experiment->control;
    const size_t most = run->column_count + 3;
    Grouping *grouping;
    TRY(MEMORY_NEW(&groupings->groupings, most));
    TRY(MEMORY_NEW(&groupings->p, most));
    TRY(MEMORY_NEW(&groupings->holm, most));
    for (size_t c = 0; c < run->column_count; ++c) {
        TRY(next(groupings, run, &grouping));
        TRY(group_by_column(grouping, &run->columns[c]));
        drop_if_useless(groupings);
    }
    TRY(next(groupings, run, &grouping));
    group_by_class(grouping);
    drop_if_useless(groupings);
    TRY(next(groupings, run, &grouping));
    group_by_form(grouping);
    drop_if_useless(groupings);
    if (!evidence->experiment->has_control || !control->has_overlays)
        return STATUS_OK;
    TRY(next(groupings, run, &grouping));
    group_by_overlay(grouping, control);
    drop_if_useless(groupings);
    return STATUS_OK;
}

/* Holm's correction over all tests of the run; what could not be tested is none. */
static Status adjust(Groupings *groupings)
{
    double *values;
    size_t count = 0;
    TRY(MEMORY_NEW(&values, groupings->count * MEASURES));
    for (size_t g = 0; g < groupings->count; ++g)
        for (size_t m = 0; m < MEASURES; ++m)
            if (!isnan(groupings->p[g][m]))
                values[count++] = groupings->p[g][m];
    Status status = holm_adjust(values, count, values);
    for (size_t g = 0, at = 0; g < groupings->count; ++g)
        for (size_t m = 0; m < MEASURES; ++m)
            groupings->holm[g][m] = isnan(groupings->p[g][m]) ? (double)NAN : values[at++];
    free(values);
    return status;
}

static void add_p(Table *table, double p, double holm)
{
    if (isnan(p))
        table_add(table, "not tested");
    else
        table_addf(table, "p %s%.3f (Holm %.3f)", p < 0.001 ? "< " : "", fmax(p, 0.001), holm);
}

/* Patients with frames of a level: with a lesion, without one. */
static Status count_patients(const Grouping *grouping, size_t level, size_t patients[2])
{
    const EvidenceRun *run = grouping->run;
    bool *inside;
    TRY(MEMORY_NEW(&inside, run->result->images));
    Status status = STATUS_OK;
    for (size_t kind = 0; kind < 2 && status == STATUS_OK; ++kind) {
        for (size_t i = 0; i < run->result->images; ++i)
            inside[i] = grouping->level[i] == level && run->positive[i] == (kind == 0);
        status = evidence_patients(run, inside, &patients[kind]);
    }
    free(inside);
    return status;
}

static Status add_level(const Evidence *evidence, const Grouping *grouping, size_t level,
                        const BootstrapIntervals *found, ResultsTable *table)
{
    size_t counts[2], patients[2];
    TRY(count_patients(grouping, level, patients));
    count_level(grouping, level, counts);
    const size_t fewer = patients[0] < patients[1] ? patients[0] : patients[1];
    const size_t rests_on[MEASURES] = {fewer, patients[0], patients[1]};
    evidence_add_run(evidence, grouping->run, table);
    evidence_add_text(table, grouping->name);
    evidence_add_text(table, grouping->names[level]);
    evidence_add_count(table, counts[0]);
    evidence_add_count(table, counts[1]);
    for (size_t m = 0; m < MEASURES; ++m)
        evidence_add_value(table, found[m].value, evidence_share_interval(&found[m], rests_on[m]),
                           m == AREA ? 1 : 100, m == AREA ? 3 : 1,
                           grouping->of_lesions && m != SENSITIVITY ? "" : "undefined");
    for (size_t m = 0; m < MEASURES; ++m) {
        table_add(&table->numbers, "");
        table_add(&table->numbers, "");
    }
    evidence_add_text(table, grouping->of_lesions
                                 ? counts[1] < EVIDENCE_FEW ? "few lesions" : ""
                                 : evidence_remark(counts[1], counts[0] - counts[1]));
    return STATUS_OK;
}

/* The row of the test. */
static void add_test(const Evidence *evidence, const Grouping *grouping, const double *p,
                     const double *holm, ResultsTable *table)
{
    evidence_add_run(evidence, grouping->run, table);
    evidence_add_text(table, grouping->name);
    evidence_add_text(table, "any difference");
    for (size_t k = 0; k < 2; ++k)
        evidence_add_text(table, "");
    for (size_t m = 0; m < MEASURES; ++m) {
        if (grouping->of_lesions && m != SENSITIVITY)
            table_add(&table->text, "");
        else
            add_p(&table->text, p[m], holm[m]);
        for (size_t k = 0; k < 3; ++k)
            table_add(&table->numbers, "");
    }
    for (size_t m = 0; m < MEASURES; ++m) {
        table_add_exact(&table->numbers, p[m]);
        table_add_exact(&table->numbers, holm[m]);
    }
    char remark[64] = "";
    if (grouping->not_given && !grouping->of_lesions)
        snprintf(remark, sizeof remark, "not given for %zu", grouping->not_given);
    evidence_add_text(table, remark);
}

static Status add_grouping(const Evidence *evidence, const Grouping *grouping, const double *p,
                           const double *holm, ResultsTable *table)
{
    BootstrapIntervals found[LEVELS_MOST * MEASURES];
    TRY(measure(grouping, found));
    for (size_t a = 0; a < grouping->levels; ++a)
        TRY(add_level(evidence, grouping, a, found + a * MEASURES, table));
    add_test(evidence, grouping, p, holm, table);
    return STATUS_OK;
}

static Status add_run(const Evidence *evidence, const EvidenceRun *run, ResultsTable *table)
{
    Groupings groupings = {0};
    Status status = groupings_init(evidence, run, &groupings);
    for (size_t g = 0; g < groupings.count && status == STATUS_OK; ++g)
        status = test(&groupings.groupings[g], groupings.p[g]);
    if (status == STATUS_OK)
        status = adjust(&groupings);
    for (size_t g = 0; g < groupings.count && status == STATUS_OK; ++g)
        status = add_grouping(evidence, &groupings.groupings[g], groupings.p[g], groupings.holm[g],
                              table);
    groupings_clear(&groupings);
    return status;
}

Status evidence_subgroups(const Evidence *evidence, ResultsTable *table)
{
    static const char *const texts[] = {"by",  "subgroup",       "frames",         "with a lesion",
                                        "AUC", "sensitivity, %", "specificity, %", "remark"};
    static const char *const names[] = {"by",
                                        "subgroup",
                                        "frames",
                                        "lesion_frames",
                                        "auc",
                                        "auc_low",
                                        "auc_high",
                                        "sensitivity",
                                        "sensitivity_low",
                                        "sensitivity_high",
                                        "specificity",
                                        "specificity_low",
                                        "specificity_high",
                                        "auc_p",
                                        "auc_p_holm",
                                        "sensitivity_p",
                                        "sensitivity_p_holm",
                                        "specificity_p",
                                        "specificity_p_holm",
                                        "remark"};
    evidence_init_table(evidence, texts, sizeof texts / sizeof *texts, names,
                        sizeof names / sizeof *names, table);
    return evidence_fold_runs(evidence, add_run, table);
}

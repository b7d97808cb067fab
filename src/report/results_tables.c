/* Filling of the report's tables; see results_tables.h. */
#include "report/results_tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/interval.h"

enum { STATE_BYTES = REPORT_CAUSE_BYTES + 64, BACKBONES_MOST = 64 };

static const char *const tunings[] = {"local", "global"};

void results_table_clear(ResultsTable *table)
{
    table_clear(&table->text);
    table_clear(&table->numbers);
}

static Status check(ResultsTable *table)
{
    Status status = table_check(&table->text);
    if (status == STATUS_OK)
        status = table_check(&table->numbers);
    if (status != STATUS_OK)
        results_table_clear(table);
    return status;
}

/* A reported metric: where it comes from and how it is shown. */
typedef struct {
    const char *name;    /* in result.h5 */
    const char *heading; /* with the unit */
    double scale;        /* 100 for percentages */
    int decimals;
    size_t published; /* offset of the double in PublishedRun, or NOT_PUBLISHED */
} MetricColumn;
#define NOT_PUBLISHED SIZE_MAX

static double published_value(const MetricColumn *metric, const PublishedRun *run)
{
    double value = (double)NAN;
    if (run != NULL && metric->published != NOT_PUBLISHED)
        memcpy(&value, (const char *)run + metric->published, sizeof value);
    return value;
}

/* The headings of both forms. */
static void init_tables(ResultsTable *table, const MetricColumn *metrics, size_t count)
{
    const char *texts[64] = {"backbone", "tuning", "alpha", "gamma", "others", "chosen"};
    const char *numbers[64] = {"backbone", "tuning", "focal_alpha", "focal_gamma",
                               "others",   "seeds",  "chosen",      "validation"};
    char names[64][48];
    size_t text_count = 6, number_count = 8, name_count = 0;
    static const char *const parts[] = {"", "_low", "_high", "_deviation", "_published"};
    for (size_t i = 0; i < count; ++i) {
        texts[text_count++] = metrics[i].heading;
        size_t part_count = metrics[i].published == NOT_PUBLISHED ? 4 : 5;
        if (part_count == 5)
            texts[text_count++] = "paper";
        for (size_t j = 0; j < part_count; ++j) {
            snprintf(names[name_count], sizeof names[0], "%s%s", metrics[i].name, parts[j]);
            numbers[number_count++] = names[name_count++];
        }
    }
    texts[text_count++] = "state";
    numbers[number_count++] = "state";
    table_init(&table->text, text_count, texts);
    table_init(&table->numbers, number_count, numbers);
}

static void add_axis(Table *table, double value)
{
    if (isnan(value))
        table_add(table, "");
    else
        table_addf(table, "%g", value);
}

/* One metric's cells in both forms; `gap` is shown where a variant has no number. */
static void add_metric(ResultsTable *table, const MetricColumn *column, VariantMetric metric,
                       double published, const char *gap)
{
    double scale = column->scale;
    int decimals = column->decimals;
    if (isnan(metric.value))
        table_add(&table->text, gap);
    else if (metric.seeds > 1)
        table_addf(&table->text, "%.*f ± %.*f", decimals, scale * metric.value, decimals,
                   scale * metric.deviation);
    else if (isnan(metric.low))
        table_addf(&table->text, "%.*f", decimals, scale * metric.value);
    else
        table_addf(&table->text, "%.*f (%.*f to %.*f)", decimals, scale * metric.value, decimals,
                   scale * metric.low, decimals, scale * metric.high);
    table_add_exact(&table->numbers, scale * metric.value);
    table_add_exact(&table->numbers, scale * metric.low);
    table_add_exact(&table->numbers, scale * metric.high);
    table_add_exact(&table->numbers, scale * metric.deviation);
    if (column->published == NOT_PUBLISHED)
        return;
    table_add_number(&table->text, published, column->scale > 1 ? 2 : 3);
    table_add_number(&table->numbers, published, column->scale > 1 ? 2 : 3);
}

static void add_variant_row(const Experiment *experiment, const Variant *variant,
                            const MetricColumn *metrics, size_t count, ResultsTable *table)
{
    char state[STATE_BYTES];
    experiment_describe_state(experiment, variant, state, sizeof state);
    const PublishedRun *published =
        published_run(&experiment->published, variant->backbone, variant->tuning);
    const char *chosen = variant->chosen ? "yes" : "";
    const char *gap = variant->finished > 0               ? "undefined"
                      : strncmp(state, "failed", 6) == 0  ? "failed"
                      : strncmp(state, "dropped", 7) == 0 ? "dropped"
                                                          : "missing";
    table_add(&table->text, variant->backbone);
    table_add(&table->text, variant->tuning);
    add_axis(&table->text, variant->focal_alpha);
    add_axis(&table->text, variant->focal_gamma);
    table_add(&table->text, variant->others);
    table_add(&table->text, chosen);
    table_add(&table->numbers, variant->backbone);
    table_add(&table->numbers, variant->tuning);
    add_axis(&table->numbers, variant->focal_alpha);
    add_axis(&table->numbers, variant->focal_gamma);
    table_add(&table->numbers, variant->others);
    table_addf(&table->numbers, "%zu", variant->finished);
    table_add(&table->numbers, chosen);
    table_add_exact(&table->numbers, variant->validation);
    for (size_t i = 0; i < count; ++i)
        add_metric(table, &metrics[i], experiment_metric(experiment, variant, metrics[i].name),
                   published_value(&metrics[i], published), gap);
    table_add(&table->text, state);
    table_add(&table->numbers, state);
}

/* A backbone and tuning that the paper has and the grid has not. */
static void add_unplanned_row(const PublishedRun *published, const MetricColumn *metrics,
                              size_t count, ResultsTable *table)
{
    double nan = (double)NAN;
    const char *const state = "missing: not in this grid";
    table_add(&table->text, published->backbone);
    table_add(&table->text, published->tuning);
    table_add(&table->numbers, published->backbone);
    table_add(&table->numbers, published->tuning);
    for (size_t i = 0; i < 4; ++i) /* alpha to chosen */
        table_add(&table->text, "");
    for (size_t i = 0; i < 6; ++i) /* focal_alpha to validation */
        table_add(&table->numbers, "");
    for (size_t i = 0; i < count; ++i)
        add_metric(table, &metrics[i], (VariantMetric){0, nan, nan, nan, nan},
                   published_value(&metrics[i], published), "missing");
    table_add(&table->text, state);
    table_add(&table->numbers, state);
}

/* All rows, in the paper's order of backbones, local before global. */
static Status fill_table(const Experiment *experiment, const MetricColumn *metrics, size_t count,
                         ResultsTable *table)
{
    const char *backbones[BACKBONES_MOST];
    size_t backbone_count = experiment_backbones(experiment, backbones, BACKBONES_MOST);
    init_tables(table, metrics, count);
    for (size_t b = 0; b < backbone_count; ++b)
        for (size_t t = 0; t < 2; ++t) {
            size_t rows = 0;
            for (size_t i = 0; i < experiment->variant_count; ++i) {
                const Variant *variant = &experiment->variants[i];
                if (strcmp(variant->backbone, backbones[b]) != 0 ||
                    strcmp(variant->tuning, tunings[t]) != 0)
                    continue;
                add_variant_row(experiment, variant, metrics, count, table);
                ++rows;
            }
            const PublishedRun *published =
                published_run(&experiment->published, backbones[b], tunings[t]);
            if (rows == 0 && published != NULL && !isnan(published_value(&metrics[0], published)))
                add_unplanned_row(published, metrics, count, table);
        }
    return check(table);
}

Status results_table2(const Experiment *experiment, ResultsTable *table)
{
    static const MetricColumn metrics[] = {
        {"accuracy", "accuracy, %", 100, 2, offsetof(PublishedRun, accuracy)},
        {"f1", "F1, %", 100, 2, offsetof(PublishedRun, f1)},
        {"sensitivity", "sensitivity, %", 100, 2, offsetof(PublishedRun, sensitivity)},
        {"specificity", "specificity, %", 100, 2, offsetof(PublishedRun, specificity)},
    };
    return fill_table(experiment, metrics, 4, table);
}

Status results_table3(const Experiment *experiment, ResultsTable *table)
{
    static const MetricColumn metrics[] = {
        {"auc", "AUC", 1, 3, offsetof(PublishedRun, auc)},
        {"class_auc", "AUC, mean over classes", 1, 3, NOT_PUBLISHED},
    };
    return fill_table(experiment, metrics, 2, table);
}

Status results_detection(const Experiment *experiment, ResultsTable *table)
{
    static const MetricColumn metrics[] = {
        {"ap_50", "AP at 0.5", 1, 3, NOT_PUBLISHED},
        {"ap_50_95", "AP at 0.5:0.95", 1, 3, NOT_PUBLISHED},
        {"dice", "Dice", 1, 3, NOT_PUBLISHED},
        {"mask_iou", "mask IoU", 1, 3, NOT_PUBLISHED},
        {"median_seconds", "seconds an image", 1, 4, NOT_PUBLISHED},
    };
    return fill_table(experiment, metrics, 5, table);
}

enum { FORMS_MOST = 16 };
static const char *const total_form = "total", *const no_form = "none";

static const char *form_of(const CellResult *result, size_t image)
{
    const char *form = result->forms.items[image];
    return *form ? form : no_form;
}

static size_t add_form(const char *form, const char *forms[FORMS_MOST], size_t count)
{
    for (size_t i = 0; i < count; ++i)
        if (strcmp(forms[i], form) == 0)
            return count;
    if (count < FORMS_MOST)
        forms[count++] = form;
    return count;
}

/* The result's forms: the paper's three, others as they come, the total of all, and last the
 * lesions that have none. */
static size_t list_forms(const CellResult *result, const char *forms[FORMS_MOST])
{
    static const char *const known[] = {"uplift", "flat", "depression"};
    size_t count = 0;
    for (size_t k = 0; k < 3; ++k)
        for (size_t i = 0; i < result->overlap_count; ++i)
            if (strcmp(form_of(result, i), known[k]) == 0)
                count = add_form(known[k], forms, count);
    for (size_t i = 0; i < result->overlap_count; ++i)
        if (strcmp(form_of(result, i), no_form) != 0)
            count = add_form(form_of(result, i), forms, count);
    if (count > 0)
        count = add_form(total_form, forms, count);
    return add_form(no_form, forms, count);
}

/* Images of the form, and how many of them overlap by at least 60, 70, 80, 90 percent. */
static size_t count_overlap(const CellResult *result, const double *overlap, const char *form,
                            size_t reached[4])
{
    size_t images = 0;
    for (size_t i = 0; i < result->overlap_count; ++i) {
        bool counts = strcmp(form, total_form) == 0 ? strcmp(form_of(result, i), no_form) != 0
                                                    : strcmp(form_of(result, i), form) == 0;
        if (!counts || isnan(overlap[i]))
            continue;
        ++images;
        for (size_t level = 0; level < 4; ++level)
            reached[level] += overlap[i] >= 0.6 + 0.1 * (double)level - 1e-12;
    }
    return images;
}

static void add_overlap_rows(const Variant *variant, const CellResult *result, ResultsTable *table)
{
    const char *forms[FORMS_MOST];
    size_t count = list_forms(result, forms);
    for (size_t row = 0; row < 2 * count; ++row) {
        const char *form = forms[row / 2], *kind = row % 2 ? "mask" : "box";
        const double *overlap = row % 2 ? result->mask_overlap : result->box_overlap;
        size_t reached[4] = {0}, images = count_overlap(result, overlap, form, reached);
        Table *both[] = {&table->text, &table->numbers};
        for (size_t i = 0; i < 2 && images > 0; ++i) {
            table_add(both[i], variant->backbone);
            table_add(both[i], variant->tuning);
            table_add(both[i], form);
            table_add(both[i], kind);
            table_addf(both[i], "%zu", images);
            for (size_t level = 0; level < 4; ++level)
                table_addf(both[i], i == 0 ? "%.1f" : "%.15g",
                           100 * (double)reached[level] / (double)images);
        }
    }
}

Status results_overlap(const Experiment *experiment, ResultsTable *table)
{
    const char *const headings[] = {"backbone", "tuning",  "form",    "of",     "images",
                                    ">= 60 %",  ">= 70 %", ">= 80 %", ">= 90 %"};
    const char *const names[] = {"backbone",  "tuning",    "form",      "of",       "images",
                                 "overlap60", "overlap70", "overlap80", "overlap90"};
    table_init(&table->text, 9, headings);
    table_init(&table->numbers, 9, names);
    const Published *published = &experiment->published;
    for (size_t i = 0; i < published->form_count; ++i) {
        const PublishedForm *form = &published->forms[i];
        Table *both[] = {&table->text, &table->numbers};
        for (size_t j = 0; j < 2; ++j) {
            table_add(both[j], "paper");
            table_add(both[j], "");
            table_add(both[j], form->form);
            table_add(both[j], "region");
            table_add_number(both[j], form->images, 0);
            for (size_t level = 0; level < 4; ++level)
                table_add_number(both[j], 100 * form->overlap[level] / form->images,
                                 j == 0 ? 1 : 4);
        }
    }
    for (size_t i = 0; i < experiment->variant_count; ++i) {
        const Variant *variant = &experiment->variants[i];
        if (variant->chosen)
            add_overlap_rows(variant, &experiment->results[variant->best], table);
    }
    return check(table);
}

/* Whether two results are of the same images in the same order. */
static bool same_images(const CellResult *a, const CellResult *b)
{
    if (a->images != b->images || a->images == 0)
        return false;
    for (size_t i = 0; i < a->images; ++i)
        if (strcmp(a->image_names.items[i], b->image_names.items[i]) != 0 ||
            a->truth[i] != b->truth[i])
            return false;
    return true;
}

static Status compare_runs(const CellResult *a, const CellResult *b, DelongTest *test)
{
    bool *positive = NULL;
    TRY(MEMORY_NEW(&positive, a->images));
    for (size_t i = 0; i < a->images; ++i)
        positive[i] = a->truth[i] >= 0;
    Status status = interval_delong(a->lesion_score, b->lesion_score, positive, a->images, test);
    free(positive);
    return status;
}

Status results_delong(const Experiment *experiment, ResultsTable *table)
{
    const char *const headings[] = {"backbone",   "images", "AUC local", "AUC global",
                                    "difference", "z",      "p"};
    const char *const names[] = {"backbone",   "images", "auc_local", "auc_global",
                                 "difference", "z",      "p"};
    const char *backbones[BACKBONES_MOST];
    size_t count = experiment_backbones(experiment, backbones, BACKBONES_MOST);
    table_init(&table->text, 7, headings);
    table_init(&table->numbers, 7, names);
    for (size_t i = 0; i < count; ++i) {
        const Variant *local = experiment_chosen(experiment, backbones[i], "local");
        const Variant *global = experiment_chosen(experiment, backbones[i], "global");
        if (local == NULL || global == NULL)
            continue;
        const CellResult *a = &experiment->results[local->best];
        const CellResult *b = &experiment->results[global->best];
        if (!same_images(a, b))
            continue;
        DelongTest test;
        Status status = compare_runs(a, b, &test);
        if (status != STATUS_OK) {
            results_table_clear(table);
            return status;
        }
        const double values[] = {test.auc[0], test.auc[1], test.auc[1] - test.auc[0], test.z,
                                 test.p};
        table_add(&table->text, backbones[i]);
        table_addf(&table->text, "%zu", a->images);
        table_add(&table->numbers, backbones[i]);
        table_addf(&table->numbers, "%zu", a->images);
        for (size_t j = 0; j < 5; ++j) {
            if (j == 4 && values[j] < 0.001)
                table_add(&table->text, "< 0.001");
            else
                table_add_number(&table->text, values[j], j == 3 ? 2 : 3);
            table_add_exact(&table->numbers, values[j]);
        }
    }
    return check(table);
}

Status results_cells(const Experiment *experiment, ResultsTable *table)
{
    static const char *const states[] = {"missing", "started", "done", "failed", "dropped"};
    const char *const names[] = {"cell",   "backbone", "tuning", "focal_alpha", "focal_gamma",
                                 "others", "seed",     "state",  "validation",  "cause"};
    table_init(&table->text, 10, names);
    table_init(&table->numbers, 10, names);
    for (size_t i = 0; i < experiment->cells.count; ++i) {
        const ReportCell *cell = &experiment->cells.cells[i];
        Table *numbers = &table->numbers;
        table_add(numbers, cell->id);
        table_add(numbers, cell->backbone);
        table_add(numbers, cell->tuning);
        add_axis(numbers, cell->focal_alpha);
        add_axis(numbers, cell->focal_gamma);
        table_add(numbers, cell->others);
        table_add_number(numbers, cell->seed, 0);
        table_add(numbers, states[cell->state]);
        table_add_exact(numbers, experiment->validation[i]);
        table_add(numbers, cell->cause);
    }
    return check(table);
}

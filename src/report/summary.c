/* See summary.h. */
#include "report/summary.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_map.h"
#include "report/answers.h"
#include "report/labels.h"
#include "report/tables/results_table.h"
#include "report/variants.h"

enum { TEXT_BYTES = 2048 };
static const double significant = 0.05;

static void append(char text[TEXT_BYTES], const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void append(char text[TEXT_BYTES], const char *format, ...)
{
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, TEXT_BYTES - used, format, arguments);
    va_end(arguments);
}

/* ---- what was compared ---- */

/* "backbone: r50x1, r101x1, r152x1": the values of an axis in the order of planning. */
static Status describe_axis(const Experiment *experiment, const char *key, char text[TEXT_BYTES])
{
    enum { SHOWN = 12 };
    TextMap seen = {0};
    Status status = STATUS_OK;
    text[0] = '\0';
    append(text, "%s:", key);
    for (size_t i = 0; i < experiment->records.count && status == STATUS_OK; ++i) {
        const char *value = axes_value(&experiment->records.cells[i], key);
        const size_t before = seen.count;
        size_t number = seen.count;
        if (!*value)
            continue;
        status = text_map_add(&seen, value, &number);
        if (number == before && seen.count <= SHOWN)
            append(text, "%s %s", before ? "," : "", value);
    }
    if (seen.count > SHOWN)
        append(text, ", and %zu more", seen.count - SHOWN);
    if (seen.count == 0)
        text[0] = '\0';
    text_map_clear(&seen);
    return status;
}

static Status add_axis(const Experiment *experiment, const char *key, Document *document)
{
    char text[TEXT_BYTES];
    TRY(describe_axis(experiment, key, text));
    if (*text)
        document_item(document, "%s", text);
    return STATUS_OK;
}

/* On how many images the first cell with answers was tested. */
static Status add_images(const Experiment *experiment, Document *document)
{
    size_t i = 0, known = 0, lesions = 0;
    Clusters patients;
    while (i < experiment->records.count && !answers_has(&experiment->results[i]))
        ++i;
    if (i == experiment->records.count)
        return STATUS_OK;
    const CellResult *result = &experiment->results[i];
    TRY(answers_patients(result, &patients));
    for (size_t k = 0; k < result->images; ++k) {
        known += result->patients.count && *result->patients.items[k];
        lesions += result->truth[k] >= 0;
    }
    document_item(document, "%s: %zu, %zu of them with a lesion%s",
                  experiment->on_validation ? "validation images, which stand for a test"
                                            : "test images",
                  result->images, lesions, known ? "" : "; no patients are known");
    if (known)
        document_item(document, "patients of these images: %zu", patients.count);
    clusters_clear(&patients);
    return STATUS_OK;
}

Status summary_compared(const Experiment *experiment, Document *document)
{
    const Axes *axes = &experiment->axes;
    document_section(document, "compared", "What was compared");
    document_list(document);
    for (size_t i = 0; i < axes->naming_count; ++i)
        TRY(add_axis(experiment, axes->naming[i], document));
    for (size_t i = 0; i < axes->other_count; ++i)
        TRY(add_axis(experiment, axes->others[i], document));
    TRY(add_axis(experiment, "seed", document));
    TRY(add_images(experiment, document));
    document_list_end(document);
    return STATUS_OK;
}

/* ---- the best ---- */

static const Run *best_run(const Experiment *experiment)
{
    const Run *best = NULL;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        if (run->chosen &&
            (!best || variants_better(run->chosen->validation, best->chosen->validation)))
            best = run;
    }
    return best;
}

/* "AUC 0.953 (0.921 to 0.978)", if the run has it. */
static void add_metric(const Experiment *experiment, const Run *run, const char *name,
                       const char *label, double scale, Document *document)
{
    const VariantMetric metric = experiment_metric(experiment, run->chosen, name);
    const int decimals = scale > 1 ? 1 : 3;
    const char *unit = scale > 1 ? " %" : "";
    if (isnan(metric.value))
        return;
    if (metric.seeds > 1)
        document_item(document, "%s %.*f ± %.*f%s (mean and standard deviation of %zu seeds)",
                      label, decimals, scale * metric.value, decimals, scale * metric.deviation,
                      unit, metric.seeds);
    else if (isnan(metric.low))
        document_item(document, "%s %.*f%s", label, decimals, scale * metric.value, unit);
    else
        document_item(document, "%s %.*f%s (%.*f to %.*f)", label, decimals, scale * metric.value,
                      unit, decimals, scale * metric.low, decimals, scale * metric.high);
}

void summary_best(const Experiment *experiment, Document *document)
{
    const Run *best = best_run(experiment);
    char label[LABEL_BYTES], others[LABEL_OTHERS_BYTES], validation[64] = "";
    document_section(document, "best", "The best on validation");
    if (!best) {
        document_text(document, "No cell is finished.");
        return;
    }
    const CellRecord *cell = &experiment->records.cells[best->chosen->best];
    label_run(experiment, best, label);
    label_others(experiment, cell, others);
    if (!isnan(best->chosen->validation))
        snprintf(validation, sizeof validation, ": %s %.3f", experiment->measure,
                 best->chosen->validation);
    for (char *at = validation; *at; ++at)
        *at = *at == '_' ? ' ' : *at;
    document_text(document, "%s%s%s%s (cell %s). %s", *label ? label : "The only run",
                  *others ? ", " : "", others, validation, cell->id,
                  experiment->on_validation
                      ? "On the same validation images, which stand for a test:"
                      : "The test images took no part in the choice. On them, with 95 % "
                        "intervals:");
    document_list(document);
    add_metric(experiment, best, "auc", "AUC", 1, document);
    add_metric(experiment, best, "lesion_sensitivity", "lesion sensitivity", 100, document);
    add_metric(experiment, best, "lesion_specificity", "lesion specificity", 100, document);
    add_metric(experiment, best, "accuracy", "accuracy over the classes", 100, document);
    add_metric(experiment, best, "ap_50", "average precision of boxes at IoU 0.5:", 1, document);
    add_metric(experiment, best, "dice", "Dice of masks", 1, document);
    document_list_end(document);
    if (results_has_variants(experiment))
        document_text(document, "The variants of the experiment file are to be compared by what "
                                "each part brings, not by which of them is the best.");
}

/* ---- what differs ---- */

/* The column of a name; the table's count of columns if it has none. */
static size_t column_of(const Table *table, const char *name)
{
    size_t column = 0;
    while (column < table->columns && strcmp(table_heading(table, column), name) != 0)
        ++column;
    return column;
}

static double number_at(const Table *table, size_t row, const char *name)
{
    const size_t column = column_of(table, name);
    if (column == table->columns || !*table_cell(table, row, column))
        return (double)NAN;
    return strtod(table_cell(table, row, column), NULL);
}

/* The run of a row: its columns before the one that names the other run. */
static void name_row(const Table *table, size_t row, char text[TEXT_BYTES])
{
    const size_t end = column_of(table, "against");
    text[0] = '\0';
    for (size_t column = 0; column < end; ++column)
        if (*table_cell(table, row, column))
            append(text, "%s%s", *text ? " " : "", table_cell(table, row, column));
}

/* "; AUC lower by 0.071 (0.022 to 0.131)", if its interval leaves 0 out. */
static bool append_difference(const Table *table, size_t row, char text[TEXT_BYTES])
{
    const double value = number_at(table, row, "auc_difference");
    const double low = number_at(table, row, "auc_difference_low");
    const double high = number_at(table, row, "auc_difference_high");
    if (!(low > 0 || high < 0))
        return false;
    append(text, "; AUC %s by %.3f (%.3f to %.3f)", value < 0 ? "lower" : "higher", fabs(value),
           fmin(fabs(low), fabs(high)), fmax(fabs(low), fabs(high)));
    return true;
}

/* A row that differs; false if nothing of it does. */
static bool describe_row(const Table *table, size_t row, char text[TEXT_BYTES])
{
    const double p = number_at(table, row, "p_holm");
    const double here = number_at(table, row, "only_first");
    const double there = number_at(table, row, "only_second");
    bool differs = false;
    name_row(table, row, text);
    if (p < significant) {
        append(text, ": %s images right (%.0f right only here, %.0f only there; p %s",
               here < there ? "fewer" : "more", here, there, p < 0.001 ? "< 0.001" : "= ");
        if (p >= 0.001)
            append(text, "%.3f", p);
        append(text, " after Holm's correction)");
        differs = true;
    }
    return append_difference(table, row, text) || differs;
}

void summary_differences(const Table *comparisons, Document *document)
{
    const size_t rows = table_rows(comparisons);
    char text[TEXT_BYTES];
    size_t found = 0;
    document_section(document, "differences", "What differs from it");
    if (rows == 0) {
        document_text(document, "No other run has answers on the same images.");
        return;
    }
    for (size_t row = 0; row < rows; ++row)
        found += describe_row(comparisons, row, text);
    document_text(document,
                  "Of %zu other run%s on the same images %zu differ%s by more than chance: by "
                  "McNemar's test with Holm's correction at p < 0.05, or by an AUC whose "
                  "difference has a 95 %% interval, not corrected, without 0%s",
                  rows, rows == 1 ? "" : "s", found, found == 1 ? "s" : "",
                  found ? ":" : ". That does not show that they are equal.");
    if (!found)
        return;
    document_list(document);
    for (size_t row = 0; row < rows; ++row)
        if (describe_row(comparisons, row, text))
            document_item(document, "%s", text);
    document_list_end(document);
}

void summary_tunings(const Table *delong, Document *document)
{
    const size_t rows = table_rows(delong);
    double local = 0, global = 0;
    if (rows == 0)
        return;
    for (size_t row = 0; row < rows; ++row) {
        local += number_at(delong, row, "auc_local") / (double)rows;
        global += number_at(delong, row, "auc_global") / (double)rows;
    }
    document_section(document, "tunings", "Local against global tuning");
    document_text(document,
                  "Over %zu network%s the mean AUC is %.3f with local tuning and %.3f with global: "
                  "global is %s by %.3f. Whether that is chance is tested network by network.",
                  rows, rows == 1 ? "" : "s", local, global, global < local ? "lower" : "higher",
                  fabs(global - local));
}

/* ---- what is missing ---- */

static void add_standing(const Experiment *experiment, CellStanding standing, const char *what,
                         Document *document)
{
    enum { SHOWN = 8 };
    char text[TEXT_BYTES] = "", label[LABEL_TITLE_BYTES];
    size_t count = 0;
    for (size_t i = 0; i < experiment->records.count; ++i) {
        const CellRecord *cell = &experiment->records.cells[i];
        if (cell->standing != standing || ++count > SHOWN)
            continue;
        label_cell(experiment, cell, label);
        append(text, "%s%s%s%.80s%s", count > 1 ? "; " : "", label,
               standing == CELL_FAILED ? " (" : "", standing == CELL_FAILED ? cell->cause : "",
               standing == CELL_FAILED ? ")" : "");
    }
    if (count > SHOWN)
        append(text, "; and %zu more", count - SHOWN);
    if (count)
        document_item(document, "%s, %zu: %s", what, count, text);
}

void summary_missing(const Experiment *experiment, Document *document)
{
    size_t done = 0;
    for (size_t i = 0; i < experiment->records.count; ++i)
        done += experiment->records.cells[i].standing == CELL_DONE;
    document_section(document, "missing", "What is missing");
    if (done == experiment->records.count) {
        document_text(document, "Nothing: all cells are done.");
        return;
    }
    document_list(document);
    add_standing(experiment, CELL_FAILED, "failed", document);
    add_standing(experiment, CELL_PARTIAL, "started and not finished", document);
    add_standing(experiment, CELL_NEW, "not started", document);
    add_standing(experiment, CELL_DROPPED, "dropped by the search", document);
    document_list_end(document);
}

/* Curves and matrices of an experiment; see results_figures.h. */
#include "report/results_figures.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "report/chart.h"
#include "report/labels.h"
#include "report/matrix_figure.h"
#include "report/page/chart_view.h"
#include "report/page/matrix_view.h"

static void stem_in(char stem[PATH_MAX], const char *folder, const char *kind, const char *name)
{
    snprintf(stem, PATH_MAX, "%s/%s_%s", folder, kind, name);
}

/* "r50x1  AUC 0.953 (0.921 to 0.978), paper 0.930"; with the seed that it is of, where a run has
 * several. */
static void label_curve(const Experiment *experiment, const Run *run, char label[LABEL_BYTES])
{
    const CellMetric *area = cell_result_metric(experiment_result(experiment, run), "auc");
    char network[LABEL_BYTES], seed[EXPERIMENT_SEED_BYTES];
    label_network(experiment, run, network);
    if (area == NULL || isnan(area->value))
        snprintf(label, LABEL_BYTES, "%s  no AUC", network);
    else if (isnan(area->low))
        snprintf(label, LABEL_BYTES, "%s  AUC %.3f", network, area->value);
    else
        snprintf(label, LABEL_BYTES, "%s  AUC %.3f (%.3f to %.3f)", network, area->value, area->low,
                 area->high);
    size_t length = strlen(label);
    if (run->published != NULL && !isnan(run->published->auc))
        snprintf(label + length, LABEL_BYTES - length, ", paper %.3f", run->published->auc);
    length = strlen(label);
    experiment_describe_seed(experiment, run, seed);
    if (*seed)
        snprintf(label + length, LABEL_BYTES - length, ", %s", seed);
}

/* The curves of one tuning, and their labels, which they borrow; both have room for all runs. */
static size_t collect_curves(const Experiment *experiment, const char *tuning,
                             char (*labels)[LABEL_BYTES], ChartSeries *series)
{
    size_t count = 0;
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        const CellResult *result = experiment_result(experiment, run);
        if (strcmp(run->tuning, tuning) != 0 || !result || !result->false_positive_rate)
            continue;
        label_curve(experiment, run, labels[count]);
        series[count] = (ChartSeries){.label = labels[count],
                                      .x = result->false_positive_rate,
                                      .y = result->true_positive_rate,
                                      .count = result->roc_count,
                                      .colour = run->network,
                                      .dash = run->network % 7 % 3};
        ++count;
    }
    return count;
}

Status results_figure_roc(const Experiment *experiment, const char *tuning, const char *folder,
                          FILE *html)
{
    char title[64] = "ROC curves", stem[PATH_MAX];
    char(*labels)[LABEL_BYTES];
    ChartSeries *series;
    TRY(MEMORY_NEW(&labels, experiment->run_count));
    Status status = MEMORY_NEW(&series, experiment->run_count);
    snprintf(stem, sizeof stem, "%s/roc", folder);
    if (*tuning) {
        snprintf(title, sizeof title, "ROC curves, %s tuning", tuning);
        stem_in(stem, folder, "roc", tuning);
    }
    if (status == STATUS_OK) {
        Chart chart = {.title = title,
                       .x_label = "1 − specificity",
                       .y_label = "sensitivity",
                       .x_range = {0, 1},
                       .y_range = {0, 1},
                       .diagonal = true,
                       .legend_width = 330,
                       .series = series,
                       .series_count = collect_curves(experiment, tuning, labels, series)};
        status = chart_show(&(FigurePlaces){stem, html}, &chart, 1);
    }
    free(labels);
    free(series);
    return status;
}

/* ---- of a cell ---- */

bool results_figure_has_confusion(const CellResult *result)
{
    return result->class_names.count > 0;
}

bool results_figure_has_lesion_confusion(const CellResult *result)
{
    return result->lesion_confusion && result->class_names.count > 2;
}

bool results_figure_has_curves(const CellResult *result)
{
    return cell_result_history(result, "epoch") != NULL;
}

/* The matrix with normal, or of the lesion classes alone; it borrows the title. */
static MatrixFigure confusion_of(const Experiment *experiment, size_t cell, bool normal,
                                 char title[LABEL_TITLE_BYTES])
{
    const CellResult *result = &experiment->results[cell];
    label_cell(experiment, &experiment->records.cells[cell], title);
    return (MatrixFigure){.title = title,
                          .names = (const char *const *)result->class_names.items + !normal,
                          .counts = normal ? result->confusion : result->lesion_confusion,
                          .classes = result->class_names.count - !normal};
}

static Status draw_confusion(const Experiment *experiment, size_t cell, bool normal,
                             const char *folder)
{
    char title[LABEL_TITLE_BYTES], stem[PATH_MAX];
    const MatrixFigure figure = confusion_of(experiment, cell, normal, title);
    stem_in(stem, folder, normal ? "confusion" : "lesions", experiment->records.cells[cell].id);
    return matrix_figure_save(stem, &figure);
}

void results_figure_show_confusion(const Experiment *experiment, size_t cell, bool normal,
                                   FILE *html)
{
    char title[LABEL_TITLE_BYTES];
    const MatrixFigure figure = confusion_of(experiment, cell, normal, title);
    matrix_view_write(&figure, html);
}

/* A line of the curves: the name of its column in the history, and what the figure calls it. */
typedef struct {
    const char *name, *label;
} CurveLine;

static void add_line(const CellResult *result, const CellHistory *history, const char *label,
                     ChartSeries *series, size_t *count)
{
    series[*count] = (ChartSeries){.label = label,
                                   .x = cell_result_history(result, "epoch")->values,
                                   .y = history->values,
                                   .count = result->epochs,
                                   .colour = *count,
                                   .dash = *count % 3};
    ++*count;
}

static size_t add_lines(const CellResult *result, const CurveLine *lines, size_t line_count,
                        ChartSeries *series)
{
    size_t count = 0;
    for (size_t i = 0; i < line_count; ++i) {
        const CellHistory *history = cell_result_history(result, lines[i].name);
        if (history != NULL)
            add_line(result, history, lines[i].label, series, &count);
    }
    return count;
}

enum { LOSSES = 4 };
static const CurveLine losses[LOSSES] = {{"loss", "total"},
                                         {"classification_loss", "classification"},
                                         {"box_loss", "boxes"},
                                         {"segmentation_loss", "segmentation"}};

/* The known losses first, then whatever else is called a loss. */
static size_t add_losses(const CellResult *result, ChartSeries *series)
{
    static const char ending[] = "_loss";
    size_t count = add_lines(result, losses, LOSSES, series);
    for (size_t i = 0; i < result->history_count; ++i) {
        const CellHistory *history = &result->history[i];
        size_t length = strlen(history->name);
        bool known = length < sizeof ending ||
                     strcmp(history->name + length - (sizeof ending - 1), ending) != 0;
        for (size_t k = 0; k < LOSSES; ++k)
            known |= strcmp(history->name, losses[k].name) == 0;
        if (!known)
            add_line(result, history, history->name, series, &count);
    }
    return count;
}

/* The charts of a cell's curves, as files or for the page. */
static Status curves_to(const Experiment *experiment, size_t cell, const char *stem, FILE *html)
{
    static const CurveLine measures[] = {{"validation_auc", "AUC"},
                                         {"validation_accuracy", "accuracy"},
                                         {"validation_dice", "Dice"},
                                         {"validation_ap_50", "AP at 0.5"}};
    const CellResult *result = &experiment->results[cell];
    char title[LABEL_TITLE_BYTES];
    label_cell(experiment, &experiment->records.cells[cell], title);
    ChartSeries *loss_series, validation_series[4];
    TRY(MEMORY_NEW(&loss_series, LOSSES + result->history_count));
    Chart charts[2] = {{.title = title,
                        .x_label = "epoch",
                        .y_label = "training loss",
                        .whole_x = true,
                        .markers = true,
                        .legend_width = 110,
                        .series = loss_series,
                        .series_count = add_losses(result, loss_series)},
                       {.title = "validation",
                        .x_label = "epoch",
                        .y_label = "validation metric",
                        .y_range = {0, 1},
                        .whole_x = true,
                        .markers = true,
                        .legend_width = 100,
                        .series = validation_series,
                        .series_count = add_lines(result, measures, 4, validation_series)}};
    Status status = STATUS_OK;
    if (html)
        chart_view_write(charts, 2, html);
    else
        status = chart_save(stem, charts, 2);
    free(loss_series);
    return status;
}

static Status draw_curves(const Experiment *experiment, size_t cell, const char *folder)
{
    char stem[PATH_MAX];
    stem_in(stem, folder, "curves", experiment->records.cells[cell].id);
    return curves_to(experiment, cell, stem, NULL);
}

Status results_figure_show_curves(const Experiment *experiment, size_t cell, FILE *html)
{
    return curves_to(experiment, cell, NULL, html);
}

Status results_figures_cells(const Experiment *experiment, const char *folder)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < experiment->records.count; ++i) {
        if (experiment->records.cells[i].standing != CELL_DONE || first_error_before(&first, i))
            continue;
        Status status = STATUS_OK;
        if (results_figure_has_confusion(&experiment->results[i]))
            status = draw_confusion(experiment, i, true, folder);
        if (status == STATUS_OK && results_figure_has_lesion_confusion(&experiment->results[i]))
            status = draw_confusion(experiment, i, false, folder);
        if (status == STATUS_OK && results_figure_has_curves(&experiment->results[i]))
            status = draw_curves(experiment, i, folder);
        first_error_note(&first, i, status);
    }
    return first_error_status(&first);
}

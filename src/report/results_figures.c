/* Curves and matrices of an experiment; see results_figures.h. */
#include "report/results_figures.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/matrix_figure.h"

enum { SERIES_MOST = 32, LABEL_BYTES = 96 };

void results_cell_title(const ReportCell *cell, char *text, size_t room)
{
    int length = snprintf(text, room, "%s, %s tuning", cell->backbone, cell->tuning);
    const struct {
        const char *name;
        double value;
    } axes[] = {{"alpha", cell->focal_alpha}, {"gamma", cell->focal_gamma}, {"seed", cell->seed}};
    for (size_t i = 0; i < 3; ++i)
        if (!isnan(axes[i].value) && length >= 0 && (size_t)length < room)
            length += snprintf(text + length, room - (size_t)length, ", %s %g", axes[i].name,
                               axes[i].value);
    if (cell->others[0] && length >= 0 && (size_t)length < room)
        snprintf(text + length, room - (size_t)length, ", %s", cell->others);
}

static void stem_in(char stem[PATH_MAX], const char *folder, const char *kind, const char *name)
{
    snprintf(stem, PATH_MAX, "%s/%s_%s", folder, kind, name);
}

static void label_curve(const CellResult *result, const char *backbone, char label[LABEL_BYTES])
{
    const CellMetric *area = cell_result_metric(result, "auc");
    if (area == NULL || isnan(area->value))
        snprintf(label, LABEL_BYTES, "%s  no AUC", backbone);
    else if (isnan(area->low))
        snprintf(label, LABEL_BYTES, "%s  AUC %.3f", backbone, area->value);
    else
        snprintf(label, LABEL_BYTES, "%s  AUC %.3f (%.3f to %.3f)", backbone, area->value,
                 area->low, area->high);
}

static void add_published_area(const PublishedRun *run, char label[LABEL_BYTES])
{
    size_t length = strlen(label);
    if (run != NULL && !isnan(run->auc))
        snprintf(label + length, LABEL_BYTES - length, ", paper %.3f", run->auc);
}

Status results_figure_roc(const Experiment *experiment, const char *tuning, const char *folder)
{
    const char *backbones[SERIES_MOST];
    char labels[SERIES_MOST][LABEL_BYTES], title[64], stem[PATH_MAX];
    ChartSeries series[SERIES_MOST];
    size_t backbone_count = experiment_backbones(experiment, backbones, SERIES_MOST), count = 0;
    for (size_t i = 0; i < backbone_count; ++i) {
        const Variant *variant = experiment_chosen(experiment, backbones[i], tuning);
        if (variant == NULL)
            continue;
        const CellResult *result = &experiment->results[variant->best];
        label_curve(result, backbones[i], labels[count]);
        add_published_area(published_run(&experiment->published, backbones[i], tuning),
                           labels[count]);
        series[count] = (ChartSeries){.label = labels[count],
                                      .x = result->false_positive_rate,
                                      .y = result->true_positive_rate,
                                      .count = result->roc_count,
                                      .colour = i,
                                      .dash = i % 7 % 3};
        ++count;
    }
    snprintf(title, sizeof title, "ROC curves, %s tuning", tuning);
    Chart chart = {.title = title,
                   .x_label = "1 − specificity",
                   .y_label = "sensitivity",
                   .x_range = {0, 1},
                   .y_range = {0, 1},
                   .diagonal = true,
                   .legend_width = 330,
                   .series = series,
                   .series_count = count};
    stem_in(stem, folder, "roc", tuning);
    return chart_save(stem, &chart, 1);
}

Status results_figure_confusion(const Experiment *experiment, size_t cell, const char *folder)
{
    const CellResult *result = &experiment->results[cell];
    char title[160], stem[PATH_MAX];
    results_cell_title(&experiment->cells.cells[cell], title, sizeof title);
    MatrixFigure figure = {.title = title,
                           .names = (const char *const *)result->class_names.items,
                           .counts = result->confusion,
                           .classes = result->class_names.count};
    stem_in(stem, folder, "confusion", experiment->cells.cells[cell].id);
    return matrix_figure_save(stem, &figure);
}

/* Adds the history of a name as a line, if there is one. */
static void add_line(const CellResult *result, const double *epochs, const char *name,
                     const char *label, ChartSeries *series, size_t *count)
{
    const CellHistory *history = cell_result_history(result, name);
    if (history == NULL)
        return;
    series[*count] = (ChartSeries){.label = label,
                                   .x = epochs,
                                   .y = history->values,
                                   .count = result->epochs,
                                   .colour = *count,
                                   .dash = *count % 3};
    ++*count;
}

Status results_figure_curves(const Experiment *experiment, size_t cell, const char *folder)
{
    const CellResult *result = &experiment->results[cell];
    const CellHistory *epoch = cell_result_history(result, "epoch");
    if (epoch == NULL)
        return STATUS_OK;
    char title[160], stem[PATH_MAX];
    results_cell_title(&experiment->cells.cells[cell], title, sizeof title);
    ChartSeries losses[4], validations[4];
    size_t loss_count = 0, validation_count = 0;
    const double *epochs = epoch->values;
    add_line(result, epochs, "loss", "total", losses, &loss_count);
    add_line(result, epochs, "classification_loss", "classification", losses, &loss_count);
    add_line(result, epochs, "box_loss", "boxes", losses, &loss_count);
    add_line(result, epochs, "segmentation_loss", "segmentation", losses, &loss_count);
    add_line(result, epochs, "validation_auc", "AUC", validations, &validation_count);
    add_line(result, epochs, "validation_accuracy", "accuracy", validations, &validation_count);
    add_line(result, epochs, "validation_dice", "Dice", validations, &validation_count);
    add_line(result, epochs, "validation_ap_50", "AP at 0.5", validations, &validation_count);
    Chart charts[2] = {{.title = title,
                        .x_label = "epoch",
                        .y_label = "training loss",
                        .whole_x = true,
                        .markers = true,
                        .legend_width = 110,
                        .series = losses,
                        .series_count = loss_count},
                       {.title = "validation",
                        .x_label = "epoch",
                        .y_label = "validation metric",
                        .y_range = {0, 1},
                        .whole_x = true,
                        .markers = true,
                        .legend_width = 100,
                        .series = validations,
                        .series_count = validation_count}};
    stem_in(stem, folder, "curves", experiment->cells.cells[cell].id);
    return chart_save(stem, charts, 2);
}

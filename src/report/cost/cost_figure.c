/* What was reached against what it took; see cost.h. Points carry numbers, and a list beside the
 * frame says whose they are. All lengths are points. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/chart_axes.h"
#include "report/cost/cost.h"
#include "report/figure.h"
#include "report/labels.h"

static const double frame_left = 70, frame_top = 20, frame_width = 420, frame_height = 330;
static const double list_width = 250, text_size = 10.5;

typedef struct {
    char label[LABEL_BYTES];
    double hours;
    CellMetric metric;
} Point;

typedef struct {
    size_t count;
    Point *points;            /* count */
    const char *name, *title; /* of the metric */
    double low, high, step;   /* of the metric */
    double first, last;       /* decades of the hours */
} CostFigure;

static double x_place(const CostFigure *figure, double hours)
{
    return frame_left +
           (log10(hours) - figure->first) / (figure->last - figure->first) * frame_width;
}

static double y_place(const CostFigure *figure, double value)
{
    return frame_top + (figure->high - value) / (figure->high - figure->low) * frame_height;
}

static void grid_line(cairo_t *sheet, double x0, double y0, double x1, double y1)
{
    figure_set_grey(sheet, 0.88);
    cairo_set_line_width(sheet, 0.6);
    cairo_move_to(sheet, x0, y0);
    cairo_line_to(sheet, x1, y1);
    cairo_stroke(sheet);
    figure_set_grey(sheet, 0.25);
}

static void draw_axes(cairo_t *sheet, const CostFigure *figure)
{
    static const double parts[] = {1, 2, 5, 1.5, 3, 4, 7}; /* the first three of many decades */
    const size_t count = figure->last - figure->first < 1 ? 7 : 3;
    const double bottom = frame_top + frame_height, right = frame_left + frame_width;
    char text[32];
    for (double decade = floor(figure->first); decade <= figure->last; ++decade)
        for (size_t i = 0; i < count; ++i) {
            const double hours = parts[i] * pow(10, decade), x = x_place(figure, hours);
            if (x < frame_left - 1e-6 || x > right + 1e-6)
                continue;
            grid_line(sheet, x, frame_top, x, bottom);
            snprintf(text, sizeof text, "%.3g", hours);
            figure_text(sheet, x, bottom + 6, (FigureAnchor){0.5, 0}, text_size, FIGURE_PLAIN,
                        text);
        }
    for (double i = ceil(figure->low / figure->step - 1e-9);
         i * figure->step <= figure->high + 1e-9; ++i) {
        const double y = y_place(figure, i * figure->step);
        grid_line(sheet, frame_left, y, right, y);
        snprintf(text, sizeof text, "%.3g", i * figure->step);
        figure_text(sheet, frame_left - 6, y, (FigureAnchor){1, 0.5}, text_size, FIGURE_PLAIN,
                    text);
    }
    cairo_set_line_width(sheet, 0.9);
    cairo_rectangle(sheet, frame_left, frame_top, frame_width, frame_height);
    cairo_stroke(sheet);
    figure_text(sheet, frame_left + frame_width / 2, bottom + 26, (FigureAnchor){0.5, 0},
                text_size + 1, FIGURE_PLAIN, "rank hours (logarithmic)");
    figure_text_upwards(sheet, 18, frame_top + frame_height / 2, text_size + 1, figure->title);
}

static void draw_point(cairo_t *sheet, const CostFigure *figure, size_t index)
{
    const Point *point = &figure->points[index];
    const double x = x_place(figure, point->hours), y = y_place(figure, point->metric.value);
    char text[LABEL_BYTES + 16];
    figure_set_colour(sheet, index);
    cairo_set_line_width(sheet, 1.2);
    if (!isnan(point->metric.low) && !isnan(point->metric.high)) {
        cairo_move_to(sheet, x, y_place(figure, fmax(point->metric.low, figure->low)));
        cairo_line_to(sheet, x, y_place(figure, fmin(point->metric.high, figure->high)));
        cairo_stroke(sheet);
    }
    cairo_arc(sheet, x, y, 4, 0, 2 * M_PI);
    cairo_fill(sheet);
    figure_set_grey(sheet, 0.1);
    snprintf(text, sizeof text, "%zu", index + 1);
    figure_text(sheet, x + 6, y - 3, (FigureAnchor){0, 1}, text_size, FIGURE_BOLD, text);
    snprintf(text, sizeof text, "%zu  %s", index + 1, point->label);
    figure_text(sheet, frame_left + frame_width + 16, frame_top + 8 + 15 * (double)index,
                (FigureAnchor){0, 0.5}, text_size, FIGURE_PLAIN, text);
}

static void draw_figure(cairo_t *sheet, const void *context)
{
    const CostFigure *figure = context;
    draw_axes(sheet, figure);
    for (size_t i = 0; i < figure->count; ++i)
        draw_point(sheet, figure, i);
}

/* The first metric of the list that any cell has; false if there is none. */
static bool choose_metric(const Experiment *experiment, CostFigure *figure)
{
    static const char *const names[][2] = {
        {"auc", "AUC"}, {"dice", "Dice of masks"}, {"accuracy", "accuracy"}};
    for (size_t i = 0; i < 3; ++i)
        if (experiment_has_metric(experiment, names[i][0])) {
            figure->name = names[i][0];
            figure->title = names[i][1];
            return true;
        }
    return false;
}

static void gather(const Experiment *experiment, const CellProvenance *provenance,
                   CostFigure *figure)
{
    for (size_t i = 0; i < experiment->run_count; ++i) {
        const Run *run = &experiment->runs[i];
        const CellResult *result = experiment_result(experiment, run);
        const CellMetric *metric = result ? cell_result_metric(result, figure->name) : NULL;
        if (!metric || isnan(metric->value))
            continue;
        const size_t cell = run->chosen->best;
        const CellCost cost = cost_of_cell(experiment, cell, &provenance[cell]);
        if (!(cost.rank_hours > 0))
            continue;
        Point *point = &figure->points[figure->count++];
        point->hours = cost.rank_hours;
        point->metric = *metric;
        label_run(experiment, run, point->label);
    }
}

static void choose_ranges(CostFigure *figure)
{
    double low = 1, high = 0, first = INFINITY, last = -INFINITY;
    for (size_t i = 0; i < figure->count; ++i) {
        const Point *point = &figure->points[i];
        low = fmin(low, isnan(point->metric.low) ? point->metric.value : point->metric.low);
        high = fmax(high, isnan(point->metric.high) ? point->metric.value : point->metric.high);
        first = fmin(first, log10(point->hours));
        last = fmax(last, log10(point->hours));
    }
    figure->step = chart_tick_step(fmax(high - low, 0.02), 6);
    figure->low = floor(low / figure->step - 1e-9) * figure->step;
    figure->high = ceil(high / figure->step + 1e-9) * figure->step;
    figure->first = first - fmax(0.1, 0.1 * (last - first));
    figure->last = last + fmax(0.1, 0.1 * (last - first));
}

Status cost_figure_save(const char *stem, const Experiment *experiment,
                        const CellProvenance *provenance, bool *drawn)
{
    CostFigure figure = {0};
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&figure.points, experiment->run_count));
    if (choose_metric(experiment, &figure))
        gather(experiment, provenance, &figure);
    *drawn = figure.count > 0;
    if (*drawn) {
        choose_ranges(&figure);
        const double list = frame_top + 15 * (double)figure.count + 16;
        status = figure_save(stem, frame_left + frame_width + list_width,
                             fmax(frame_top + frame_height + 54, list), draw_figure, &figure);
    }
    free(figure.points);
    return status;
}

/* Drawing of line charts; see chart.h. All lengths are points. */
#include "report/chart.h"

#include <math.h>

#include "report/chart_axes.h"
#include "report/figure.h"

static const double panel_width = 430, panel_height = 400;
static const double margin_left = 62, margin_right = 18, margin_top = 38, margin_bottom = 52;
static const double tick_size = 10.5, label_size = 12, title_size = 13, legend_size = 10.5;
static const double line_width = 1.7;

/* The frame of a chart on the sheet and the ranges that it shows. */
typedef struct {
    cairo_t *sheet;
    double left, top, width, height;
    ChartAxes axes;
} Frame;

static double x_place(const Frame *frame, double x)
{
    return frame->left + chart_axes_share(frame->axes.x, x) * frame->width;
}

static double y_place(const Frame *frame, double y)
{
    return frame->top + (1 - chart_axes_share(frame->axes.y, y)) * frame->height;
}

static void draw_axis_lines(const Frame *frame)
{
    cairo_t *sheet = frame->sheet;
    cairo_set_line_width(sheet, 0.9);
    figure_set_grey(sheet, 0.25);
    cairo_move_to(sheet, frame->left, frame->top);
    cairo_line_to(sheet, frame->left, frame->top + frame->height);
    cairo_line_to(sheet, frame->left + frame->width, frame->top + frame->height);
    cairo_stroke(sheet);
}

static void grid_line(const Frame *frame, double x0, double y0, double x1, double y1)
{
    cairo_set_line_width(frame->sheet, 0.6);
    figure_set_grey(frame->sheet, 0.89);
    cairo_move_to(frame->sheet, x0, y0);
    cairo_line_to(frame->sheet, x1, y1);
    cairo_stroke(frame->sheet);
}

static void draw_ticks(const Frame *frame)
{
    char text[CHART_TICK_BYTES];
    const double bottom = frame->top + frame->height, right = frame->left + frame->width;
    const ChartAxes *axes = &frame->axes;
    for (size_t i = 0; i < axes->x_ticks.count; ++i) {
        double x = x_place(frame, axes->x_ticks.values[i]);
        grid_line(frame, x, frame->top, x, bottom);
        chart_tick_text(text, axes->x_ticks.values[i], axes->x_ticks.step);
        figure_set_grey(frame->sheet, 0.25);
        figure_text(frame->sheet, x, bottom + 7, (FigureAnchor){0.5, 0}, tick_size, FIGURE_PLAIN,
                    text);
    }
    for (size_t i = 0; i < axes->y_ticks.count; ++i) {
        double y = y_place(frame, axes->y_ticks.values[i]);
        grid_line(frame, frame->left, y, right, y);
        chart_tick_text(text, axes->y_ticks.values[i], axes->y_ticks.step);
        figure_set_grey(frame->sheet, 0.25);
        figure_text(frame->sheet, frame->left - 7, y, (FigureAnchor){1, 0.5}, tick_size,
                    FIGURE_PLAIN, text);
    }
}

static void draw_texts(const Frame *frame, const Chart *chart)
{
    double centre = frame->left + frame->width / 2;
    double width = figure_text_width(frame->sheet, title_size, FIGURE_BOLD, chart->title);
    double size = width > frame->width ? title_size * frame->width / width : title_size;
    figure_set_grey(frame->sheet, 0.1);
    figure_text(frame->sheet, frame->left, frame->top - 14, (FigureAnchor){0, 1}, size, FIGURE_BOLD,
                chart->title);
    figure_text(frame->sheet, centre, frame->top + frame->height + 29, (FigureAnchor){0.5, 0},
                label_size, FIGURE_PLAIN, chart->x_label);
    figure_text_upwards(frame->sheet, frame->left - margin_left + 13,
                        frame->top + frame->height / 2, label_size, chart->y_label);
}

static void draw_diagonal(const Frame *frame)
{
    figure_set_grey(frame->sheet, 0.6);
    figure_set_dash(frame->sheet, 1, 1);
    cairo_set_line_width(frame->sheet, 1);
    cairo_move_to(frame->sheet, frame->left, frame->top + frame->height);
    cairo_line_to(frame->sheet, frame->left + frame->width, frame->top);
    cairo_stroke(frame->sheet);
    figure_set_dash(frame->sheet, 0, 1);
}

static void set_line(cairo_t *sheet, const ChartSeries *series)
{
    figure_set_colour(sheet, series->colour);
    figure_set_dash(sheet, series->dash, line_width);
    cairo_set_line_width(sheet, line_width);
}

/* Few points are also marked, or one between two gaps would not be seen. */
static void draw_markers(const Frame *frame, const ChartSeries *series)
{
    enum { FEW = 12 };
    if (series->count > FEW)
        return;
    for (size_t i = 0; i < series->count; ++i) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i]))
            continue;
        cairo_new_path(frame->sheet);
        cairo_arc(frame->sheet, x_place(frame, series->x[i]), y_place(frame, series->y[i]), 2.4, 0,
                  2 * M_PI);
        cairo_fill(frame->sheet);
    }
}

static void draw_series(const Frame *frame, const ChartSeries *series, bool markers)
{
    bool drawing = false;
    for (size_t i = 0; i < series->count; ++i) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i])) {
            drawing = false;
            continue;
        }
        double x = x_place(frame, series->x[i]), y = y_place(frame, series->y[i]);
        if (drawing)
            cairo_line_to(frame->sheet, x, y);
        else
            cairo_move_to(frame->sheet, x, y);
        drawing = true;
    }
    set_line(frame->sheet, series);
    cairo_stroke(frame->sheet);
    if (markers)
        draw_markers(frame, series);
    figure_set_dash(frame->sheet, 0, line_width);
}

static void draw_legend(const Frame *frame, const Chart *chart)
{
    const double row = 16, key = 26, gap = 7;
    double left = frame->left + frame->width + margin_right, top = frame->top;
    for (size_t i = 0; i < chart->series_count; ++i) {
        double middle = top + legend_size / 2 + row * (double)i;
        set_line(frame->sheet, &chart->series[i]);
        cairo_move_to(frame->sheet, left, middle);
        cairo_line_to(frame->sheet, left + key, middle);
        cairo_stroke(frame->sheet);
        figure_set_dash(frame->sheet, 0, line_width);
        figure_set_grey(frame->sheet, 0.1);
        figure_text(frame->sheet, left + key + gap, middle, (FigureAnchor){0, 0.5}, legend_size,
                    FIGURE_PLAIN, chart->series[i].label);
    }
}

static void draw_chart(cairo_t *sheet, const Chart *chart, double left)
{
    Frame frame = {.sheet = sheet,
                   .left = left + margin_left,
                   .top = margin_top,
                   .width = panel_width - margin_left - margin_right,
                   .height = panel_height - margin_top - margin_bottom};
    chart_axes_choose(chart, &frame.axes);
    draw_ticks(&frame);
    draw_axis_lines(&frame);
    draw_texts(&frame, chart);
    if (chart->diagonal)
        draw_diagonal(&frame);
    cairo_save(sheet);
    cairo_rectangle(sheet, frame.left - 3, frame.top - 3, frame.width + 6, frame.height + 6);
    cairo_clip(sheet);
    for (size_t i = 0; i < chart->series_count; ++i)
        draw_series(&frame, &chart->series[i], chart->markers);
    cairo_restore(sheet);
    if (frame.axes.empty) {
        figure_set_grey(sheet, 0.4);
        figure_text(sheet, frame.left + frame.width / 2, frame.top + frame.height / 2,
                    (FigureAnchor){0.5, 0.5}, label_size, FIGURE_PLAIN, "no data");
    } else if (chart->legend_width > 0) {
        draw_legend(&frame, chart);
    }
}

typedef struct {
    const Chart *charts;
    size_t count;
} ChartRow;

static double chart_width(const Chart *chart)
{
    return panel_width + chart->legend_width;
}

static void draw_row(cairo_t *sheet, const void *context)
{
    const ChartRow *row = context;
    double left = 0;
    for (size_t i = 0; i < row->count; ++i) {
        draw_chart(sheet, &row->charts[i], left);
        left += chart_width(&row->charts[i]);
    }
}

Status chart_save(const char *stem, const Chart *charts, size_t count)
{
    ChartRow row = {charts, count};
    double width = 0;
    for (size_t i = 0; i < count; ++i)
        width += chart_width(&charts[i]);
    return figure_save(stem, width, panel_height, draw_row, &row);
}

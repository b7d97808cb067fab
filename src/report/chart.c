/* Drawing of line charts; see chart.h. All lengths are points. */
#include "report/chart.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

#include "report/figure.h"

static const double panel_width = 430, panel_height = 400;
static const double margin_left = 62, margin_right = 18, margin_top = 38, margin_bottom = 52;
static const double tick_size = 10.5, label_size = 12, title_size = 13, legend_size = 10.5;
static const double line_width = 1.7;

/* The frame of a chart on the sheet and the ranges that it shows. */
typedef struct {
    cairo_t *sheet;
    double left, top, width, height;
    ChartRange x, y;
    double x_step, y_step;
} Frame;

double chart_tick_step(double span, int parts)
{
    double rough = span / parts;
    double power = pow(10, floor(log10(rough)));
    static const double steps[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; ++i)
        if (steps[i] * power >= rough * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

static double x_place(const Frame *frame, double x)
{
    return frame->left + (x - frame->x.low) / (frame->x.high - frame->x.low) * frame->width;
}

static double y_place(const Frame *frame, double y)
{
    return frame->top + (frame->y.high - y) / (frame->y.high - frame->y.low) * frame->height;
}

/* The range of all finite points in one direction, low > high if there is none. */
static ChartRange data_range(const Chart *chart, bool of_y)
{
    ChartRange range = {DBL_MAX, -DBL_MAX};
    for (size_t i = 0; i < chart->series_count; ++i)
        for (size_t j = 0; j < chart->series[i].count; ++j) {
            double x = chart->series[i].x[j], y = chart->series[i].y[j];
            if (!isfinite(x) || !isfinite(y))
                continue;
            range.low = fmin(range.low, of_y ? y : x);
            range.high = fmax(range.high, of_y ? y : x);
        }
    return range;
}

/* The range to show and its tick step. Given ranges stay; those of the data widen to whole steps
 * in y, and stay tight in x. */
static ChartRange choose_range(ChartRange given, ChartRange data, bool widen, bool whole,
                               double *step)
{
    ChartRange range = given.low < given.high ? given : data;
    if (!(range.low <= range.high))
        range = (ChartRange){0, 1};
    if (range.low == range.high) {
        double margin = whole || range.low == 0 ? 1 : fabs(range.low) * 0.1;
        range = (ChartRange){range.low - margin, range.high + margin};
    }
    *step = chart_tick_step(range.high - range.low, 6);
    if (whole)
        *step = fmax(1, round(*step));
    if (widen && given.low >= given.high) {
        range.low = floor(range.low / *step + 1e-9) * *step;
        range.high = ceil(range.high / *step - 1e-9) * *step;
    }
    return range;
}

/* A tick's number with just the digits that its step needs. */
static void tick_text(char *text, size_t room, double value, double step)
{
    double size = fmax(fabs(value), step);
    if (size >= 1e6 || step < 1e-5)
        snprintf(text, room, "%.3g", value);
    else {
        int digits = (int)fmax(0, -floor(log10(step) + 1e-9));
        snprintf(text, room, "%.*f", digits, fabs(value) < step / 2 ? 0.0 : value);
    }
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
    char text[32];
    double bottom = frame->top + frame->height, right = frame->left + frame->width;
    /* counted in steps: adding a step again and again would drift */
    for (double i = ceil(frame->x.low / frame->x_step - 1e-9);
         i * frame->x_step <= frame->x.high + 1e-9 * frame->x_step; ++i) {
        double x = x_place(frame, i * frame->x_step);
        grid_line(frame, x, frame->top, x, bottom);
        tick_text(text, sizeof text, i * frame->x_step, frame->x_step);
        figure_set_grey(frame->sheet, 0.25);
        figure_text(frame->sheet, x, bottom + 7, (FigureAnchor){0.5, 0}, tick_size, FIGURE_PLAIN,
                    text);
    }
    for (double i = ceil(frame->y.low / frame->y_step - 1e-9);
         i * frame->y_step <= frame->y.high + 1e-9 * frame->y_step; ++i) {
        double y = y_place(frame, i * frame->y_step);
        grid_line(frame, frame->left, y, right, y);
        tick_text(text, sizeof text, i * frame->y_step, frame->y_step);
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
    ChartRange x_data = data_range(chart, false), y_data = data_range(chart, true);
    Frame frame = {.sheet = sheet,
                   .left = left + margin_left,
                   .top = margin_top,
                   .width = panel_width - margin_left - margin_right,
                   .height = panel_height - margin_top - margin_bottom};
    frame.x = choose_range(chart->x_range, x_data, false, chart->whole_x, &frame.x_step);
    frame.y = choose_range(chart->y_range, y_data, true, false, &frame.y_step);
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
    if (y_data.low > y_data.high) {
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

/* See chart_view.h. Lengths are CSS pixels of a drawing that grows and shrinks with the page. */
#include "report/page/chart_view.h"

#include <math.h>

#include "report/chart_axes.h"
#include "report/figure.h"
#include "store/html.h"

static const double sheet_width = 430, sheet_height = 360;
static const double left = 60, right = 12, top = 8, bottom = 48;
static const double spill = 3; /* lines may be drawn so far out of the frame */

static double x_place(const ChartAxes *axes, double x)
{
    return left + chart_axes_share(axes->x, x) * (sheet_width - left - right);
}

static double y_place(const ChartAxes *axes, double y)
{
    return top + (1 - chart_axes_share(axes->y, y)) * (sheet_height - top - bottom);
}

static void write_ticks(const ChartAxes *axes, FILE *stream)
{
    char text[CHART_TICK_BYTES];
    fputs("<path class=\"grid\" d=\"", stream);
    for (size_t i = 0; i < axes->x_ticks.count; ++i)
        fprintf(stream, "M%.1f %gV%g", x_place(axes, axes->x_ticks.values[i]), top,
                sheet_height - bottom);
    for (size_t i = 0; i < axes->y_ticks.count; ++i)
        fprintf(stream, "M%g %.1fH%g", left, y_place(axes, axes->y_ticks.values[i]),
                sheet_width - right);
    fputs("\"/>\n<g class=\"ticks\" text-anchor=\"middle\">", stream);
    for (size_t i = 0; i < axes->x_ticks.count; ++i) {
        chart_tick_text(text, axes->x_ticks.values[i], axes->x_ticks.step);
        fprintf(stream, "<text x=\"%.1f\" y=\"%g\">%s</text>",
                x_place(axes, axes->x_ticks.values[i]), sheet_height - bottom + 17, text);
    }
    fputs("</g>\n<g class=\"ticks\" text-anchor=\"end\">", stream);
    for (size_t i = 0; i < axes->y_ticks.count; ++i) {
        chart_tick_text(text, axes->y_ticks.values[i], axes->y_ticks.step);
        fprintf(stream, "<text x=\"%g\" y=\"%.1f\">%s</text>", left - 7,
                y_place(axes, axes->y_ticks.values[i]) + 4, text);
    }
    fputs("</g>\n", stream);
}

static void write_axes(const Chart *chart, FILE *stream)
{
    const double floor_y = sheet_height - bottom, end_x = sheet_width - right;
    fprintf(stream, "<path class=\"axis\" d=\"M%g %gV%gH%g\"/>\n", left, top, floor_y, end_x);
    fprintf(stream, "<text class=\"label\" text-anchor=\"middle\" x=\"%g\" y=\"%g\">",
            (left + end_x) / 2, sheet_height - 8);
    html_write_text(stream, chart->x_label);
    fprintf(stream,
            "</text>\n<text class=\"label\" text-anchor=\"middle\" transform=\"translate(15 %g) "
            "rotate(-90)\">",
            (top + floor_y) / 2);
    html_write_text(stream, chart->y_label);
    fputs("</text>\n", stream);
    if (chart->diagonal)
        fprintf(stream, "<path class=\"diagonal\" d=\"M%g %gL%g %g\"/>\n", left, floor_y, end_x,
                top);
}

/* A line of the path while it is written: where its last stroke began, and where it ends so far. */
typedef struct {
    bool drawing;
    double from_x, from_y, x, y;
} Stroke;

static void end_stroke(const Stroke *stroke, FILE *stream)
{
    if (stroke->drawing && (stroke->x != stroke->from_x || stroke->y != stroke->from_y))
        fprintf(stream, "L%g %g", stroke->x, stroke->y);
}

/* Points that go on across, up or down as the stroke does lengthen it, as most of a curve of steps
 * do; others begin one. */
static void add_point(Stroke *stroke, double x, double y, FILE *stream)
{
    const bool across = y == stroke->y && stroke->y == stroke->from_y &&
                        (x - stroke->x) * (stroke->x - stroke->from_x) >= 0;
    const bool upwards = x == stroke->x && stroke->x == stroke->from_x &&
                         (y - stroke->y) * (stroke->y - stroke->from_y) >= 0;
    const bool goes_on = across || upwards;
    if (!stroke->drawing)
        fprintf(stream, "M%g %g", x, y);
    else if (!goes_on)
        end_stroke(stroke, stream);
    if (!stroke->drawing || !goes_on) {
        stroke->from_x = stroke->drawing ? stroke->x : x;
        stroke->from_y = stroke->drawing ? stroke->y : y;
    }
    stroke->drawing = true;
    stroke->x = x;
    stroke->y = y;
}

/* The line's path, in tenths of a pixel, as far as the first point beyond the frame. */
static void write_points(const ChartAxes *axes, const ChartSeries *series, FILE *stream)
{
    Stroke stroke = {0};
    size_t count = series->count;
    while (count > 1 && series->x[count - 2] > axes->x.high)
        --count;
    for (size_t i = 0; i < count; ++i) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i])) {
            end_stroke(&stroke, stream);
            stroke.drawing = false;
            continue;
        }
        add_point(&stroke, round(10 * x_place(axes, series->x[i])) / 10,
                  round(10 * y_place(axes, series->y[i])) / 10, stream);
    }
    end_stroke(&stroke, stream);
}

/* Few points are also marked, or one between two gaps would not be seen. */
static void write_markers(const ChartAxes *axes, const ChartSeries *series, FILE *stream)
{
    enum { FEW = 12 };
    if (series->count > FEW)
        return;
    for (size_t i = 0; i < series->count; ++i)
        if (isfinite(series->x[i]) && isfinite(series->y[i]))
            fprintf(stream, "<circle class=\"dot\" r=\"2.6\" cx=\"%.1f\" cy=\"%.1f\"/>",
                    x_place(axes, series->x[i]), y_place(axes, series->y[i]));
}

static void write_series(const Chart *chart, const ChartAxes *axes, FILE *stream)
{
    const double x = left - spill, y = top - spill;
    const double width = sheet_width - left - right + 2 * spill;
    const double height = sheet_height - top - bottom + 2 * spill;
    /* A drawing of its own cuts what falls out of it. */
    fprintf(stream, "<svg x=\"%g\" y=\"%g\" width=\"%g\" height=\"%g\" viewBox=\"%g %g %g %g\">\n",
            x, y, width, height, x, y, width, height);
    for (size_t i = 0; i < chart->series_count; ++i) {
        const ChartSeries *series = &chart->series[i];
        fprintf(stream, "<g class=\"series c%zu\" data-series=\"%zu\"><title>",
                series->colour % FIGURE_COLOURS, i);
        html_write_text(stream, series->label);
        fprintf(stream, "</title><path class=\"line d%zu\" d=\"", series->dash % 3);
        write_points(axes, series, stream);
        fputs("\"/>", stream);
        if (chart->markers)
            write_markers(axes, series, stream);
        fputs("</g>\n", stream);
    }
    fputs("</svg>\n", stream);
}

static void write_legend(const Chart *chart, FILE *stream)
{
    if (chart->series_count == 0)
        return;
    fputs("<ul class=\"legend\">\n", stream);
    for (size_t i = 0; i < chart->series_count; ++i) {
        const ChartSeries *series = &chart->series[i];
        fprintf(stream,
                "<li data-series=\"%zu\"><svg class=\"key c%zu\" viewBox=\"0 0 26 10\" "
                "aria-hidden=\"true\"><path class=\"line d%zu\" d=\"M0 5H26\"/></svg><span>",
                i, series->colour % FIGURE_COLOURS, series->dash % 3);
        html_write_text(stream, series->label);
        fputs("</span></li>\n", stream);
    }
    fputs("</ul>\n", stream);
}

static void write_chart(const Chart *chart, FILE *stream)
{
    ChartAxes axes;
    chart_axes_choose(chart, &axes);
    fputs("<div class=\"chart\"><p class=\"chart-title\">", stream);
    html_write_text(stream, chart->title);
    fprintf(stream, "</p>\n<svg class=\"plot\" viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"",
            sheet_width, sheet_height);
    html_write_text(stream, chart->title);
    fputs(": ", stream);
    html_write_text(stream, chart->y_label);
    fputs(" against ", stream);
    html_write_text(stream, chart->x_label);
    fprintf(stream, ", %zu line%s\">\n", chart->series_count, chart->series_count == 1 ? "" : "s");
    write_ticks(&axes, stream);
    write_axes(chart, stream);
    if (axes.empty)
        fprintf(stream,
                "<text class=\"label\" text-anchor=\"middle\" x=\"%g\" y=\"%g\">no data</text>\n",
                (left + sheet_width - right) / 2, (top + sheet_height - bottom) / 2);
    write_series(chart, &axes, stream);
    fputs("</svg>\n", stream);
    write_legend(chart, stream);
    fputs("</div>\n", stream);
}

void chart_view_write(const Chart *charts, size_t count, FILE *stream)
{
    fputs("<div class=\"charts\">\n", stream);
    for (size_t i = 0; i < count; ++i)
        write_chart(&charts[i], stream);
    fputs("</div>\n", stream);
}

Status chart_show(const FigurePlaces *places, const Chart *charts, size_t count)
{
    if (places->html)
        chart_view_write(charts, count, places->html);
    return chart_save(places->stem, charts, count);
}

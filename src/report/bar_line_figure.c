/* Drawing of bars with lines; see bar_line_figure.h. All lengths are points. */
#include "report/bar_line_figure.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

#include "report/figure.h"

static const double bar_width = 13, group_gap = 22, frame_height = 270;
static const double left_least = 62, margin_right = 66, margin_top = 66, bottom_least = 40;
static const double text_size = 11, title_size = 13, slope = -0.95; /* of the groups' names */

/* Where numbers lie on the sheet. */
typedef struct {
    double left, bottom;       /* margins that the names need */
    double width;              /* of the frame */
    double group_width;        /* with its gap */
    int low_power, high_power; /* of ten, of the right scale */
} Layout;

/* The names fall to the left and down from the middle of their group; they are measured on a sheet
 * of no size. */
static void make_room(const BarLineFigure *figure, Layout *layout)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *sheet = cairo_create(surface);
    layout->left = left_least;
    layout->bottom = bottom_least;
    for (size_t i = 0; i < figure->group_count; ++i) {
        const double width = figure_text_width(sheet, text_size, FIGURE_PLAIN, figure->groups[i]);
        const double at = layout->group_width * ((double)i + 0.5);
        layout->left = fmax(layout->left, width * cos(slope) - at + 12);
        layout->bottom = fmax(layout->bottom, width * sin(-slope) + 26);
    }
    cairo_destroy(sheet);
    cairo_surface_destroy(surface);
}

static Layout lay_out(const BarLineFigure *figure)
{
    Layout layout = {.group_width = bar_width * (double)figure->series_count + group_gap};
    double low = (double)INFINITY, high = 0;
    for (size_t i = 0; i < figure->group_count * figure->series_count; ++i)
        if (figure->lines[i] > 0 && isfinite(figure->lines[i])) {
            low = fmin(low, figure->lines[i]);
            high = fmax(high, figure->lines[i]);
        }
    if (high > 0) {
        layout.low_power = (int)floor(log10(low));
        layout.high_power = (int)ceil(log10(high));
    }
    if (layout.high_power <= layout.low_power)
        layout.high_power = layout.low_power + 1;
    layout.width = layout.group_width * (double)figure->group_count;
    make_room(figure, &layout);
    return layout;
}

static double bar_y(double percent)
{
    return margin_top + frame_height * (1 - percent / 100);
}

static double line_y(const Layout *layout, double number)
{
    const double powers = (double)(layout->high_power - layout->low_power);
    return margin_top + frame_height * (1 - (log10(number) - layout->low_power) / powers);
}

/* The middle of a series' bar, where its point lies, too. */
static double middle(const Layout *layout, size_t group, size_t series)
{
    return layout->left + layout->group_width * (double)group + group_gap / 2 +
           bar_width * ((double)series + 0.5);
}

static void draw_scales(cairo_t *sheet, const BarLineFigure *figure, const Layout *layout)
{
    char text[32];
    const double right = layout->left + layout->width;
    cairo_set_line_width(sheet, 0.7);
    for (int percent = 0; percent <= 100; percent += 20) {
        figure_set_grey(sheet, 0.87);
        cairo_move_to(sheet, layout->left, bar_y(percent));
        cairo_line_to(sheet, right, bar_y(percent));
        cairo_stroke(sheet);
        figure_set_grey(sheet, 0.25);
        snprintf(text, sizeof text, "%d", percent);
        figure_text(sheet, layout->left - 6, bar_y(percent), (FigureAnchor){1, 0.5}, text_size,
                    FIGURE_PLAIN, text);
    }
    for (int power = layout->low_power; power <= layout->high_power; ++power) {
        const double number = pow(10, power);
        snprintf(text, sizeof text, "%g", number);
        figure_text(sheet, right + 6, line_y(layout, number), (FigureAnchor){0, 0.5}, text_size,
                    FIGURE_PLAIN, text);
    }
    figure_text_upwards(sheet, layout->left - 46, margin_top + frame_height / 2, text_size,
                        figure->bar_label);
    figure_text_upwards(sheet, right + 54, margin_top + frame_height / 2, text_size,
                        figure->line_label);
}

/* Names of the groups, falling to the left so that long ones find room. */
static void draw_groups(cairo_t *sheet, const BarLineFigure *figure, const Layout *layout)
{
    figure_set_grey(sheet, 0.15);
    for (size_t i = 0; i < figure->group_count; ++i) {
        cairo_save(sheet);
        cairo_translate(sheet, layout->left + layout->group_width * ((double)i + 0.5),
                        margin_top + frame_height + 10);
        cairo_rotate(sheet, slope);
        figure_text(sheet, 0, 0, (FigureAnchor){1, 0.5}, text_size, FIGURE_PLAIN,
                    figure->groups[i]);
        cairo_restore(sheet);
    }
}

static void draw_bars(cairo_t *sheet, const BarLineFigure *figure, const Layout *layout)
{
    for (size_t i = 0; i < figure->group_count; ++i)
        for (size_t k = 0; k < figure->series_count; ++k) {
            const double percent = figure->bars[i * figure->series_count + k];
            if (isnan(percent))
                continue;
            figure_set_colour(sheet, k);
            cairo_rectangle(sheet, middle(layout, i, k) - bar_width / 2 + 0.5, bar_y(percent),
                            bar_width - 1, bar_y(0) - bar_y(percent));
            cairo_fill(sheet);
        }
}

/* White below the colour, so that a line is seen where it crosses bars of its own. */
static void draw_line(cairo_t *sheet, const BarLineFigure *figure, const Layout *layout,
                      size_t series)
{
    for (int below = 1; below >= 0; --below) {
        bool going = false;
        for (size_t i = 0; i < figure->group_count; ++i) {
            const double number = figure->lines[i * figure->series_count + series];
            if (!(number > 0)) {
                going = false;
                continue;
            }
            const double x = middle(layout, i, series), y = line_y(layout, number);
            (going ? cairo_line_to : cairo_move_to)(sheet, x, y);
            going = true;
        }
        if (below)
            cairo_set_source_rgb(sheet, 1, 1, 1);
        else
            figure_set_colour(sheet, series);
        cairo_set_line_width(sheet, below ? 4 : 1.6);
        cairo_stroke(sheet);
    }
    for (size_t i = 0; i < figure->group_count; ++i) {
        const double number = figure->lines[i * figure->series_count + series];
        if (!(number > 0))
            continue;
        cairo_arc(sheet, middle(layout, i, series), line_y(layout, number), 3.6, 0, 2 * M_PI);
        figure_set_colour(sheet, series);
        cairo_fill_preserve(sheet);
        cairo_set_source_rgb(sheet, 1, 1, 1);
        cairo_set_line_width(sheet, 1);
        cairo_stroke(sheet);
    }
}

static void draw_legend(cairo_t *sheet, const BarLineFigure *figure, const Layout *layout)
{
    double x = layout->left;
    for (size_t k = 0; k < figure->series_count; ++k) {
        figure_set_colour(sheet, k);
        cairo_rectangle(sheet, x, 38, 10, 10);
        cairo_fill(sheet);
        figure_set_grey(sheet, 0.15);
        figure_text(sheet, x + 15, 43, (FigureAnchor){0, 0.5}, text_size, FIGURE_PLAIN,
                    figure->series[k]);
        x += 33 + figure_text_width(sheet, text_size, FIGURE_PLAIN, figure->series[k]);
    }
}

static void draw(cairo_t *sheet, const void *context)
{
    const BarLineFigure *figure = context;
    const Layout layout = lay_out(figure);
    figure_set_grey(sheet, 0.1);
    figure_text(sheet, 14, 24, (FigureAnchor){0, 1}, title_size, FIGURE_BOLD, figure->title);
    draw_legend(sheet, figure, &layout);
    draw_scales(sheet, figure, &layout);
    draw_groups(sheet, figure, &layout);
    draw_bars(sheet, figure, &layout);
    for (size_t k = 0; k < figure->series_count; ++k)
        draw_line(sheet, figure, &layout, k);
    figure_set_grey(sheet, 0.4);
    cairo_set_line_width(sheet, 1);
    cairo_rectangle(sheet, layout.left, margin_top, layout.width, frame_height);
    cairo_stroke(sheet);
}

Status bar_line_figure_save(const char *stem, const BarLineFigure *figure)
{
    const Layout layout = lay_out(figure);
    const double width = layout.left + layout.width + margin_right;
    return figure_save(stem, fmax(width, 420), margin_top + frame_height + layout.bottom, draw,
                       figure);
}

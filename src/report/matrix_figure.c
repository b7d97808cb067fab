/* Drawing of confusion matrices; see matrix_figure.h. All lengths are points. */
#include "report/matrix_figure.h"

#include <math.h>
#include <stdio.h>

#include "report/figure.h"

static const double cell = 78, margin_right = 20, margin_top = 70, margin_bottom = 20;
static const double name_size = 11.5, title_size = 13, count_size = 13, percent_size = 10.5;

/* Room for the row names and the axis label. */
static double left_margin(cairo_t *sheet, const MatrixFigure *figure)
{
    double width = 0;
    for (size_t i = 0; i < figure->classes; ++i)
        width = fmax(width, figure_text_width(sheet, name_size, FIGURE_PLAIN, figure->names[i]));
    return width + 40;
}

/* White to dark blue, growing darker evenly. */
static void set_shade(cairo_t *sheet, double share)
{
    cairo_set_source_rgb(sheet, 1 - 0.97 * share, 1 - 0.70 * share, 1 - 0.42 * share);
}

static void draw_cell(cairo_t *sheet, double x, double y, uint64_t count, uint64_t row_total)
{
    char text[32];
    double share = row_total ? (double)count / (double)row_total : 0;
    cairo_rectangle(sheet, x, y, cell, cell);
    set_shade(sheet, share);
    cairo_fill_preserve(sheet);
    figure_set_grey(sheet, 0.8);
    cairo_set_line_width(sheet, 0.7);
    cairo_stroke(sheet);
    figure_set_grey(sheet, share > 0.5 ? 1 : 0.1);
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    figure_text(sheet, x + cell / 2, y + cell / 2 - (row_total ? 3 : -6), (FigureAnchor){0.5, 1},
                count_size, FIGURE_BOLD, text);
    if (row_total == 0)
        return;
    snprintf(text, sizeof text, "%.1f %%", 100 * share);
    figure_text(sheet, x + cell / 2, y + cell / 2 + 6, (FigureAnchor){0.5, 0}, percent_size,
                FIGURE_PLAIN, text);
}

static void draw_matrix(cairo_t *sheet, const MatrixFigure *figure)
{
    const size_t classes = figure->classes;
    double left = left_margin(sheet, figure), side = cell * (double)classes;
    figure_set_grey(sheet, 0.1);
    figure_text(sheet, 14, 24, (FigureAnchor){0, 1}, title_size, FIGURE_BOLD, figure->title);
    figure_text(sheet, left + side / 2, 46, (FigureAnchor){0.5, 1}, name_size, FIGURE_PLAIN,
                "predicted");
    figure_text_upwards(sheet, 18, margin_top + side / 2, name_size, "annotated");
    for (size_t i = 0; i < classes; ++i) {
        double middle = cell * ((double)i + 0.5);
        figure_set_grey(sheet, 0.25);
        figure_text(sheet, left + middle, margin_top - 7, (FigureAnchor){0.5, 1}, name_size,
                    FIGURE_PLAIN, figure->names[i]);
        figure_text(sheet, left - 7, margin_top + middle, (FigureAnchor){1, 0.5}, name_size,
                    FIGURE_PLAIN, figure->names[i]);
        uint64_t total = 0;
        for (size_t j = 0; j < classes; ++j)
            total += figure->counts[i * classes + j];
        for (size_t j = 0; j < classes; ++j)
            draw_cell(sheet, left + cell * (double)j, margin_top + cell * (double)i,
                      figure->counts[i * classes + j], total);
    }
}

/* ---- on one sheet ---- */

/* Matrices with the room that each has. */
typedef struct {
    const MatrixFigure *figures; /* count */
    size_t count, columns;
    double width, height;
} Sheet;

static void draw_all(cairo_t *sheet, const void *context)
{
    const Sheet *all = context;
    for (size_t i = 0; i < all->count; ++i) {
        const size_t row = i / all->columns, column = i % all->columns;
        cairo_save(sheet);
        cairo_translate(sheet, all->width * (double)column, all->height * (double)row);
        draw_matrix(sheet, &all->figures[i]);
        cairo_restore(sheet);
    }
}

/* The widest decides. Sizes depend on the texts, so they are measured on a sheet of no size. */
static void find_room(Sheet *all)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *sheet = cairo_create(surface);
    for (size_t i = 0; i < all->count; ++i) {
        const MatrixFigure *figure = &all->figures[i];
        const double side = cell * (double)figure->classes;
        double matrix = left_margin(sheet, figure) + side + margin_right;
        double title = figure_text_width(sheet, title_size, FIGURE_BOLD, figure->title) + 28;
        all->width = fmax(all->width, ceil(fmax(matrix, title)));
        all->height = fmax(all->height, margin_top + side + margin_bottom);
    }
    cairo_destroy(sheet);
    cairo_surface_destroy(surface);
}

Status matrix_figures_save(const char *stem, const MatrixFigure *figures, size_t count,
                           size_t columns)
{
    Sheet all = {.figures = figures, .count = count, .columns = columns};
    const size_t across = count < columns ? count : columns, down = (count + columns - 1) / columns;
    find_room(&all);
    return figure_save(stem, all.width * (double)across, all.height * (double)down, draw_all, &all);
}

Status matrix_figure_save(const char *stem, const MatrixFigure *figure)
{
    return matrix_figures_save(stem, figure, 1, 1);
}

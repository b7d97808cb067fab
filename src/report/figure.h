/* The sheet that figures are drawn on: one drawing code, saved as PNG and as SVG.
 *
 * A figure is a function that draws with cairo on a sheet of a size in points. figure_save() runs
 * it once for a vector file and once for a picture of twice as many pixels as points, and commits
 * both under their final names. Colours are Okabe and Ito's, told apart with any common kind of
 * colour blindness; lines also differ in their dashes.
 */
#ifndef GISD_REPORT_FIGURE_H
#define GISD_REPORT_FIGURE_H

#include <cairo.h>
#include <stddef.h>

#include "base/status.h"

/* Draws a figure of the agreed size; `context` is the caller's. */
typedef void (*FigureDraw)(cairo_t *sheet, const void *context);

/* Writes stem.png and stem.svg of width x height points. */
Status figure_save(const char *stem, double width, double height, FigureDraw draw,
                   const void *context);

enum { FIGURE_COLOURS = 7 };

/* Sets the colour of a series; the seven repeat. */
void figure_set_colour(cairo_t *sheet, size_t series);

/* Sets the dashes of a series: solid for the first seven, dashed, dotted. */
void figure_set_dash(cairo_t *sheet, size_t style, double line_width);

/* Greys, 0 black to 1 white. */
void figure_set_grey(cairo_t *sheet, double level);

/* Where a text lies relative to its point: 0 = starts (or lies below) there, 0.5 = is centred, 1 =
 * ends (or stands above) there. */
typedef struct {
    double across, down;
} FigureAnchor;

typedef enum { FIGURE_PLAIN, FIGURE_BOLD } FigureWeight;

/* Text of `size` points in the current colour. */
void figure_text(cairo_t *sheet, double x, double y, FigureAnchor anchor, double size,
                 FigureWeight weight, const char *text);

/* The same, turned to read upwards; centred on the point. */
void figure_text_upwards(cairo_t *sheet, double x, double y, double size, const char *text);

/* The width that a text takes. */
double figure_text_width(cairo_t *sheet, double size, FigureWeight weight, const char *text);

#endif

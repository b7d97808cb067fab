/* Sheets, colours and text over cairo; see figure.h. Files are gathered in memory and then
 * committed, so that a killed report leaves no half-written figure. */
#include "report/figure.h"

#include <cairo-svg.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"

static const double pixels_per_point = 2;

/* A growing run of bytes. */
typedef struct {
    unsigned char *bytes;
    size_t count, room;
} ByteBuffer;

static cairo_status_t append_bytes(void *closure, const unsigned char *bytes, unsigned int count)
{
    ByteBuffer *buffer = closure;
    if (MEMORY_GROW(&buffer->bytes, buffer->count + count, &buffer->room) != STATUS_OK)
        return CAIRO_STATUS_NO_MEMORY;
    memcpy(buffer->bytes + buffer->count, bytes, count);
    buffer->count += count;
    return CAIRO_STATUS_SUCCESS;
}

static void draw_sheet(cairo_t *sheet, double width, double height, FigureDraw draw,
                       const void *context)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(sheet, options);
    cairo_font_options_destroy(options);
    cairo_set_line_join(sheet, CAIRO_LINE_JOIN_ROUND);
    cairo_rectangle(sheet, 0, 0, width, height);
    cairo_set_source_rgb(sheet, 1, 1, 1);
    cairo_fill(sheet);
    draw(sheet, context);
}

static cairo_status_t draw_svg(ByteBuffer *buffer, double width, double height, FigureDraw draw,
                               const void *context)
{
    cairo_surface_t *surface =
        cairo_svg_surface_create_for_stream(append_bytes, buffer, width, height);
    cairo_t *sheet = cairo_create(surface);
    draw_sheet(sheet, width, height, draw, context);
    cairo_status_t result = cairo_status(sheet);
    cairo_destroy(sheet);
    cairo_surface_finish(surface);
    if (result == CAIRO_STATUS_SUCCESS)
        result = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    return result;
}

static cairo_status_t draw_png(ByteBuffer *buffer, double width, double height, FigureDraw draw,
                               const void *context)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * pixels_per_point),
                                   (int)ceil(height * pixels_per_point));
    cairo_t *sheet = cairo_create(surface);
    cairo_scale(sheet, pixels_per_point, pixels_per_point);
    draw_sheet(sheet, width, height, draw, context);
    cairo_status_t result = cairo_status(sheet);
    cairo_destroy(sheet);
    if (result == CAIRO_STATUS_SUCCESS)
        result = cairo_surface_write_to_png_stream(surface, append_bytes, buffer);
    cairo_surface_destroy(surface);
    return result;
}

static Status save_as(const char *stem, const char *suffix, const ByteBuffer *buffer,
                      cairo_status_t drawn)
{
    if (drawn != CAIRO_STATUS_SUCCESS)
        FAIL(STATUS_LIBRARY, "%s%s: cairo: %s", stem, suffix, cairo_status_to_string(drawn));
    size_t room = strlen(stem) + strlen(suffix) + 1;
    char *path = NULL;
    TRY(MEMORY_NEW(&path, room));
    snprintf(path, room, "%s%s", stem, suffix);
    Status status = files_write(path, buffer->bytes, buffer->count);
    free(path);
    return status;
}

Status figure_save(const char *stem, double width, double height, FigureDraw draw,
                   const void *context)
{
    ByteBuffer svg = {0}, png = {0};
    cairo_status_t svg_drawn = draw_svg(&svg, width, height, draw, context);
    cairo_status_t png_drawn = draw_png(&png, width, height, draw, context);
    Status status = save_as(stem, ".svg", &svg, svg_drawn);
    if (status == STATUS_OK)
        status = save_as(stem, ".png", &png, png_drawn);
    free(svg.bytes);
    free(png.bytes);
    return status;
}

void figure_set_colour(cairo_t *sheet, size_t series)
{
    static const unsigned palette[FIGURE_COLOURS] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                                     0xE69F00, 0x56B4E9, 0x000000};
    unsigned colour = palette[series % FIGURE_COLOURS];
    cairo_set_source_rgb(sheet, (colour >> 16 & 255) / 255.0, (colour >> 8 & 255) / 255.0,
                         (colour & 255) / 255.0);
}

void figure_set_dash(cairo_t *sheet, size_t style, double line_width)
{
    const double dashed[] = {4 * line_width, 2 * line_width};
    const double dotted[] = {1.2 * line_width, 1.6 * line_width};
    switch (style % 3) {
    case 0:
        cairo_set_dash(sheet, NULL, 0, 0);
        break;
    case 1:
        cairo_set_dash(sheet, dashed, 2, 0);
        break;
    default:
        cairo_set_dash(sheet, dotted, 2, 0);
    }
}

void figure_set_grey(cairo_t *sheet, double level)
{
    cairo_set_source_rgb(sheet, level, level, level);
}

static void select_font(cairo_t *sheet, double size, FigureWeight weight)
{
    cairo_select_font_face(sheet, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           weight == FIGURE_BOLD ? CAIRO_FONT_WEIGHT_BOLD
                                                 : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(sheet, size);
}

/* Height of a digit, by which lines of text are centred: capitals and digits then sit right, and
 * letters below the line do not move it. */
static double digit_height(cairo_t *sheet)
{
    cairo_text_extents_t extents;
    cairo_text_extents(sheet, "0", &extents);
    return -extents.y_bearing;
}

double figure_text_width(cairo_t *sheet, double size, FigureWeight weight, const char *text)
{
    cairo_text_extents_t extents;
    select_font(sheet, size, weight);
    cairo_text_extents(sheet, text, &extents);
    return extents.x_advance;
}

void figure_text(cairo_t *sheet, double x, double y, FigureAnchor anchor, double size,
                 FigureWeight weight, const char *text)
{
    double width = figure_text_width(sheet, size, weight, text);
    cairo_move_to(sheet, x - anchor.across * width, y + (1 - anchor.down) * digit_height(sheet));
    cairo_show_text(sheet, text);
}

void figure_text_upwards(cairo_t *sheet, double x, double y, double size, const char *text)
{
    cairo_save(sheet);
    cairo_translate(sheet, x, y);
    cairo_rotate(sheet, -M_PI / 2);
    figure_text(sheet, 0, 0, (FigureAnchor){0.5, 0.5}, size, FIGURE_PLAIN, text);
    cairo_restore(sheet);
}

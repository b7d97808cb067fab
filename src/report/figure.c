/* Sheets, colours and text over cairo; see figure.h. Files are gathered in memory and then
 * committed, so that a killed report leaves no half-written figure. */
#include "report/figure.h"

#include <cairo-svg.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "image/image_file.h"
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

/* cairo numbers its surfaces through the whole program, and nothing refers to the number: without
 * it a figure is the same bytes whatever was drawn before it, and by whichever thread. */
static void drop_surface_number(ByteBuffer *svg)
{
    static const char start[] = "<g id=\"surface";
    unsigned char *found = memmem(svg->bytes, svg->count, start, sizeof start - 1);
    if (!found)
        return;
    unsigned char *number = found + sizeof start - 1, *end = svg->bytes + svg->count;
    unsigned char *after = number;
    while (after < end && isdigit(*after))
        ++after;
    memmove(number, after, (size_t)(end - after));
    svg->count -= (size_t)(after - number);
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

/* The pixels of a surface of CAIRO_FORMAT_RGB24, whose words are 0x00RRGGBB, as an image. */
static Status copy_pixels(cairo_surface_t *surface, Image *image)
{
    const size_t width = (size_t)cairo_image_surface_get_width(surface);
    const size_t height = (size_t)cairo_image_surface_get_height(surface);
    TRY(image_init(image, width, height, 3));
    cairo_surface_flush(surface);
    const unsigned char *row = cairo_image_surface_get_data(surface);
    uint8_t *to = image->pixels;
    for (size_t y = 0; y < height; ++y, row += cairo_image_surface_get_stride(surface))
        for (size_t x = 0; x < width; ++x) {
            uint32_t pixel;
            memcpy(&pixel, row + 4 * x, sizeof pixel);
            *to++ = (uint8_t)(pixel >> 16);
            *to++ = (uint8_t)(pixel >> 8);
            *to++ = (uint8_t)pixel;
        }
    return STATUS_OK;
}

static cairo_status_t draw_pixels(double width, double height, FigureDraw draw, const void *context,
                                  cairo_surface_t **surface)
{
    *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)ceil(width * pixels_per_point),
                                          (int)ceil(height * pixels_per_point));
    cairo_t *sheet = cairo_create(*surface);
    cairo_scale(sheet, pixels_per_point, pixels_per_point);
    draw_sheet(sheet, width, height, draw, context);
    cairo_status_t result = cairo_status(sheet);
    cairo_destroy(sheet);
    return result;
}

/* Writes the file STEM SUFFIX of what was drawn, or says why that failed. */
static Status save_as(const char *stem, const char *suffix, cairo_status_t drawn, const void *bytes,
                      size_t count)
{
    if (drawn != CAIRO_STATUS_SUCCESS)
        FAIL(STATUS_LIBRARY, "%s%s: cairo: %s", stem, suffix, cairo_status_to_string(drawn));
    size_t room = strlen(stem) + strlen(suffix) + 1;
    char *path = NULL;
    TRY(MEMORY_NEW(&path, room));
    snprintf(path, room, "%s%s", stem, suffix);
    Status status = files_write(path, bytes, count);
    free(path);
    return status;
}

static Status save_svg(const char *stem, double width, double height, FigureDraw draw,
                       const void *context)
{
    ByteBuffer buffer = {0};
    cairo_status_t drawn = draw_svg(&buffer, width, height, draw, context);
    drop_surface_number(&buffer);
    Status status = save_as(stem, ".svg", drawn, buffer.bytes, buffer.count);
    free(buffer.bytes);
    return status;
}

static Status save_png(const char *stem, double width, double height, FigureDraw draw,
                       const void *context)
{
    enum { LEVEL = 3 }; /* more makes it a sixth smaller and takes twice as long */
    cairo_surface_t *surface;
    Image image = {0};
    uint8_t *bytes = NULL;
    size_t count = 0;
    Status status = STATUS_OK;
    cairo_status_t drawn = draw_pixels(width, height, draw, context, &surface);
    if (drawn == CAIRO_STATUS_SUCCESS)
        status = copy_pixels(surface, &image);
    cairo_surface_destroy(surface);
    if (drawn == CAIRO_STATUS_SUCCESS && status == STATUS_OK)
        status = image_encode_png_drawing(&image, LEVEL, &bytes, &count);
    if (status == STATUS_OK)
        status = save_as(stem, ".png", drawn, bytes, count);
    image_clear(&image);
    free(bytes);
    return status;
}

Status figure_save(const char *stem, double width, double height, FigureDraw draw,
                   const void *context)
{
    TRY(save_svg(stem, width, height, draw, context));
    return save_png(stem, width, height, draw, context);
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

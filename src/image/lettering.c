/* See lettering.h. Letters are drawn by cairo into a plane of coverage, twice: filled and as a
 * stroke. */
#include "image/lettering.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

static const double CAPITAL_HEIGHT = 0.72; /* of the font's size, about */

static Status check(cairo_status_t status)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return STATUS_OK;
    FAIL(status == CAIRO_STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_LIBRARY, "cairo: %s",
         cairo_status_to_string(status));
}

static void choose_font(cairo_t *cairo, const Lettering *style)
{
    cairo_select_font_face(cairo, style->family, CAIRO_FONT_SLANT_NORMAL,
                           style->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    const double size = (double)style->height / CAPITAL_HEIGHT;
    cairo_matrix_t matrix;
    cairo_matrix_init_scale(&matrix, size * (double)style->stretch, size);
    cairo_set_font_matrix(cairo, &matrix);
    cairo_set_antialias(cairo, style->coarse ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options,
                                     style->coarse ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_GRAY);
    /* Hinting would make a letter depend on those set before, and so on the threads. */
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
}

/* The text's coverage with the pen at (x, y), filled or as a line of that width. */
static Status draw(const Lettering *style, const char *text, double x, double y, double line,
                   Image *coverage)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_A8, (int)coverage->width, (int)coverage->height);
    cairo_t *cairo = cairo_create(surface);
    choose_font(cairo, style);
    cairo_move_to(cairo, x, y);
    if (line > 0) {
        cairo_text_path(cairo, text);
        cairo_set_line_width(cairo, line);
        cairo_set_line_join(cairo, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(cairo);
    } else {
        cairo_show_text(cairo, text);
    }
    const Status status = check(cairo_status(cairo));
    cairo_surface_flush(surface);
    const unsigned char *data = cairo_image_surface_get_data(surface);
    const size_t stride = (size_t)cairo_image_surface_get_stride(surface);
    for (size_t row = 0; status == STATUS_OK && row < coverage->height; ++row)
        memcpy(coverage->pixels + row * coverage->width, data + row * stride, coverage->width);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return status;
}

static Status measure(const Lettering *style, const char *text, cairo_text_extents_t *extents)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cairo = cairo_create(surface);
    choose_font(cairo, style);
    cairo_text_extents(cairo, text, extents);
    const Status status = check(cairo_status(cairo));
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return status;
}

/* The extent of what covers a pixel by half, or of anything that does not; empty if nothing does.
 */
static PixelBox ink_box(const Image *ink)
{
    PixelBox box = {ink->width, ink->height, 0, 0};
    for (size_t y = 0; y < ink->height; ++y)
        for (size_t x = 0; x < ink->width; ++x)
            if (ink->pixels[y * ink->width + x] >= 64) {
                box.x0 = x < box.x0 ? x : box.x0;
                box.y0 = y < box.y0 ? y : box.y0;
                box.x1 = x + 1 > box.x1 ? x + 1 : box.x1;
                box.y1 = y + 1 > box.y1 ? y + 1 : box.y1;
            }
    return box;
}

static void cut(Image *image, const PixelBox *box)
{
    const size_t width = box->x1 - box->x0, height = box->y1 - box->y0;
    for (size_t y = 0; y < height; ++y)
        memmove(image->pixels + y * width, image->pixels + (box->y0 + y) * image->width + box->x0,
                width);
    image->width = width;
    image->height = height;
}

static Status set(const Lettering *style, const char *text, Letters *letters)
{
    cairo_text_extents_t extents;
    TRY(measure(style, text, &extents));
    letters->advance = (float)extents.x_advance;
    const double pad = ceil((double)style->outline) + 2;
    /* Hinting may set ink a pixel beyond its extents, and the outline needs its margin there too.
     */
    const size_t width = (size_t)(ceil(extents.width) + 4 * pad);
    const size_t height = (size_t)(ceil(extents.height) + 4 * pad);
    const double pen_x = floor(2 * pad - extents.x_bearing),
                 pen_y = floor(2 * pad - extents.y_bearing);
    TRY(image_init(&letters->ink, width, height, 1));
    TRY(draw(style, text, pen_x, pen_y, 0, &letters->ink));
    const PixelBox box = ink_box(&letters->ink);
    if (box.x0 >= box.x1) {
        image_clear(&letters->ink);
        return STATUS_OK;
    }
    letters->before = (float)((double)box.x0 - pen_x);
    letters->above = (float)((double)box.y0 - pen_y);
    if (style->outline > 0) {
        TRY(image_init(&letters->outline, width, height, 1));
        TRY(draw(style, text, pen_x, pen_y, 2 * (double)style->outline, &letters->outline));
        letters->margin = (size_t)pad - 1;
        cut(&letters->outline, &(PixelBox){box.x0 - letters->margin, box.y0 - letters->margin,
                                           box.x1 + letters->margin, box.y1 + letters->margin});
    }
    cut(&letters->ink, &box);
    return STATUS_OK;
}

Status letters_set(const Lettering *style, const char *text, Letters *letters)
{
    *letters = (Letters){0};
    const Status status = set(style, text, letters);
    if (status != STATUS_OK)
        letters_clear(letters);
    return status;
}

void letters_clear(Letters *letters)
{
    image_clear(&letters->ink);
    image_clear(&letters->outline);
    *letters = (Letters){0};
}

static void blend(uint8_t *pixel, Colour colour, float share)
{
    const uint8_t over[3] = {colour.red, colour.green, colour.blue};
    for (size_t c = 0; c < 3; ++c)
        pixel[c] = (uint8_t)((float)pixel[c] + ((float)over[c] - (float)pixel[c]) * share + 0.5f);
}

static void lay(const Image *coverage, Colour colour, float opacity, long x, long y, Image *image)
{
    for (size_t row = 0; row < coverage->height; ++row)
        for (size_t column = 0; column < coverage->width; ++column) {
            const long px = x + (long)column, py = y + (long)row;
            const uint8_t here = coverage->pixels[row * coverage->width + column];
            if (here && px >= 0 && py >= 0 && px < (long)image->width && py < (long)image->height)
                blend(image->pixels + 3 * ((size_t)py * image->width + (size_t)px), colour,
                      opacity * (float)here / 255);
        }
}

void letters_lay(const Letters *letters, const Lettering *style, long x, long y, Image *image)
{
    assert(image->channels == 3);
    const long margin = (long)letters->margin;
    lay(&letters->outline, (Colour){0, 0, 0}, style->opacity, x - margin, y - margin, image);
    lay(&letters->ink, style->colour, style->opacity, x, y, image);
}

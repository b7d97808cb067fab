/* Boxes and text through cairo on a copy of the picture in cairo's 32-bit layout; masks directly on
 * the pixels. See draw.h.
 */
#include "image/draw.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cairo.h>

#include "base/memory.h"

#define FONT "@cairo:"                     /* built into cairo */
static const double CAPITAL_HEIGHT = 0.68; /* of the font's size */

Colour draw_class_colour(size_t index)
{
    static const Colour colours[] = {
        {230, 159, 0}, {86, 180, 233}, {0, 158, 115},   {240, 228, 66},
        {0, 114, 178}, {213, 94, 0},   {204, 121, 167}, {255, 255, 255},
    };
    return colours[index % (sizeof colours / sizeof *colours)];
}

static Status check(cairo_status_t status)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return STATUS_OK;
    FAIL(status == CAIRO_STATUS_NO_MEMORY ? STATUS_NO_MEMORY : STATUS_LIBRARY, "cairo: %s",
         cairo_status_to_string(status));
}

/* A cairo surface with the image on it; canvas_finish() writes it back and releases all. */
typedef struct {
    Image *image;
    cairo_surface_t *surface;
    cairo_t *cairo;
} Canvas;

static Status canvas_begin(Canvas *canvas, Image *image)
{
    assert(image->channels == 3);
    canvas->image = image;
    canvas->surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)image->width, (int)image->height);
    canvas->cairo = cairo_create(canvas->surface);
    Status status = check(cairo_status(canvas->cairo));
    if (status != STATUS_OK) {
        cairo_destroy(canvas->cairo);
        cairo_surface_destroy(canvas->surface);
        return status;
    }
    unsigned char *data = cairo_image_surface_get_data(canvas->surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(canvas->surface);
    for (size_t y = 0; y < image->height; ++y)
        for (size_t x = 0; x < image->width; ++x) {
            const uint8_t *from = image->pixels + (y * image->width + x) * 3;
            uint32_t pixel = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
            memcpy(data + y * stride + 4 * x, &pixel, sizeof pixel);
        }
    cairo_surface_mark_dirty(canvas->surface);
    cairo_select_font_face(canvas->cairo, FONT, CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
    return STATUS_OK;
}

static Status canvas_finish(Canvas *canvas)
{
    Image *image = canvas->image;
    Status status = check(cairo_status(canvas->cairo));
    cairo_surface_flush(canvas->surface);
    const unsigned char *data = cairo_image_surface_get_data(canvas->surface);
    size_t stride = (size_t)cairo_image_surface_get_stride(canvas->surface);
    for (size_t y = 0; status == STATUS_OK && y < image->height; ++y)
        for (size_t x = 0; x < image->width; ++x) {
            uint32_t pixel;
            memcpy(&pixel, data + y * stride + 4 * x, sizeof pixel);
            uint8_t *to = image->pixels + (y * image->width + x) * 3;
            to[0] = (uint8_t)(pixel >> 16);
            to[1] = (uint8_t)(pixel >> 8);
            to[2] = (uint8_t)pixel;
        }
    cairo_destroy(canvas->cairo);
    cairo_surface_destroy(canvas->surface);
    return status;
}

static void set_colour(cairo_t *cairo, Colour colour)
{
    cairo_set_source_rgb(cairo, colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
}

static Colour readable_on(Colour ground)
{
    int luma = 299 * ground.red + 587 * ground.green + 114 * ground.blue;
    return luma > 140000 ? (Colour){20, 20, 20} : (Colour){255, 255, 255};
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double smaller(double a, double b)
{
    return a < b ? a : b;
}

/* A filled plate with the text, standing on the box's upper edge if the picture has room there. */
static void draw_tag(const Canvas *canvas, const DrawBox *box, double line, double size)
{
    cairo_t *cairo = canvas->cairo;
    cairo_text_extents_t extents;
    cairo_set_font_size(cairo, size);
    cairo_text_extents(cairo, box->tag, &extents);
    double pad = 0.35 * size, width = extents.x_advance + 2 * pad;
    double height = CAPITAL_HEIGHT * size + 2 * pad;
    double left =
        larger(0, smaller((double)box->box.x0 - line / 2, (double)canvas->image->width - width));
    double top = (double)box->box.y0 - line / 2 - height;
    if (top < 0)
        top = smaller(larger((double)box->box.y0, 0), (double)canvas->image->height - height);
    cairo_rectangle(cairo, left, top, width, height);
    set_colour(cairo, box->colour);
    cairo_fill(cairo);
    set_colour(cairo, readable_on(box->colour));
    cairo_move_to(cairo, left + pad, top + height - pad);
    cairo_show_text(cairo, box->tag);
}

Status draw_boxes(Image *image, size_t count, const DrawBox *boxes)
{
    Canvas canvas;
    TRY(canvas_begin(&canvas, image));
    cairo_t *cairo = canvas.cairo;
    double side = (double)(image->width < image->height ? image->width : image->height);
    double line = larger(1.5, side / 160), size = larger(10, side / 24);
    for (size_t i = 0; i < count; ++i) {
        const Box *box = &boxes[i].box;
        double width = (double)box->x1 - (double)box->x0;
        double height = (double)box->y1 - (double)box->y0;
        cairo_rectangle(cairo, (double)box->x0, (double)box->y0, width, height);
        cairo_set_source_rgba(cairo, 0, 0, 0, 0.45);
        cairo_set_line_width(cairo, line + 2);
        cairo_stroke_preserve(cairo);
        set_colour(cairo, boxes[i].colour);
        cairo_set_line_width(cairo, line);
        cairo_stroke(cairo);
        if (boxes[i].tag && boxes[i].tag[0])
            draw_tag(&canvas, &boxes[i], line, size);
    }
    return canvas_finish(&canvas);
}

static uint8_t blend(uint8_t under, uint8_t over, float opacity)
{
    return (uint8_t)((float)under + ((float)over - (float)under) * opacity + 0.5f);
}

static void tint(uint8_t *pixel, Colour colour, float opacity)
{
    pixel[0] = blend(pixel[0], colour.red, opacity);
    pixel[1] = blend(pixel[1], colour.green, opacity);
    pixel[2] = blend(pixel[2], colour.blue, opacity);
}

/* Whether a pixel of the mask has one outside it at most `reach` away in x or in y. */
static int on_outline(const Image *mask, size_t x, size_t y, size_t reach)
{
    const uint8_t *here = mask->pixels + y * mask->width + x;
    for (size_t step = 1; step <= reach; ++step)
        if ((x >= step && here[-(ptrdiff_t)step] < 128) ||
            (x + step < mask->width && here[step] < 128) ||
            (y >= step && here[-(ptrdiff_t)(step * mask->width)] < 128) ||
            (y + step < mask->height && here[step * mask->width] < 128))
            return 1;
    return 0;
}

Status draw_mask(Image *image, const Image *mask, Colour colour, float opacity)
{
    assert(image->channels == 3 && mask->channels == 1);
    if (image->width != mask->width || image->height != mask->height)
        FAIL(STATUS_ARGUMENT, "a mask of %zu x %zu pixels on an image of %zu x %zu", mask->width,
             mask->height, image->width, image->height);
    size_t side = image->width < image->height ? image->width : image->height;
    size_t reach = 1 + side / 300;
    for (size_t y = 0; y < image->height; ++y)
        for (size_t x = 0; x < image->width; ++x)
            if (mask->pixels[y * mask->width + x] >= 128)
                tint(image->pixels + (y * image->width + x) * 3, colour,
                     on_outline(mask, x, y, reach) ? 0.9f : opacity);
    return STATUS_OK;
}

Status draw_text(Image *image, float x, float y, float height, Colour colour, const char *text)
{
    Canvas canvas;
    TRY(canvas_begin(&canvas, image));
    cairo_set_font_size(canvas.cairo, (double)height / CAPITAL_HEIGHT);
    cairo_move_to(canvas.cairo, (double)x, (double)y + (double)height);
    cairo_text_path(canvas.cairo, text);
    cairo_set_source_rgba(canvas.cairo, 0, 0, 0, 0.6);
    cairo_set_line_width(canvas.cairo, larger(1, (double)height / 5));
    cairo_set_line_join(canvas.cairo, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke_preserve(canvas.cairo);
    set_colour(canvas.cairo, colour);
    cairo_fill(canvas.cairo);
    return canvas_finish(&canvas);
}

Status draw_text_width(float height, const char *text, float *width)
{
    Image dot;
    Canvas canvas;
    cairo_text_extents_t extents;
    TRY(image_init(&dot, 1, 1, 3));
    Status status = canvas_begin(&canvas, &dot);
    if (status == STATUS_OK) {
        cairo_set_font_size(canvas.cairo, (double)height / CAPITAL_HEIGHT);
        cairo_text_extents(canvas.cairo, text, &extents);
        *width = (float)extents.x_advance;
        status = canvas_finish(&canvas);
    }
    image_clear(&dot);
    return status;
}

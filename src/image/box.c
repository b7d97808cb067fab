/* Boxes as text, and their overlap; see box.h. */
#include "image/box.h"

#include <math.h>
#include <stdio.h>

#include "base/text.h"

const char *box_text(const Box *box, char text[BOX_TEXT_BYTES])
{
    snprintf(text, BOX_TEXT_BYTES, "%s %s %s %s", TEXT_NUMBER(box->x0), TEXT_NUMBER(box->y0),
             TEXT_NUMBER(box->x1), TEXT_NUMBER(box->y1));
    return text;
}

Box box_moved(const Box *box, const PixelBox *part)
{
    if (part->x0 == 0 && part->y0 == 0)
        return *box;
    const float x = (float)part->x0, y = (float)part->y0;
    return (Box){box->x0 + x, box->y0 + y, box->x1 + x, box->y1 + y};
}

float box_area(const Box *box)
{
    return (box->x1 - box->x0) * (box->y1 - box->y0);
}

double box_iou(const Box *a, const Box *b)
{
    double width_a = (double)a->x1 - (double)a->x0, height_a = (double)a->y1 - (double)a->y0;
    double width_b = (double)b->x1 - (double)b->x0, height_b = (double)b->y1 - (double)b->y0;
    if (!(width_a > 0 && height_a > 0 && width_b > 0 && height_b > 0))
        return 0;
    double width = fmin((double)a->x1, (double)b->x1) - fmax((double)a->x0, (double)b->x0);
    double height = fmin((double)a->y1, (double)b->y1) - fmax((double)a->y0, (double)b->y0);
    if (width <= 0 || height <= 0)
        return 0;
    double both = width * height;
    return both / (width_a * height_a + width_b * height_b - both);
}

float box_iou_f32(const Box *a, const Box *b)
{
    float width = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    float height = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);
    if (!(width > 0 && height > 0))
        return 0;
    float common = width * height;
    float all = (a->x1 - a->x0) * (a->y1 - a->y0) + (b->x1 - b->x0) * (b->y1 - b->y0);
    return common / (all - common);
}

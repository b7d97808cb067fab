/* Boxes as text, and their overlap; see box.h. */
#include "image/box.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *box_text(const Box *box, char text[BOX_TEXT_BYTES])
{
    const float sides[4] = {box->x0, box->y0, box->x1, box->y1};
    size_t used = 0;
    for (size_t i = 0; i < 4; ++i) {
        char side[20];
        for (int digits = 6; digits <= 9; ++digits) {
            snprintf(side, sizeof side, "%.*g", digits, (double)sides[i]);
            if (strtof(side, NULL) == sides[i])
                break;
        }
        used += (size_t)snprintf(text + used, BOX_TEXT_BYTES - used, "%s%s", i ? " " : "", side);
    }
    return text;
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

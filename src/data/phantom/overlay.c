/* Overlays as endoscopy systems lay them out: words and numbers in a column at the upper left, the
 * inset at the lower left, corners cut off by the octagonal mask. See overlay.h.
 */
#include "data/phantom/overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "image/draw.h"

static Overlay *add(OverlayPlan *plan, OverlayKind kind, Box box)
{
    Overlay *item = &plan->items[plan->count++];
    *item = (Overlay){.kind = kind, .box = box};
    return item;
}

static void add_border(OverlayPlan *plan, RandomStream *stream, float width, float height)
{
    float cut = plan->cut = roundf(random_range(stream, 0.14f, 0.24f) * width);
    plan->round = 0.02f * height;
    add(plan, OVERLAY_BORDER, (Box){0, 0, cut, cut});
    add(plan, OVERLAY_BORDER, (Box){width - cut, 0, width, cut});
    add(plan, OVERLAY_BORDER, (Box){0, height - cut, cut, height});
    add(plan, OVERLAY_BORDER, (Box){width - cut, height - cut, width, height});
}

static Status add_line(OverlayPlan *plan, OverlayKind kind, float x, float y, const char *text)
{
    float width;
    TRY(draw_text_width(plan->letter, text, &width));
    Box box = {floorf(x) - 1, floorf(y) - 1, ceilf(x + width) + 1, ceilf(y + plan->letter) + 1};
    snprintf(add(plan, kind, box)->text, OVERLAY_TEXT_BYTES, "%s", text);
    return STATUS_OK;
}

static unsigned below(RandomStream *stream, uint32_t bound)
{
    return (unsigned)random_below(stream, bound);
}

static Status add_digits(OverlayPlan *plan, RandomStream *stream, float x, float *y)
{
    char text[OVERLAY_TEXT_BYTES];
    unsigned day = 1 + below(stream, 28), month = 1 + below(stream, 12);
    snprintf(text, sizeof text, "%02u/%02u/%u", day, month, 2012 + below(stream, 12));
    TRY(add_line(plan, OVERLAY_DIGITS, x, *y, text));
    *y += 1.7f * plan->letter;
    unsigned hour = 8 + below(stream, 10), minute = below(stream, 60);
    snprintf(text, sizeof text, "%02u:%02u:%02u", hour, minute, below(stream, 60));
    TRY(add_line(plan, OVERLAY_DIGITS, x, *y, text));
    *y += 1.7f * plan->letter;
    return STATUS_OK;
}

static Status add_words(OverlayPlan *plan, RandomStream *stream, float x, float *y)
{
    static const char *const words[] = {"Name:",        "Sex:  Age:", "D.O.B.:",  "CVP: A",
                                        "Eh: A  Cm: B", "Physician:", "Comment:", "Q: N"};
    size_t lines = 1 + below(stream, 3), first = below(stream, 8);
    for (size_t i = 0; i < lines; ++i, *y += 1.7f * plan->letter)
        TRY(add_line(plan, OVERLAY_TEXT, x, *y, words[(first + i) % 8]));
    return STATUS_OK;
}

Status overlay_draw(RandomStream *stream, size_t width, size_t height, OverlayPlan *plan)
{
    float w = (float)width, h = (float)height;
    *plan = (OverlayPlan){
        .letter = fmaxf(5, roundf(random_range(stream, 0.022f, 0.03f) * h)),
        .yellow = random_below(stream, 5) == 0,
    };
    bool border = random_uniform(stream) < 0.75f, digits = random_uniform(stream) < 0.6f;
    bool words = random_uniform(stream) < 0.5f, tube = random_uniform(stream) < 0.3f;
    if (!border && !words && !tube)
        digits = true;
    if (border)
        add_border(plan, stream, w, h);
    float x = random_range(stream, 0.012f, 0.03f) * w, y = random_range(stream, 0.04f, 0.25f) * h;
    if (digits)
        TRY(add_digits(plan, stream, x, &y));
    if (words)
        TRY(add_words(plan, stream, x, &y));
    if (tube) {
        float side = roundf(random_range(stream, 0.26f, 0.34f) * h);
        add(plan, OVERLAY_TUBE, (Box){0, h - side, side, h});
    }
    return STATUS_OK;
}

/* How far (x, y) is outside the octagon, pixels; negative inside. */
static float outside(const OverlayPlan *plan, float x, float y, float width, float height)
{
    float dx = fminf(x, width - x), dy = fminf(y, height - y);
    return (plan->cut - dx - dy) * 0.70711f;
}

static const Overlay *find_tube(const OverlayPlan *plan)
{
    for (size_t i = 0; i < plan->count; ++i)
        if (plan->items[i].kind == OVERLAY_TUBE)
            return &plan->items[i];
    return NULL;
}

Status overlay_block(const OverlayPlan *plan, size_t width, size_t height, Image *blocked)
{
    TRY(image_init(blocked, width, height, 1));
    const Overlay *tube = find_tube(plan);
    for (size_t y = 0; y < height; ++y)
        for (size_t x = 0; x < width; ++x) {
            float px = (float)x + 0.5f, py = (float)y + 0.5f;
            bool hidden = plan->cut > 0 && outside(plan, px, py, (float)width, (float)height) > 0;
            hidden |= tube && px < tube->box.x1 && py > tube->box.y0;
            blocked->pixels[y * width + x] = hidden ? 255 : 0;
        }
    return STATUS_OK;
}

static void dot(Image *image, float x, float y, float radius, Colour colour)
{
    for (long py = (long)(y - radius); py <= (long)(y + radius); ++py)
        for (long px = (long)(x - radius); px <= (long)(x + radius); ++px) {
            float dx = (float)px + 0.5f - x, dy = (float)py + 0.5f - y;
            if (px < 0 || py < 0 || px >= (long)image->width || py >= (long)image->height ||
                dx * dx + dy * dy > radius * radius)
                continue;
            uint8_t *pixel = image->pixels + ((size_t)py * image->width + (size_t)px) * 3;
            float shade = 0.5f + 0.5f * (1 - (dx + dy + 2 * radius) / (4 * radius));
            pixel[0] = (uint8_t)((float)colour.red * shade);
            pixel[1] = (uint8_t)((float)colour.green * shade);
            pixel[2] = (uint8_t)((float)colour.blue * shade);
        }
}

/* The looped insertion tube on black, as position-detecting units show it. */
static void burn_tube(Image *image, const Box *box)
{
    float side = box->x1 - box->x0;
    for (float t = 0; t <= 1; t += 0.004f) {
        float x = box->x0 + side * (0.22f + 0.5f * t + 0.18f * sinf(7.0f * t));
        float y = box->y1 - side * (0.08f + 0.75f * sinf(2.6f * t) * (0.7f + 0.3f * t));
        dot(image, x, y, 0.045f * side, (Colour){90, 200, 170});
    }
}

Status overlay_burn(const OverlayPlan *plan, const Image *blocked, Image *image)
{
    for (size_t i = 0; i < image->width * image->height; ++i)
        if (blocked->pixels[i])
            memset(image->pixels + 3 * i, 3, 3);
    const Overlay *tube = find_tube(plan);
    if (tube)
        burn_tube(image, &tube->box);
    Colour colour = plan->yellow ? (Colour){240, 230, 90} : (Colour){235, 235, 235};
    for (size_t i = 0; i < plan->count; ++i)
        if (plan->items[i].text[0])
            TRY(draw_text(image, plan->items[i].box.x0 + 1, plan->items[i].box.y0 + 1, plan->letter,
                          colour, plan->items[i].text));
    return STATUS_OK;
}

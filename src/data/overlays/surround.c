/* The black surround of a picture: octagonal, round, or bands with sharp or rounded corners; nearly
 * black, as cameras and JPEG leave it. See overlays.h. */
#include <math.h>

#include "base/memory.h"
#include "data/overlays/overlays.h"
#include "image/black_surround.h"

#include <stdlib.h>

/* Distances are pixels; what a shape lacks is 0. */
typedef struct {
    float x0, y0, x1, y1;             /* what the bands leave */
    float cut[2][2];                  /* width and height of the octagon's corners: left, right */
    float round;                      /* radius of the rectangle's corners */
    float centre_x, centre_y, radius; /* of the round field */
    float soft;                       /* width of the edge */
} Shape;

static void draw_bands(RandomStream *stream, float share, float width, float height, Shape *shape)
{
    float bands[4]; /* a band that is not there lies so far out that its soft edge does too */
    for (int i = 0; i < 4; ++i)
        bands[i] =
            random_below(stream, 2) ? roundf(random_range(stream, 0.02f, share) * height) : -2;
    *shape = (Shape){bands[0], bands[1], width - bands[2], height - bands[3], .soft = 1};
}

static void draw_octagon(RandomStream *stream, float height, Shape *shape)
{
    const float cut = random_range(stream, 0.08f, 0.4f) * height;
    const float slope = random_range(stream, 0.7f, 1.3f);
    const float other = random_below(stream, 3) ? 1 : random_range(stream, 0.5f, 1.5f);
    shape->cut[0][0] = cut;
    shape->cut[0][1] = cut * slope;
    shape->cut[1][0] = cut * other;
    shape->cut[1][1] = cut * slope * other;
}

static void draw_disc(RandomStream *stream, float width, float height, Shape *shape)
{
    const float longer = width > height ? width : height;
    shape->radius = random_range(stream, 0.47f, 0.58f) * longer;
    shape->centre_x = width * random_range(stream, 0.45f, 0.55f);
    shape->centre_y = height * random_range(stream, 0.47f, 0.53f);
}

static Shape draw_shape(RandomStream *stream, float width, float height)
{
    Shape shape;
    const uint32_t kind = random_below(stream, 10);
    if (kind < 5) {
        draw_bands(stream, 0.06f, width, height, &shape);
        draw_octagon(stream, height, &shape);
    } else if (kind < 8) {
        draw_bands(stream, 0.05f, width, height, &shape);
        draw_disc(stream, width, height, &shape);
    } else {
        draw_bands(stream, 0.3f, width, height, &shape);
        shape.x0 += roundf(random_range(stream, 0.02f, 0.1f) * width);
        if (random_below(stream, 2))
            shape.round = random_range(stream, 0.05f, 0.25f) * height;
    }
    shape.soft = random_range(stream, 0.3f, 2.5f);
    return shape;
}

static float larger(float a, float b)
{
    return a > b ? a : b;
}

/* How far (x, y) lies outside the shape; negative inside. */
static float outside(const Shape *shape, float x, float y)
{
    const float from_left = x - shape->x0, from_right = shape->x1 - x;
    const float from_top = y - shape->y0, from_bottom = shape->y1 - y;
    const float across = fminf(from_left, from_right), down = fminf(from_top, from_bottom);
    float most = larger(-across, -down);
    const float *cut = shape->cut[from_right < from_left];
    if (cut[0] > 0)
        most = larger(most, (1 - across / cut[0] - down / cut[1]) * 0.7f * fminf(cut[0], cut[1]));
    if (shape->radius > 0)
        most = larger(most, hypotf(x - shape->centre_x, y - shape->centre_y) - shape->radius);
    if (across < shape->round && down < shape->round)
        most = larger(most, hypotf(shape->round - across, shape->round - down) - shape->round);
    return most;
}

/* Covers the picture; *mask (height x width) is 1 on what is covered by half and more. */
static void cover(RandomStream *stream, const Shape *shape, Image *image, uint8_t *mask)
{
    const uint32_t grey =
        random_below(stream, 3) ? random_below(stream, 4) : random_below(stream, 15);
    float level[3];
    for (int c = 0; c < 3; ++c)
        level[c] = (float)(grey + random_below(stream, 3));
    const float ripple = random_below(stream, 2) ? random_range(stream, 0, 4) : 0;
    for (size_t y = 0; y < image->height; ++y)
        for (size_t x = 0; x < image->width; ++x) {
            const float beyond = outside(shape, (float)x + 0.5f, (float)y + 0.5f);
            const float share = fminf(fmaxf(beyond / shape->soft + 0.5f, 0), 1);
            mask[y * image->width + x] = share >= 0.5f;
            if (share == 0)
                continue;
            uint8_t *pixel = image->pixels + 3 * (y * image->width + x);
            const uint32_t bits = ripple > 0 ? random_u32(stream) : 0;
            for (unsigned c = 0; c < 3; ++c) {
                const float noise = ripple * ((float)(bits >> (8 * c) & 255) / 127.5f - 1);
                const float dark = fmaxf(level[c] + (ripple > 0 ? noise : 0), 0);
                pixel[c] = (uint8_t)((float)pixel[c] + (dark - (float)pixel[c]) * share + 0.5f);
            }
        }
}

Status overlay_surround(RandomStream *stream, OverlayPicture *picture)
{
    Image *image = &picture->image;
    PixelBox boxes[BLACK_SURROUND_BOXES];
    uint8_t *mask;
    TRY(MEMORY_NEW(&mask, image->width * image->height));
    const Shape shape = draw_shape(stream, (float)image->width, (float)image->height);
    cover(stream, &shape, image, mask);
    for (size_t i = 0; i < image->width * image->height; ++i)
        if (mask[i])
            overlay_hide(picture, i % image->width, i / image->width);
    const size_t count = black_surround_boxes(mask, image->width, image->height, boxes);
    for (size_t i = 0; i < count; ++i)
        overlay_add(
            picture, OVERLAY_BORDER,
            (Box){(float)boxes[i].x0, (float)boxes[i].y0, (float)boxes[i].x1, (float)boxes[i].y1});
    free(mask);
    return STATUS_OK;
}

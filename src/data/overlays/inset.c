/* Insets: the scope's position as a line on a square, another picture, or a square that one was
 * painted out with. Mostly in a corner. See overlays.h. */
#include <math.h>

#include "data/overlays/overlays.h"
#include "image/resize.h"

typedef struct {
    size_t x, y, width, height;
} Place;

static Place draw_place(RandomStream *stream, float largest, const Image *image)
{
    const float width = (float)image->width, height = (float)image->height;
    const float side = random_range(stream, 0.14f, largest) * height;
    const float aspect = random_below(stream, 2) ? 1 : random_range(stream, 0.75f, 1.4f);
    Place place = {.width = (size_t)fminf(side * aspect, width / 2), .height = (size_t)side};
    /* In the lower left corner half of the time, in another, or anywhere; at a distance or not. */
    const uint32_t corner = random_below(stream, 8);
    const size_t gap =
        random_below(stream, 2) ? (size_t)(random_uniform(stream) * 0.06f * height) : 0;
    const size_t right = image->width - place.width, bottom = image->height - place.height;
    place.x = corner == 1 || corner == 2 ? right - gap : gap;
    place.y = corner == 2 || corner == 3 ? gap : bottom - gap;
    if (corner == 4) {
        place.x = random_below(stream, (uint32_t)right + 1);
        place.y = random_below(stream, (uint32_t)bottom + 1);
    }
    return place;
}

static uint8_t *pixel_at(Image *image, size_t x, size_t y)
{
    return image->pixels + 3 * (y * image->width + x);
}

static uint8_t disturbed(float value, float ripple, uint32_t byte)
{
    value += ripple * ((float)byte / 127.5f - 1);
    return (uint8_t)fminf(fmaxf(value + 0.5f, 0), 255);
}

static void fill(RandomStream *stream, const Place *place, const float colour[3], float ripple,
                 Image *image)
{
    for (size_t y = 0; y < place->height; ++y)
        for (size_t x = 0; x < place->width; ++x) {
            uint8_t *pixel = pixel_at(image, place->x + x, place->y + y);
            const uint32_t bits = random_u32(stream);
            for (unsigned c = 0; c < 3; ++c)
                pixel[c] = disturbed(colour[c], ripple, bits >> (8 * c) & 255);
        }
}

static void draw_ground(RandomStream *stream, float colour[3])
{
    static const float grounds[][3] = {
        {4, 60, 20}, {20, 110, 40}, {60, 140, 60}, {2, 30, 90}, {20, 60, 150},
        {2, 2, 3},   {0, 0, 0},     {30, 30, 34},  {0, 90, 90}, {0, 0, 0},
    };
    const float *ground = grounds[random_below(stream, sizeof grounds / sizeof *grounds)];
    const float scale = random_range(stream, 0.7f, 1.3f);
    for (int c = 0; c < 3; ++c)
        colour[c] = ground[c] * scale;
}

/* A spot of the scope, brighter towards its upper left. */
static void dot(Image *image, const Place *place, float x, float y, float radius,
                const float colour[3])
{
    for (float dy = -radius; dy <= radius; ++dy)
        for (float dx = -radius; dx <= radius; ++dx) {
            const float px = x + dx, py = y + dy;
            if (dx * dx + dy * dy > radius * radius || px < 0 || py < 0 ||
                px >= (float)place->width || py >= (float)place->height)
                continue;
            uint8_t *pixel = pixel_at(image, place->x + (size_t)px, place->y + (size_t)py);
            const float shade = 0.75f - 0.25f * (dx + dy) / (2 * radius);
            for (int c = 0; c < 3; ++c)
                pixel[c] = disturbed(colour[c] * shade, 0, 0);
        }
}

/* The insertion tube: a line whose direction turns this way and that. */
static void draw_scope(RandomStream *stream, const Place *place, Image *image)
{
    static const float colours[][3] = {
        {220, 230, 220}, {120, 230, 140}, {90, 200, 200}, {240, 220, 90}, {150, 170, 240}};
    const float *colour = colours[random_below(stream, sizeof colours / sizeof *colours)];
    const float width = (float)place->width, height = (float)place->height;
    const float radius = fmaxf(random_range(stream, 0.012f, 0.045f) * height, 0.8f);
    float x = random_range(stream, 0.3f, 0.7f) * width, y = 0.98f * height;
    float angle = -1.57f, bend = 0;
    const float length = random_range(stream, 1.2f, 3) * height;
    for (float gone = 0; gone < length; ++gone) {
        bend += random_range(stream, -1, 1) * 2 / height;
        bend *= 0.97f;
        /* Turned towards the middle where it comes near a side. */
        if (x < 0.12f * width || x > 0.88f * width || y < 0.1f * height || y > 0.99f * height) {
            const float home = atan2f(height / 2 - y, width / 2 - x);
            angle += 6 / height * sinf(home - angle);
        }
        angle += bend * 0.7f;
        x += cosf(angle);
        y += sinf(angle);
        dot(image, place, x, y, radius, colour);
    }
}

static void draw_frame(RandomStream *stream, const Place *place, Image *image)
{
    const uint8_t grey = (uint8_t)(90 + random_below(stream, 166));
    for (size_t x = 0; x < place->width; ++x)
        for (size_t c = 0; c < 3; ++c)
            pixel_at(image, place->x + x, place->y)[c] =
                pixel_at(image, place->x + x, place->y + place->height - 1)[c] = grey;
    for (size_t y = 0; y < place->height; ++y)
        for (size_t c = 0; c < 3; ++c)
            pixel_at(image, place->x, place->y + y)[c] =
                pixel_at(image, place->x + place->width - 1, place->y + y)[c] = grey;
}

/* A small picture, within black or not: the frame itself in a mirror stands for another. */
static Status draw_thumbnail(RandomStream *stream, const Place *place, Image *image)
{
    const float black[3] = {1, 1, 1};
    const size_t edge = random_below(stream, 2) ? place->height / 16 : 0;
    ResizeView view = resize_whole(image);
    view.flip_horizontal = true;
    Image small;
    TRY(resize_image(image, &view, place->width - 2 * edge, place->height - 2 * edge, &small));
    fill(stream, place, black, 0, image);
    for (size_t y = 0; y < small.height; ++y)
        for (size_t x = 0; x < small.width; ++x)
            for (size_t c = 0; c < 3; ++c)
                pixel_at(image, place->x + edge + x, place->y + edge + y)[c] =
                    pixel_at(&small, x, y)[c];
    image_clear(&small);
    return STATUS_OK;
}

/* Forgets what an inset hides: corners of a surround, letters. */
static void hide_below(const Box *inset, OverlayPicture *picture)
{
    size_t kept = 0;
    for (size_t i = 0; i < picture->count; ++i) {
        const Box *box = &picture->boxes[i].box;
        if (box->x0 < inset->x0 || box->y0 < inset->y0 || box->x1 > inset->x1 ||
            box->y1 > inset->y1)
            picture->boxes[kept++] = picture->boxes[i];
    }
    picture->count = kept;
    for (size_t y = (size_t)inset->y0; y < (size_t)inset->y1; ++y)
        for (size_t x = (size_t)inset->x0; x < (size_t)inset->x1; ++x)
            overlay_hide(picture, x, y);
}

Status overlay_inset(RandomStream *stream, OverlayPicture *picture)
{
    Image *image = &picture->image;
    const uint32_t kind = random_below(stream, 10);
    /* What an inset was painted out with is often larger than the inset. */
    const Place place = draw_place(stream, kind < 7 ? 0.38f : 0.55f, image);
    float colour[3];
    draw_ground(stream, colour);
    const float ripple = random_below(stream, 2) ? random_range(stream, 0, 4) : 0;
    if (kind < 5) {
        fill(stream, &place, colour, ripple, image);
        draw_scope(stream, &place, image);
    } else if (kind < 7) {
        TRY(draw_thumbnail(stream, &place, image));
    } else {
        if (kind < 9)
            colour[0] = colour[1] = colour[2] = (float)random_below(stream, 5);
        fill(stream, &place, colour, ripple * 0.4f, image);
    }
    if (kind < 7 && random_below(stream, 2))
        draw_frame(stream, &place, image);
    const Box box = {(float)place.x, (float)place.y, (float)(place.x + place.width),
                     (float)(place.y + place.height)};
    hide_below(&box, picture);
    overlay_add(picture, OVERLAY_TUBE, box);
    return STATUS_OK;
}

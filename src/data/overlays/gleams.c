/* Light that a network might take for letters, or that letters are hard to see upon: mirrored by
 * wet mucosa in groups of gleams, or so near to the scope that a side of the frame is white. Drawn
 * on the bare frame, without boxes. See overlays.h. */
#include <math.h>

#include "data/overlays/overlays.h"

static const float pi = 3.14159265f;

/* Moves a pixel towards a colour by a share of the way. */
static void lighten(Image *image, size_t x, size_t y, const float colour[3], float share)
{
    uint8_t *pixel = image->pixels + 3 * (y * image->width + x);
    for (int c = 0; c < 3; ++c)
        pixel[c] =
            (uint8_t)((float)pixel[c] + (colour[c] - (float)pixel[c]) * fminf(share, 1) + 0.5f);
}

/* Light about a point, mostly near the left side, that fades with the distance. */
static void draw_glare(RandomStream *stream, Image *image)
{
    const float width = (float)image->width, height = (float)image->height;
    const float x = random_range(stream, -0.2f, random_below(stream, 2) ? 0.2f : 1.2f) * width;
    const float y = random_range(stream, 0, 1) * height;
    const float reach = random_range(stream, 0.3f, 0.9f) * height;
    const float longer = random_range(stream, 1, 2.5f), level = random_range(stream, 225, 255);
    const float strength = random_range(stream, 0.8f, 2.2f);
    const float colour[3] = {level, level * random_range(stream, 0.93f, 1),
                             level * random_range(stream, 0.85f, 1)};
    for (size_t row = 0; row < image->height; ++row)
        for (size_t column = 0; column < image->width; ++column) {
            const float far = hypotf((float)column - x, ((float)row - y) / longer) / reach;
            if (far < 1)
                lighten(image, column, row, colour, strength * (1 - far) * (1 - far));
        }
}

typedef struct {
    float x, y;         /* middle */
    float radius;       /* along its axis */
    float narrow;       /* width over length */
    float cosine, sine; /* of its axis */
    float soft;         /* width of its edge, in radii */
} Gleam;

static void draw_gleam(const Gleam *gleam, const float colour[3], Image *image)
{
    const float reach = gleam->radius * (1 + gleam->soft) + 1;
    const float width = (float)image->width, height = (float)image->height;
    for (float y = fmaxf(floorf(gleam->y - reach), 0); y < fminf(gleam->y + reach, height); ++y)
        for (float x = fmaxf(floorf(gleam->x - reach), 0); x < fminf(gleam->x + reach, width);
             ++x) {
            const float dx = x - gleam->x, dy = y - gleam->y;
            const float along = dx * gleam->cosine + dy * gleam->sine;
            const float across = (dy * gleam->cosine - dx * gleam->sine) / gleam->narrow;
            const float beyond = hypotf(along, across) / gleam->radius - 1;
            const float share = 0.5f - beyond / gleam->soft;
            if (share > 0)
                lighten(image, (size_t)x, (size_t)y, colour, share);
        }
}

/* Gleams of much the same size and direction, in a cloud or along a fold. */
static void draw_group(RandomStream *stream, Image *image)
{
    const float width = (float)image->width, height = (float)image->height;
    const float x = random_uniform(stream) * width, y = random_uniform(stream) * height;
    const float spread = random_range(stream, 0.01f, 0.15f) * height;
    const float flat = random_range(stream, 0.1f, 1), turn = random_range(stream, 0, pi);
    const float size = random_range(stream, 0.8f, 4.5f), axis = random_range(stream, 0, pi);
    const float level = random_range(stream, 200, 255), soft = random_range(stream, 0.3f, 1.2f);
    const float colour[3] = {level, level * random_range(stream, 0.92f, 1),
                             level * random_range(stream, 0.75f, 1)};
    const uint32_t count = 1 + random_below(stream, random_below(stream, 2) ? 40 : 6);
    for (uint32_t i = 0; i < count; ++i) {
        const float along = random_normal(stream) * spread;
        const float across = random_normal(stream) * spread * flat;
        const float angle = axis + random_normal(stream) * 0.3f;
        const Gleam gleam = {.x = x + along * cosf(turn) - across * sinf(turn),
                             .y = y + along * sinf(turn) + across * cosf(turn),
                             .radius = size * random_range(stream, 0.6f, 1.8f),
                             .narrow = random_range(stream, 0.3f, 1),
                             .cosine = cosf(angle),
                             .sine = sinf(angle),
                             .soft = soft};
        draw_gleam(&gleam, colour, image);
    }
}

void overlay_gleams(RandomStream *stream, Image *image)
{
    if (random_below(stream, 5) == 0)
        draw_glare(stream, image);
    if (random_below(stream, 5) < 2)
        for (uint32_t left = 1 + random_below(stream, 5); left > 0; --left)
            draw_group(stream, image);
}

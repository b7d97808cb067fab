/* Why colour tells nothing in hard pictures: each picture has its own white and light, each patient
 * a mucosa between pale and deep red, and on the wall lie bile, mucus, red and pale spots. All of
 * it is drawn without a look at the class.
 */
#include "data/phantom/scene.h"

#include <math.h>

void colours_widen(RandomStream *stream, Mucosa *mucosa, Look *look)
{
    mucosa->red *= random_range(stream, 0.85f, 1.04f);
    mucosa->green *= random_range(stream, 0.80f, 1.18f);
    mucosa->blue *= random_range(stream, 0.78f, 1.20f);
    mucosa->blotches *= random_range(stream, 0.7f, 2.2f);
    mucosa->vessels *= random_range(stream, 0.6f, 1.2f);
    mucosa->wetness *= random_range(stream, 0.6f, 1.6f);
    look->exposure *= random_range(stream, 0.78f, 1.18f);
    look->warmth += random_range(stream, -0.08f, 0.08f);
}

typedef struct {
    float red, green, blue; /* what is left of the wall's colour, at the middle of a spot */
    float least, most;      /* radius in units of half the height */
    uint32_t count;         /* at most, of a picture that has any */
} Spot;

static const Spot spots[] = {
    {0.98f, 0.92f, 0.52f, 0.15f, 0.55f, 3}, /* bile */
    {1.06f, 1.28f, 1.30f, 0.05f, 0.22f, 5}, /* mucus */
    {0.96f, 0.66f, 0.68f, 0.06f, 0.30f, 6}, /* redness */
    {1.03f, 1.22f, 1.18f, 0.06f, 0.30f, 4}, /* paleness */
};

/* A spot fades from its middle: it has a colour, and no border. */
static void lay_spot(Scene *scene, const Spot *spot, float x, float y, float radius, float depth)
{
    float reach = 2.2f * radius;
    size_t x0 = (size_t)fmaxf(0, x - reach), y0 = (size_t)fmaxf(0, y - reach);
    size_t x1 = (size_t)fmaxf(0, fminf((float)scene->width, x + reach));
    size_t y1 = (size_t)fmaxf(0, fminf((float)scene->height, y + reach));
    for (size_t row = y0; row < y1; ++row)
        for (size_t column = x0; column < x1; ++column) {
            size_t i = row * scene->width + column;
            float dx = (float)column - x, dy = (float)row - y;
            float share = depth * expf(-(dx * dx + dy * dy) / (radius * radius));
            scene->red[i] *= 1 + share * (spot->red - 1);
            scene->green[i] *= 1 + share * (spot->green - 1);
            scene->blue[i] *= 1 + share * (spot->blue - 1);
        }
}

void colours_lay(Scene *scene, RandomStream *stream)
{
    for (size_t kind = 0; kind < sizeof spots / sizeof *spots; ++kind) {
        uint32_t count = random_below(stream, 2 * spots[kind].count);
        for (uint32_t k = 0; k < count && k < spots[kind].count; ++k) {
            float x = random_uniform(stream) * (float)scene->width;
            float y = random_uniform(stream) * (float)scene->height;
            float radius = random_range(stream, spots[kind].least, spots[kind].most) * scene->unit;
            lay_spot(scene, &spots[kind], x, y, radius, random_range(stream, 0.3f, 1.0f));
        }
    }
    float red = random_range(stream, 0.92f, 1.06f), green = random_range(stream, 0.92f, 1.08f);
    float blue = random_range(stream, 0.88f, 1.12f);
    for (size_t i = 0; i < scene->width * scene->height; ++i) {
        scene->red[i] *= red;
        scene->green[i] *= green;
        scene->blue[i] *= blue;
    }
}

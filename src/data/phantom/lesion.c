/* Lesions: an outline that belongs to the patient, laid on the wall of each image in another size,
 * turn and place. All is a function of rho, the distance from the centre in units of the outline
 * (1 on it), and of noise in the lesion's own coordinates (p, q).
 *
 *   uplift      a lobed, redder knob that throws a shadow
 *   flat        an irregular patch of another colour, mottled, without vessels
 *   depression  a sunken, dark and patchy floor with a ragged edge; folds run up to it
 *   ulcer       a smooth, sunken white-yellow base in a swollen red ring
 *   gastritis   a wide, ill-defined region of red spots and swollen grain
 */
#include "data/phantom/scene.h"

#include <math.h>
#include <string.h>

#include "data/phantom/noise.h"

static const float PI = 3.14159265f;

LesionShape lesion_draw(LesionKind kind, RandomStream *stream)
{
    /* Roughness of the outline (of each wave, of its noise), share of the frame's area. */
    static const struct {
        float waves, jagged, least, most;
    } kinds[] = {
        [LESION_NONE] = {0, 0, 0, 0},
        [LESION_CANCER_UPLIFT] = {0.09f, 0.04f, 0.045f, 0.13f},
        [LESION_CANCER_FLAT] = {0.17f, 0.15f, 0.06f, 0.16f},
        [LESION_CANCER_DEPRESSION] = {0.15f, 0.13f, 0.05f, 0.14f},
        [LESION_ULCER] = {0.06f, 0.03f, 0.05f, 0.14f},
        [LESION_GASTRITIS] = {0.14f, 0.12f, 0.10f, 0.22f},
    };
    LesionShape shape = {
        .kind = kind,
        .share = random_range(stream, kinds[kind].least, kinds[kind].most),
        .aspect = random_range(stream, 1.0f, 1.5f),
        .jagged = kinds[kind].jagged * random_range(stream, 0.7f, 1.3f),
        .strength = random_range(stream, 0.6f, 1.0f),
        .paleness = random_below(stream, 2) ? random_range(stream, 0.4f, 1.0f)
                                            : random_range(stream, -1.0f, -0.4f),
        .seed = random_u32(stream),
    };
    for (int k = 0; k < LESION_WAVES; ++k)
        for (int part = 0; part < 2; ++part)
            shape.wave[k][part] = kinds[kind].waves * random_normal(stream) / (1 + 0.5f * (float)k);
    return shape;
}

LesionShape lesion_draw_hard(LesionKind kind, RandomStream *stream)
{
    LesionShape shape = lesion_draw(kind, stream);
    shape.level = PHANTOM_HARD;
    /* As many small ones as large ones, on a scale of ratios. */
    shape.share = 0.006f * powf(12, random_uniform(stream));
    return shape;
}

/* Distance from the centre to the outline in direction `angle`; about 1. */
static float outline(const LesionShape *shape, float angle)
{
    float distance = 1;
    for (int k = 0; k < LESION_WAVES; ++k)
        distance += shape->wave[k][0] * cosf((float)(k + 1) * angle) +
                    shape->wave[k][1] * sinf((float)(k + 1) * angle);
    return distance < 0.45f ? 0.45f : distance > 1.6f ? 1.6f : distance;
}

/* The pixel in direction `angle` from the centre, at that distance in units of the outline. */
static void point_at(const LesionShape *shape, const LesionPlace *place, float angle,
                     float distance, float *x, float *y)
{
    float reach = distance * outline(shape, angle);
    float p = reach * cosf(angle) * place->long_axis;
    float q = reach * sinf(angle) * place->short_axis * (place->mirrored ? -1.0f : 1.0f);
    *x = place->x + p * cosf(place->turn) - q * sinf(place->turn);
    *y = place->y + p * sinf(place->turn) + q * cosf(place->turn);
}

/* Whether the lesion with a little margin lies on pixels that are seen. */
static bool fits(const LesionShape *shape, const LesionPlace *place, size_t width, size_t height,
                 const Image *blocked)
{
    enum { DIRECTIONS = 24 };
    for (int i = 0; i < DIRECTIONS; ++i) {
        float x, y;
        point_at(shape, place, 2 * PI * (float)i / DIRECTIONS, 1.06f, &x, &y);
        if (x < 2 || y < 2 || x > (float)width - 3 || y > (float)height - 3)
            return false;
        if (blocked && blocked->pixels[(size_t)y * width + (size_t)x])
            return false;
    }
    return true;
}

bool lesion_covers(const LesionShape *shape, const LesionPlace *place, const Image *blocked)
{
    enum { DIRECTIONS = 64, RINGS = 16 };
    for (int i = 0; i < DIRECTIONS; ++i)
        for (int k = 0; k <= RINGS; ++k) {
            float x, y;
            point_at(shape, place, 2 * PI * (float)i / DIRECTIONS, 1.06f * (float)k / RINGS, &x,
                     &y);
            if (x >= 0 && y >= 0 && x < (float)blocked->width && y < (float)blocked->height &&
                blocked->pixels[(size_t)y * blocked->width + (size_t)x])
                return true;
        }
    return false;
}

LesionPlace lesion_place(const LesionShape *shape, const Look *look, size_t width, size_t height,
                         const Image *blocked, RandomStream *stream)
{
    float unit = (float)height / 2, area = 0;
    for (int i = 0; i < 64; ++i) {
        float distance = outline(shape, 2 * PI * (float)i / 64);
        area += distance * distance * PI / 64;
    }
    float share = shape->share * random_range(stream, 0.75f, 1.35f);
    if (shape->level == PHANTOM_EASY)
        share = fminf(fmaxf(share, 0.038f), 0.23f);
    else
        share = fmaxf(share, 0.005f);
    float axis = sqrtf(share * (float)(width * height) / area);
    LesionPlace place = {
        .turn = random_range(stream, -PI, PI),
        .mirrored = random_below(stream, 2),
    };
    for (int attempt = 0;; ++attempt) {
        float size = attempt < 60 ? 1 : powf(0.97f, (float)(attempt - 60));
        place.long_axis = size * axis * sqrtf(shape->aspect);
        place.short_axis = size * axis / sqrtf(shape->aspect);
        place.x = random_range(stream, 0.12f, 0.88f) * (float)width;
        place.y = random_range(stream, 0.12f, 0.88f) * (float)height;
        float du = (place.x - (float)width / 2) / unit - look->lumen_u;
        float dv = place.y / unit - 1 - look->lumen_v;
        float away = sqrtf(du * du + dv * dv) - 0.6f * place.long_axis / unit;
        bool lit = away > 0.9f * look->lumen_size || attempt > 100;
        if (attempt > 200) { /* everything is blocked: the middle, small */
            place.x = (float)width / 2;
            place.y = unit;
            return place;
        }
        if (lit && fits(shape, &place, width, height, blocked))
            return place;
    }
}

/* One row of the lesion's neighbourhood, and where it goes. */
enum { ROW_MOST = 4096 };
typedef struct {
    float p[ROW_MOST], q[ROW_MOST], rho[ROW_MOST], angle[ROW_MOST];
    float coarse[ROW_MOST], fine[ROW_MOST];
} Row;

static float step(float from, float to, float x)
{
    float t = (x - from) / (to - from);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return t * t * (3 - 2 * t);
}

static void blend(Scene *scene, size_t i, float share, float red, float green, float blue)
{
    scene->red[i] += share * (red - scene->red[i]);
    scene->green[i] += share * (green - scene->green[i]);
    scene->blue[i] += share * (blue - scene->blue[i]);
}

static void tint(Scene *scene, size_t i, float share, float red, float green, float blue)
{
    scene->red[i] *= 1 + share * (red - 1);
    scene->green[i] *= 1 + share * (green - 1);
    scene->blue[i] *= 1 + share * (blue - 1);
}

/* Everything below: rho, angle and the noises at one pixel i; size = short axis in pixels. */

static void lay_uplift(Scene *scene, size_t i, const LesionShape *shape, float size, float rho,
                       float coarse, float fine)
{
    float inside = step(1.04f, 0.95f, rho), dome = rho < 1 ? powf(1 - rho * rho, 0.6f) : 0;
    float steep = 0.42f * shape->strength * size;
    scene->relief[i] *= 1 - 0.8f * inside;
    scene->relief[i] += steep * dome * (1 + 0.22f * coarse) + inside * 0.6f * fine;
    tint(scene, i, inside * shape->strength, 1.0f, 0.80f + 0.12f * shape->paleness - 0.12f * coarse,
         0.84f + 0.10f * shape->paleness - 0.10f * coarse);
    scene->gloss[i] *= 1 + 0.8f * inside;
    float shadow = step(1.30f, 1.0f, rho) * (1 - inside);
    tint(scene, i, 0.35f * shadow, 0.75f, 0.65f, 0.65f);
}

static void lay_flat(Scene *scene, size_t i, const LesionShape *shape, float rho, float coarse,
                     float fine)
{
    float inside = step(1.03f, 0.94f, rho), edge = step(0.75f, 0.95f, rho) * inside;
    float mottle = fminf(1, fmaxf(-1, shape->paleness + 1.1f * coarse + 0.35f * fine));
    float share = inside * (0.45f + 0.55f * shape->strength);
    if (mottle > 0) /* pale, faintly yellow */
        tint(scene, i, share * mottle, 1.02f, 1.30f, 1.22f);
    else
        tint(scene, i, -share * mottle, 0.96f, 0.62f, 0.66f);
    tint(scene, i, 0.4f * share * edge, 0.97f, 0.80f, 0.82f);
    scene->relief[i] += inside * (0.9f * fine + 0.5f * coarse);
}

static void lay_depression(Scene *scene, size_t i, const LesionShape *shape, float size, float rho,
                           float angle, float coarse, float fine)
{
    float inside = step(1.03f, 0.90f, rho), floor = step(1.02f, 0.55f, rho);
    float deep = 0.17f * shape->strength * size;
    float folds = (float)(5 + shape->seed % 4);
    if (rho < 1.9f) { /* converging folds with clubbed ends at the edge */
        float wave = 0.5f + 0.5f * cosf(folds * angle + 0.8f * coarse + (float)(shape->seed % 7));
        float span = step(0.88f, 1.10f, rho) * step(1.9f, 1.15f, rho);
        scene->relief[i] += 0.12f * size * wave * wave * span;
    }
    scene->relief[i] *= 1 - 0.6f * inside;
    scene->relief[i] += 0.04f * size * step(1.25f, 1.03f, rho) * (1 - inside) - deep * floor +
                        floor * (1.0f * coarse + 0.7f * fine);
    float patch = step(0.05f, 0.45f, coarse + 0.3f * fine);
    tint(scene, i, inside * (0.5f + 0.5f * shape->strength), 0.88f, 0.64f, 0.66f);
    blend(scene, i, inside * patch * 0.5f, 0.86f, 0.70f, 0.60f);
}

static void lay_ulcer(Scene *scene, size_t i, const LesionShape *shape, float size, float rho,
                      float angle, float coarse, float fine)
{
    float border = 0.64f + 0.05f * coarse + 0.02f * fine;
    float base = step(border + 0.07f, border - 0.07f, rho);
    float ring = step(1.08f, 0.74f, rho) * (1 - base);
    float swelling = rho < 1.3f ? expf(-16 * (rho - 0.82f) * (rho - 0.82f)) : 0;
    if (rho < 1.8f) {
        float wave = 0.5f + 0.5f * cosf((float)(6 + shape->seed % 3) * angle + 0.5f * coarse);
        scene->relief[i] += 0.07f * size * wave * step(0.95f, 1.1f, rho) * step(1.8f, 1.2f, rho);
    }
    scene->relief[i] *= 1 - 0.6f * base;
    scene->relief[i] += 0.13f * size * shape->strength * swelling -
                        0.10f * size * step(border + 0.15f, 0.15f, rho) +
                        base * (0.6f * coarse + 0.3f * fine);
    tint(scene, i, ring * (0.6f + 0.4f * shape->strength), 1.0f, 0.62f, 0.64f);
    float yellow = 0.05f + 0.06f * coarse;
    blend(scene, i, base * (0.8f + 0.15f * shape->strength), 1.05f, 1.0f - yellow,
          0.86f - 2.2f * yellow + 0.04f * fine);
    /* Old blood on some. */
    if (shape->seed % 3 == 0)
        blend(scene, i, base * 0.6f * step(0.30f, 0.55f, coarse), 0.45f, 0.22f, 0.13f);
}

static void lay_gastritis(Scene *scene, size_t i, const LesionShape *shape, float rho, float coarse,
                          float fine)
{
    float inside = step(1.15f, 0.72f, rho);
    float spots = step(-0.10f, 0.50f, coarse + 0.2f * fine);
    float share = inside * (0.5f + 0.5f * shape->strength);
    tint(scene, i, share, 1.0f, 0.80f, 0.81f);
    tint(scene, i, share * spots, 0.97f, 0.66f, 0.68f);
    scene->relief[i] += inside * (1.0f * fine - 0.5f * spots) * shape->strength;
    scene->gloss[i] *= 1 + 0.3f * inside;
}

static void add_colour(double sum[3], const Scene *scene, size_t i)
{
    sum[0] += (double)scene->red[i];
    sum[1] += (double)scene->green[i];
    sum[2] += (double)scene->blue[i];
}

/* Gives the pixels of the mask the mean colour that they had before. */
static void keep_colour(Scene *scene, const double before[3], const double after[3])
{
    float *layers[3] = {scene->red, scene->green, scene->blue};
    for (int c = 0; c < 3; ++c) {
        float scale = after[c] > 0 ? (float)(before[c] / after[c]) : 1;
        for (size_t i = 0; i < scene->width * scene->height; ++i)
            if (scene->mask[i])
                layers[c][i] *= scale;
    }
}

static void lay_point(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at)
{
    if (shape->level == PHANTOM_HARD) {
        structure_lay(scene, i, shape, at);
        return;
    }
    switch (shape->kind) {
    case LESION_CANCER_UPLIFT:
        lay_uplift(scene, i, shape, at->size, at->rho, at->coarse, at->fine);
        break;
    case LESION_CANCER_FLAT:
        lay_flat(scene, i, shape, at->rho, at->coarse, at->fine);
        break;
    case LESION_CANCER_DEPRESSION:
        lay_depression(scene, i, shape, at->size, at->rho, at->angle, at->coarse, at->fine);
        break;
    case LESION_ULCER:
        lay_ulcer(scene, i, shape, at->size, at->rho, at->angle, at->coarse, at->fine);
        break;
    case LESION_GASTRITIS:
        lay_gastritis(scene, i, shape, at->rho, at->coarse, at->fine);
        break;
    case LESION_NONE:
        break;
    }
}

void lesion_lay(Scene *scene, const LesionShape *shape, const LesionPlace *place)
{
    Row row;
    double before[3] = {0}, after[3] = {0};
    float reach = 2.0f * 1.3f * place->long_axis;
    float cosine = cosf(place->turn), sine = sinf(place->turn), mirror = place->mirrored ? -1 : 1;
    size_t x0 = (size_t)fmaxf(0, place->x - reach), y0 = (size_t)fmaxf(0, place->y - reach);
    size_t x1 = (size_t)fminf((float)scene->width, place->x + reach);
    size_t y1 = (size_t)fminf((float)scene->height, place->y + reach);
    float spots = shape->kind == LESION_GASTRITIS ? 5.0f : 2.6f;
    for (size_t y = y0; y < y1; ++y) {
        size_t count = x1 - x0;
        for (size_t n = 0; n < count; ++n) {
            float dx = (float)(x0 + n) + 0.5f - place->x, dy = (float)y + 0.5f - place->y;
            row.p[n] = (dx * cosine + dy * sine) / place->long_axis;
            row.q[n] = mirror * (dy * cosine - dx * sine) / place->short_axis;
            row.rho[n] = row.coarse[n] = row.fine[n] = 0;
        }
        noise_add(count, row.p, row.q, 3.2f, shape->seed, 1.0f, row.rho);
        noise_add(count, row.p, row.q, 8.0f, shape->seed + 1, 0.5f, row.rho);
        noise_add(count, row.p, row.q, spots, shape->seed + 2, 1.0f, row.coarse);
        noise_add(count, row.p, row.q, 2.2f * spots, shape->seed + 3, 0.5f, row.coarse);
        noise_add(count, row.p, row.q, 14.0f, shape->seed + 4, 1.0f, row.fine);
        for (size_t n = 0; n < count; ++n) {
            float p = row.p[n], q = row.q[n], distance = sqrtf(p * p + q * q);
            if (distance > 3.2f)
                continue;
            float angle = atan2f(q, p);
            float rho = distance / outline(shape, angle) + shape->jagged * row.rho[n];
            LesionPoint at = {.rho = rho,
                              .angle = angle,
                              .p = p,
                              .q = q,
                              .size = place->short_axis,
                              .coarse = row.coarse[n],
                              .fine = row.fine[n]};
            size_t i = y * scene->width + x0 + n;
            if (rho < 1)
                add_colour(before, scene, i);
            lay_point(scene, i, shape, &at);
            if (rho < 1) {
                add_colour(after, scene, i);
                scene->mask[i] = 255;
            }
        }
    }
    if (shape->level == PHANTOM_HARD)
        keep_colour(scene, before, after);
}

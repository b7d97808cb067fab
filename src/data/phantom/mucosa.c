/* Healthy stomach wall: a place on it for each pixel, rugae, areae gastricae, colour and vessels.
 *
 * The view down a lumen is made without a third dimension: distance r from the lumen's centre
 * stands for depth, texture is compressed towards it as r^-0.4, long folds are waves over the angle
 * about it and ring folds waves over log r, both bent by noise. With the lumen outside the frame
 * the same gives a wall seen almost from the front.
 */
#include "data/phantom/scene.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/vector.h"
#include "data/phantom/noise.h"

static const float PI = 3.14159265f;

Status scene_init(Scene *scene, size_t width, size_t height)
{
    *scene = (Scene){.width = width, .height = height, .unit = (float)height / 2};
    size_t pixels = width * height;
    float **layers[] = {&scene->wall_x, &scene->wall_y, &scene->radius, &scene->angle,
                        &scene->relief, &scene->red,    &scene->green,  &scene->blue,
                        &scene->gloss,  &scene->light,  &scene->spare};
    size_t count = sizeof layers / sizeof *layers;
    TRY(MEMORY_NEW(&scene->block, count * pixels));
    for (size_t i = 0; i < count; ++i)
        *layers[i] = scene->block + i * pixels;
    Status status = MEMORY_NEW(&scene->mask, pixels);
    if (status != STATUS_OK)
        scene_clear(scene);
    return status;
}

void scene_clear(Scene *scene)
{
    free(scene->block);
    free(scene->mask);
    *scene = (Scene){0};
}

Mucosa mucosa_draw(RandomStream *stream)
{
    Mucosa mucosa = {
        .red = random_range(stream, 0.86f, 0.97f),
        .green = random_range(stream, 0.50f, 0.62f),
        .vessels = random_range(stream, 0.1f, 0.9f),
        .blotches = random_range(stream, 0.04f, 0.13f),
        .folds = random_range(stream, 4.0f, 16.0f),
        .grain = random_range(stream, 0.25f, 0.8f),
        .rings = random_uniform(stream),
        .wetness = random_range(stream, 0.35f, 1.0f),
        .seed = random_u32(stream),
    };
    mucosa.blue = mucosa.green * random_range(stream, 0.70f, 0.95f);
    return mucosa;
}

Look look_draw(RandomStream *stream)
{
    float direction = random_range(stream, -PI, PI);
    /* The lumen near the middle, near the edge or outside. */
    float distance = random_range(stream, 0.25f, 1.5f);
    return (Look){
        .lumen_u = distance * cosf(direction) * 1.1f,
        .lumen_v = distance * sinf(direction) * 0.9f,
        .lumen_size = random_range(stream, 0.22f, 0.42f),
        .roll = random_range(stream, -PI, PI),
        .light_u = random_range(stream, -0.5f, 0.5f),
        .light_v = random_range(stream, -0.5f, 0.1f),
        .exposure = random_range(stream, 0.92f, 1.18f),
        .warmth = random_range(stream, -0.04f, 0.04f),
        .blur = random_range(stream, 0.3f, 0.9f),
        .noise = random_range(stream, 1.5f, 4.0f),
        .seed = random_u32(stream),
    };
}

/* Fills wall_x, wall_y, radius, angle; light and spare hold u and v afterwards. */
static void place_wall(Scene *scene, const Look *look)
{
    size_t pixels = scene->width * scene->height;
    for (size_t y = 0, i = 0; y < scene->height; ++y)
        for (size_t x = 0; x < scene->width; ++x, ++i) {
            scene->light[i] = ((float)x + 0.5f - (float)scene->width / 2) / scene->unit;
            scene->spare[i] = ((float)y + 0.5f) / scene->unit - 1;
        }
    /* A lumen is never round. */
    memset(scene->wall_x, 0, pixels * sizeof(float));
    memset(scene->wall_y, 0, pixels * sizeof(float));
    noise_add(pixels, scene->light, scene->spare, 1.3f, look->seed, 0.16f, scene->wall_x);
    noise_add(pixels, scene->light, scene->spare, 1.3f, look->seed + 1, 0.16f, scene->wall_y);
    float stretch = 0.85f + 0.3f * (float)(look->seed >> 8 & 0xff) / 255;
    for (size_t i = 0; i < pixels; ++i) {
        float dx = (scene->light[i] - look->lumen_u + scene->wall_x[i]) * stretch;
        float dy = (scene->spare[i] - look->lumen_v + scene->wall_y[i]) / stretch;
        float square = dx * dx + dy * dy + 1e-4f;
        scene->radius[i] = sqrtf(square);
        scene->angle[i] = atan2f(dy, dx) + look->roll;
        float dense = powf(square, -0.2f);
        scene->wall_x[i] = dx * dense;
        scene->wall_y[i] = dy * dense;
    }
}

/* A fold's profile over its phase: a rounded crest, a narrower valley. */
static inline float crest(float phase)
{
    float wave = 0.5f + 0.5f * cosf(phase);
    return wave * (1.6f - 0.6f * wave);
}

static void raise_folds(Scene *scene, const Mucosa *mucosa, const Look *look)
{
    size_t pixels = scene->width * scene->height;
    float *bend = scene->light, *presence = scene->spare;
    memset(bend, 0, pixels * sizeof(float));
    memset(presence, 0, pixels * sizeof(float));
    noise_add(pixels, scene->wall_x, scene->wall_y, 1.1f, mucosa->seed + 10, 2.6f, bend);
    noise_add(pixels, scene->wall_x, scene->wall_y, 2.7f, mucosa->seed + 11, 0.9f, bend);
    noise_add(pixels, scene->wall_x, scene->wall_y, 0.9f, look->seed + 12, 0.9f, presence);
    float height = mucosa->folds * (float)scene->height / 256;
    float long_folds = (float)(7 + mucosa->seed % 5), ring_folds = 5.5f + (float)(look->seed % 3);
    for (size_t i = 0; i < pixels; ++i) {
        float r = scene->radius[i];
        float along = crest(long_folds * scene->angle[i] + bend[i] * (0.6f + r));
        float rings = crest(ring_folds * logf(r + 0.2f) * 1.5f + bend[i] + look->roll);
        /* Long folds are too wide far from the lumen, rings fade there as well. */
        float fading = 1 / (1 + 0.3f * r * r);
        float strength = 0.55f + presence[i];
        strength = strength < 0.12f ? 0.12f : strength;
        float fold = (1 - mucosa->rings) * along + mucosa->rings * rings;
        scene->relief[i] = height * fading * strength * fold * (0.4f + 0.6f * fminf(1, r * 2));
    }
}

static void colour_wall(Scene *scene, const Mucosa *mucosa, const Look *look)
{
    size_t pixels = scene->width * scene->height;
    float *redness = scene->light, *fine = scene->spare;
    memset(redness, 0, pixels * sizeof(float));
    memset(fine, 0, pixels * sizeof(float));
    noise_add(pixels, scene->wall_x, scene->wall_y, 1.4f, mucosa->seed + 20, 1.0f, redness);
    noise_add(pixels, scene->wall_x, scene->wall_y, 3.7f, mucosa->seed + 21, 0.7f, redness);
    noise_add(pixels, scene->wall_x, scene->wall_y, 10.0f, look->seed + 22, 0.35f, redness);
    noise_add(pixels, scene->wall_x, scene->wall_y, 21.0f, look->seed + 23, 1.0f, fine);
    noise_add(pixels, scene->wall_x, scene->wall_y, 43.0f, look->seed + 24, 0.6f, fine);
    float grain = mucosa->grain * (float)scene->height / 256;
    for (size_t i = 0; i < pixels; ++i) {
        float red = mucosa->blotches * redness[i], bright = 1 + 0.03f * fine[i];
        scene->red[i] = mucosa->red * bright * (1 - 0.15f * red);
        scene->green[i] = mucosa->green * bright * (1 - red);
        scene->blue[i] = mucosa->blue * bright * (1 - 0.9f * red - look->warmth);
        scene->gloss[i] = mucosa->wetness;
        scene->relief[i] += grain * fine[i];
    }
}

/* A short stroke of a vessel, darkening what lies under it. */
static void stain(Scene *scene, float x, float y, float width, float strength)
{
    long reach = (long)(width + 1.5f);
    for (long dy = -reach; dy <= reach; ++dy)
        for (long dx = -reach; dx <= reach; ++dx) {
            long px = (long)x + dx, py = (long)y + dy;
            if (px < 0 || py < 0 || px >= (long)scene->width || py >= (long)scene->height)
                continue;
            float ex = (float)px + 0.5f - x, ey = (float)py + 0.5f - y;
            float depth = strength * expf(-(ex * ex + ey * ey) / (width * width));
            float *deepest = &scene->spare[py * (long)scene->width + px];
            if (depth > *deepest)
                *deepest = depth;
        }
}

/* A vessel wanders, thins out and now and then sends off a branch. */
static void grow_vessel(Scene *scene, RandomStream *stream, float x, float y, float direction,
                        float width, float strength, int steps, int generation)
{
    float step = (float)scene->height / 170, bend = 0;
    for (int i = 0; i < steps; ++i) {
        bend = 0.8f * bend + random_range(stream, -0.16f, 0.16f);
        direction += bend;
        x += step * cosf(direction);
        y += step * sinf(direction);
        if (x < -20 || y < -20 || x > (float)scene->width + 20 || y > (float)scene->height + 20)
            return;
        float thin = width * (1 - 0.6f * (float)i / (float)steps);
        stain(scene, x, y, thin, strength);
        if (generation < 3 && random_below(stream, 16) == 0) {
            float side = random_below(stream, 2) ? 0.7f : -0.7f;
            grow_vessel(scene, stream, x, y, direction + side * random_range(stream, 0.6f, 1.4f),
                        0.75f * thin, 0.85f * strength, (steps - i) * 2 / 3, generation + 1);
        }
    }
}

static void draw_vessels(Scene *scene, const Mucosa *mucosa, const Look *look)
{
    size_t pixels = scene->width * scene->height;
    RandomStream stream;
    random_init(&stream, look->seed, "phantom/vessels", 0, 0);
    memset(scene->spare, 0, pixels * sizeof(float));
    float width = 1.25f * (float)scene->height / 256;
    for (int tree = 0; tree < 16; ++tree) {
        float x = random_uniform(&stream) * (float)scene->width;
        float y = random_uniform(&stream) * (float)scene->height;
        grow_vessel(scene, &stream, x, y, random_range(&stream, -PI, PI),
                    width * random_range(&stream, 0.6f, 1.2f), random_range(&stream, 0.4f, 1.0f),
                    60 + (int)random_below(&stream, 80), 0);
    }
    for (size_t i = 0; i < pixels; ++i) {
        float depth = mucosa->vessels * scene->spare[i];
        scene->red[i] *= 1 - 0.12f * depth;
        scene->green[i] *= 1 - 0.34f * depth;
        scene->blue[i] *= 1 - 0.28f * depth;
    }
}

void mucosa_lay(Scene *scene, const Mucosa *mucosa, const Look *look)
{
    memset(scene->mask, 0, scene->width * scene->height);
    place_wall(scene, look);
    raise_folds(scene, mucosa, look);
    colour_wall(scene, mucosa, look);
    draw_vessels(scene, mucosa, look);
}

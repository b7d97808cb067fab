/* Lamp and camera: shading of the relief, darkness of the lumen, highlights, vignette, blur, sensor
 * noise. Blood makes dark mucosa redder, not just darker: each channel has its own exponent of the
 * light.
 */
#include "data/phantom/scene.h"

#include <math.h>
#include <string.h>

#include "base/vector.h"
#include "data/phantom/noise.h"

const float scene_powers[3] = {0.8f, 1.15f, 1.25f};

/* One pass of the binomial-like kernel (a, 1 - 2a, a) along rows or columns, in place. */
static void blur_rows(float *layer, size_t width, size_t height, float a)
{
    for (size_t y = 0; y < height; ++y) {
        float *row = layer + y * width, before = row[0];
        for (size_t x = 0; x < width; ++x) {
            float here = row[x], after = x + 1 < width ? row[x + 1] : here;
            row[x] = here + a * (before + after - 2 * here);
            before = here;
        }
    }
}

static void blur_columns(float *layer, float *line, size_t width, size_t height, float a)
{
    memcpy(line, layer, width * sizeof *line);
    for (size_t y = 0; y < height; ++y) {
        float *row = layer + y * width, *below = y + 1 < height ? row + width : row;
        for (size_t x = 0; x < width; ++x) {
            float here = row[x];
            row[x] = here + a * (line[x] + below[x] - 2 * here);
            line[x] = here;
        }
    }
}

/* Variance of the kernel is 2a; repeated until the wanted variance is reached. */
void scene_blur(float *layer, float *line, size_t width, size_t height, float deviation)
{
    for (float left = deviation * deviation; left > 0.01f; left -= 0.5f) {
        float a = left < 0.5f ? left / 2 : 0.25f;
        blur_rows(layer, width, height, a);
        blur_columns(layer, line, width, height, a);
    }
}

void scene_light(Scene *scene, const Mucosa *mucosa, const Look *look)
{
    size_t width = scene->width, height = scene->height;
    float typical = mucosa->folds * (float)height / 256 + 1;
    float lumen = look->lumen_size * look->lumen_size;
    for (size_t y = 0; y < height; ++y) {
        size_t above = y > 0 ? y - 1 : y, below = y + 1 < height ? y + 1 : y;
        float v = ((float)y + 0.5f) / scene->unit - 1;
        for (size_t x = 0; x < width; ++x) {
            size_t i = y * width + x;
            size_t left = x > 0 ? i - 1 : i, right = x + 1 < width ? i + 1 : i;
            float u = ((float)x + 0.5f - (float)width / 2) / scene->unit;
            float slope_x = 0.5f * (scene->relief[right] - scene->relief[left]);
            float slope_y =
                0.5f * (scene->relief[below * width + x] - scene->relief[above * width + x]);
            float length = 1 / sqrtf(1 + slope_x * slope_x + slope_y * slope_y);
            float lamp_x = (look->light_u - u) * 0.7f, lamp_y = (look->light_v - v) * 0.7f;
            float lamp = 1 / sqrtf(1 + lamp_x * lamp_x + lamp_y * lamp_y);
            float diffuse = (1 - slope_x * lamp_x - slope_y * lamp_y) * length * lamp;
            diffuse = diffuse < 0 ? 0 : diffuse;
            /* The wall falls away towards the lumen; crests catch more light than valleys. */
            float r = scene->radius[i] + 0.006f * scene->relief[i];
            float near = r * r / (r * r + lumen);
            near *= near * (1 + 0.25f * fminf(r, 1.6f));
            float open = 0.82f + 0.25f * fminf(1.2f, fmaxf(-0.8f, scene->relief[i] / typical));
            float corner = (u * u + v * v) * 0.17f;
            scene->light[i] = near * open * (0.18f + 0.95f * diffuse) * (1 - corner);
            /* Highlights where the normal halves the way from lamp to lens. */
            float half_x = lamp_x, half_y = lamp_y, half_z = 1 + 1 / lamp;
            float half = 1 / sqrtf(half_x * half_x + half_y * half_y + half_z * half_z);
            float mirror = (half_z - slope_x * half_x - slope_y * half_y) * length * half;
            float shine = mirror > 0.9f ? powf(mirror, 180) : 0;
            scene->spare[i] = shine * near * scene->gloss[i];
        }
    }
}

/* Only the wet parts of the wall shine; the film of mucus breaks highlights up. */
static void break_highlights(Scene *scene, const Look *look)
{
    size_t pixels = scene->width * scene->height;
    float *film = scene->gloss; /* no longer needed as gloss */
    memset(film, 0, pixels * sizeof *film);
    noise_add(pixels, scene->wall_x, scene->wall_y, 6.0f, look->seed + 30, 1.0f, film);
    noise_add(pixels, scene->wall_x, scene->wall_y, 15.0f, look->seed + 31, 0.8f, film);
    for (size_t i = 0; i < pixels; ++i) {
        float wet = (film[i] - 0.22f) * 5;
        wet = wet < 0 ? 0 : wet > 1 ? 1 : wet;
        scene->spare[i] = 1.8f * wet * scene->spare[i];
    }
}

VECTORISED static void expose(size_t count, const float *restrict light,
                              const float *restrict shine, float exposure, float power,
                              float *restrict layer)
{
    for (size_t i = 0; i < count; ++i) {
        /* light^power for power near 1, without pow: light * (1 + (power - 1) log-like). */
        float l = exposure * light[i];
        float bend = 1 + (power - 1) * (l - 1) * 1.5f / (0.5f + l);
        float value = layer[i] * l * (bend < 0.2f ? 0.2f : bend) + shine[i];
        /* A shoulder instead of hard clipping. */
        layer[i] = value < 0.75f ? value : 1 - 0.0625f / (value - 0.5f);
    }
}

VECTORISED static void digitise(size_t count, const float *restrict layer, uint32_t seed,
                                float noise, uint8_t *restrict out)
{
    for (size_t i = 0; i < count; ++i) {
        /* Four uniform bytes added are normal enough: deviation 147.8. */
        uint32_t h = noise_hash((uint32_t)i, 0, seed);
        int32_t sum = (int32_t)((h & 255) + (h >> 8 & 255) + (h >> 16 & 255) + (h >> 24)) - 2 * 255;
        float level = layer[i] < 0 ? 0 : layer[i];
        float value = 255 * level + noise * (0.5f + level) * (float)sum * (1 / 147.8f) + 0.5f;
        value = value < 0 ? 0 : value > 255 ? 255 : value;
        out[3 * i] = (uint8_t)(int32_t)value;
    }
}

void scene_render(Scene *scene, const Mucosa *mucosa, const Look *look, uint8_t *pixels)
{
    size_t count = scene->width * scene->height;
    scene_light(scene, mucosa, look);
    break_highlights(scene, look);
    float *layers[3] = {scene->red, scene->green, scene->blue}, *line = scene->light;
    for (int c = 0; c < 3; ++c)
        expose(count, scene->light, scene->spare, look->exposure, scene_powers[c], layers[c]);
    for (uint32_t c = 0; c < 3; ++c) {
        scene_blur(layers[c], line, scene->width, scene->height,
                   look->blur * (float)scene->height / 256);
        digitise(count, layers[c], look->seed + 40 + c, look->noise, pixels + c);
    }
}

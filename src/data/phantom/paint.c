/* A lesion in a picture that is there: the picture stands for the wall's colours, its relief is
 * taken for flat, and what the lesion does to both is lit by a lamp beside the lens.
 */
#include "data/phantom/scene.h"

#include <math.h>
#include <string.h>

static uint8_t level(float value)
{
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5f);
}

/* How much brighter a pixel is than on a flat wall. */
static float lamp(const Scene *scene, size_t x, size_t y)
{
    size_t width = scene->width, i = y * width + x;
    size_t left = x > 0 ? i - 1 : i, right = x + 1 < width ? i + 1 : i;
    size_t above = y > 0 ? i - width : i, below = y + 1 < scene->height ? i + width : i;
    float slope_x = 0.5f * (scene->relief[right] - scene->relief[left]);
    float slope_y = 0.5f * (scene->relief[below] - scene->relief[above]);
    float light = 1 + 0.25f * slope_x + 0.45f * slope_y; /* from above and a little left */
    light /= sqrtf(1 + slope_x * slope_x + slope_y * slope_y);
    return 0.16f + 0.84f * fmaxf(0, light);
}

Status lesion_paint(Image *picture, const LesionShape *shape, const LesionPlace *place, Image *mask)
{
    size_t pixels = picture->width * picture->height;
    Scene scene;
    TRY(image_init(mask, picture->width, picture->height, 1));
    Status status = scene_init(&scene, picture->width, picture->height);
    if (status != STATUS_OK) {
        image_clear(mask);
        return status;
    }
    float *layers[3] = {scene.red, scene.green, scene.blue};
    for (size_t i = 0; i < 3 * pixels; ++i)
        layers[i % 3][i / 3] = (float)picture->pixels[i] / 255;
    lesion_lay(&scene, shape, place);
    for (size_t y = 0, i = 0; y < scene.height; ++y)
        for (size_t x = 0; x < scene.width; ++x, ++i) {
            float light = 255 * lamp(&scene, x, y);
            for (size_t c = 0; c < 3; ++c)
                picture->pixels[3 * i + c] = level(light * layers[c][i]);
        }
    memcpy(mask->pixels, scene.mask, pixels);
    scene_clear(&scene);
    return STATUS_OK;
}

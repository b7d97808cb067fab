/* See disturb.h. */
#include "data/phantom/disturb.h"

#include <math.h>
#include <string.h>

static const float deviation = 10;
enum { IMPULSE_ONE_IN = 20 };

bool noise_parse(const char *name, NoiseKind *kind)
{
    static const char *const names[NOISES] = {"none", "impulse", "gaussian", "mixed"};
    for (size_t i = 0; i < NOISES; ++i)
        if (strcmp(name, names[i]) == 0) {
            *kind = (NoiseKind)i;
            return true;
        }
    return false;
}

void noise_disturb(RandomStream *stream, NoiseKind kind, Image *image)
{
    const size_t count = image->width * image->height * image->channels;
    for (size_t i = 0; i < count; ++i) {
        float value = image->pixels[i];
        if (kind == NOISE_GAUSSIAN || kind == NOISE_MIXED)
            value = roundf(value + deviation * random_normal(stream));
        if ((kind == NOISE_IMPULSE || kind == NOISE_MIXED) &&
            random_below(stream, IMPULSE_ONE_IN) == 0)
            value = random_below(stream, 2) ? 255 : 0;
        image->pixels[i] = (uint8_t)fminf(fmaxf(value, 0), 255);
    }
}

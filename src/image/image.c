/* The picture type; see image.h. */
#include "image/image.h"

#include <stdlib.h>

#include "base/memory.h"

Status image_init(Image *image, size_t width, size_t height, size_t channels)
{
    *image = (Image){.width = width, .height = height, .channels = channels};
    size_t samples;
    if (__builtin_mul_overflow(width, height, &samples) ||
        __builtin_mul_overflow(samples, channels, &samples))
        FAIL(STATUS_NO_MEMORY, "an image of %zu x %zu pixels is too large", width, height);
    return MEMORY_NEW(&image->pixels, samples);
}

void image_clear(Image *image)
{
    free(image->pixels);
    *image = (Image){0};
}

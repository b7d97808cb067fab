/* Pictures that can be told apart and bent a little: soft blobs of colour, other ones for each
 * seed, as an endoscope's frame has them. */
#ifndef GISD_TESTS_BLOB_PICTURE_H
#define GISD_TESTS_BLOB_PICTURE_H

#include "unit.h"

#include <math.h>

#include "base/random.h"
#include "image/image.h"

/* A picture of the seed's blobs. `contrast` (1: as they are) changes their brightness, `shift`
 * moves them to the right by a share of the width. */
static inline void blob_picture(Image *image, size_t width, size_t height, uint64_t seed,
                                float contrast, float shift)
{
    enum { BLOBS = 24 };
    float blobs[BLOBS][4];
    RandomStream stream;
    random_init(&stream, seed, "blobs", 0, 0);
    for (int i = 0; i < BLOBS; ++i) {
        blobs[i][0] = random_range(&stream, 0, 1) + shift;
        blobs[i][1] = random_range(&stream, 0, 1);
        blobs[i][2] = random_range(&stream, 0.05f, 0.2f);
        blobs[i][3] = random_range(&stream, -60, 60);
    }
    assert_int_equal(image_init(image, width, height, 3), STATUS_OK);
    for (size_t y = 0; y < height; ++y)
        for (size_t x = 0; x < width; ++x) {
            float light = 120;
            for (int i = 0; i < BLOBS; ++i) {
                float dx = ((float)x + 0.5f) / (float)width - blobs[i][0];
                float dy = ((float)y + 0.5f) / (float)height - blobs[i][1];
                float spread = blobs[i][2] * blobs[i][2];
                light += blobs[i][3] * expf(-(dx * dx + dy * dy) / (2 * spread));
            }
            light *= contrast;
            const float colours[3] = {light * 1.2f, light * 0.8f, light * 0.7f};
            for (size_t c = 0; c < 3; ++c)
                image->pixels[(y * width + x) * 3 + c] = (uint8_t)(colours[c] < 40    ? 40
                                                                   : colours[c] > 255 ? 255
                                                                                      : colours[c]);
        }
}

#endif

/* Pictures of tests/golden/filters.h5 and what must come of them; filters.py there says whose they
 * are. Tests run in tests/. */
#ifndef GISD_TESTS_FILTERS_H
#define GISD_TESTS_FILTERS_H

#include "../golden_file.h"

#include "image/image.h"

enum { GOLDEN_SHAPE_BYTES = 64 };

static inline Image golden_picture(size_t height, size_t width, size_t channels, const char *suffix)
{
    Image image;
    char name[GOLDEN_SHAPE_BYTES];
    snprintf(name, sizeof name, "%zu x %zu x %zu%s", height, width, channels, suffix);
    GoldenStream stream = golden_stream(name);
    assert_int_equal(image_init(&image, width, height, channels), STATUS_OK);
    for (size_t i = 0; i < width * height * channels; ++i)
        image.pixels[i] = (uint8_t)floor(128 * (golden_next(&stream) + 1));
    return image;
}

/* Expected numbers, for free(); *count tells how many. */
static inline void *golden_filtered(const char *group, const char *name, Hdf5Type type,
                                    size_t *count)
{
    Hdf5Reader *reader;
    if (hdf5_reader_new("golden/filters.h5", &reader) != STATUS_OK)
        fail_msg("%s", status_message());
    void *values = golden_dataset(reader, group, name, type, sizeof(double), count);
    hdf5_reader_free(reader);
    return values;
}

#endif

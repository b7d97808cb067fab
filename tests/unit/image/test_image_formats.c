/* Files of every format and kind, written by other programs, show what those say they show. */
#include "../unit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "image/image_file.h"

typedef struct {
    const char *path;
    ImageFormat format;
    ImageColour colour;
    unsigned bits, orientation;
    size_t warnings;
    int tolerance;
    size_t width, height;  /* upright */
    const uint8_t *pixels; /* RGB */
} GoldenPicture;

typedef struct {
    const char *path;
    uint16_t most;
    size_t palette_count, width, height, channels;
    const uint16_t *values;
} GoldenValues;

typedef struct {
    const char *path, *reason;
} GoldenRefusal;

#include "../../golden/images.inc"

static void every_file_shows_its_picture_upright(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_pictures / sizeof *golden_pictures; ++i) {
        const GoldenPicture *golden = &golden_pictures[i];
        Image image;
        ImageFileInfo info;
        if (image_read_with_info(golden->path, 3, &image, &info) != STATUS_OK)
            fail_msg("%s", status_message());
        if (image.width != golden->width || image.height != golden->height)
            fail_msg("%s: %zu x %zu", golden->path, image.width, image.height);
        for (size_t k = 0; k < image.width * image.height * 3; ++k)
            if (abs(image.pixels[k] - golden->pixels[k]) > golden->tolerance)
                fail_msg("%s: sample %zu is %d, expected %d", golden->path, k, image.pixels[k],
                         golden->pixels[k]);
        image_clear(&image);
        if (info.format != golden->format || info.colour != golden->colour ||
            info.bits != golden->bits || info.orientation != golden->orientation ||
            info.warning_count != golden->warnings)
            fail_msg("%s: %s, colour %d, %u bits, orientation %u, %zu warnings, the first: %s",
                     golden->path, image_format_name(info.format), (int)info.colour, info.bits,
                     info.orientation, info.warning_count, info.warnings[0]);
        bool swapped = info.orientation >= 5;
        assert_int_equal(info.stored_width, swapped ? golden->height : golden->width);
        assert_int_equal(info.stored_height, swapped ? golden->width : golden->height);
    }
}

static void the_header_alone_gives_the_upright_size(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_pictures / sizeof *golden_pictures; ++i) {
        const GoldenPicture *golden = &golden_pictures[i];
        size_t width, height;
        if (image_read_size(golden->path, &width, &height) != STATUS_OK)
            fail_msg("%s", status_message());
        if (width != golden->width || height != golden->height)
            fail_msg("%s: %zu x %zu", golden->path, width, height);
    }
}

static void one_channel_is_the_luma_of_three(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_pictures / sizeof *golden_pictures; ++i) {
        const GoldenPicture *golden = &golden_pictures[i];
        Image image;
        if (image_read(golden->path, 1, &image) != STATUS_OK)
            fail_msg("%s", status_message());
        assert_int_equal(image.channels, 1);
        /* JPEG gives its own Y, from before the rounding and clipping to RGB. */
        double tolerance = golden->format == IMAGE_FORMAT_JPEG ? 4 : golden->tolerance + 0.51;
        for (size_t k = 0; k < image.width * image.height; ++k) {
            const uint8_t *rgb = golden->pixels + 3 * k;
            double luma = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
            if (image.pixels[k] < luma - tolerance || image.pixels[k] > luma + tolerance)
                fail_msg("%s: pixel %zu is %d, expected %g", golden->path, k, image.pixels[k],
                         luma);
        }
        image_clear(&image);
    }
}

static void values_are_those_stored(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_values / sizeof *golden_values; ++i) {
        const GoldenValues *golden = &golden_values[i];
        ImageValues values;
        if (image_read_values(golden->path, &values) != STATUS_OK)
            fail_msg("%s", status_message());
        if (values.width != golden->width || values.height != golden->height ||
            values.channels != golden->channels || values.most != golden->most ||
            values.palette_count != golden->palette_count)
            fail_msg("%s: %zu x %zu x %zu, at most %u, palette of %zu", golden->path, values.width,
                     values.height, values.channels, values.most, values.palette_count);
        for (size_t k = 0; k < values.width * values.height * values.channels; ++k)
            if (values.values[k] != golden->values[k])
                fail_msg("%s: value %zu is %u, expected %u", golden->path, k, values.values[k],
                         golden->values[k]);
        image_values_clear(&values);
    }
}

static void what_is_not_read_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_refusals / sizeof *golden_refusals; ++i) {
        const GoldenRefusal *golden = &golden_refusals[i];
        Image image;
        ImageValues values;
        assert_int_equal(image_read(golden->path, 3, &image), STATUS_FORMAT);
        assert_null(image.pixels);
        if (!strstr(status_message(), golden->path) || !strstr(status_message(), golden->reason))
            fail_msg("'%s' in: %s", golden->reason, status_message());
        assert_int_equal(image_read_values(golden->path, &values), STATUS_FORMAT);
        assert_null(values.values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_shows_its_picture_upright),
        cmocka_unit_test(the_header_alone_gives_the_upright_size),
        cmocka_unit_test(one_channel_is_the_luma_of_three),
        cmocka_unit_test(values_are_those_stored),
        cmocka_unit_test(what_is_not_read_is_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

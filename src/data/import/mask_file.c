/* Reading other programs' masks; see mask_file.h. */
#include "data/import/mask_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/mask_reading.h"
#include "image/image_file.h"

/* Grey from LOW to below HIGH is neither background nor lesion: some of it lies on every smoothed
 * outline, but no single grey has much of it, nor all of them together. */
enum { LOW = 64, SET = 128, HIGH = 192 };
static const double grey_most = 0.05, one_grey_most = 0.01; /* shares of the image */

/* JPEG leaves a little colour in grey pictures; black of a palette may be a little more than 0. */
enum { TINT_MOST = 48, BLACK_MOST = 16 };

typedef struct {
    const char *path;
    size_t pixels;
    size_t of[256];
    unsigned distinct, least, largest; /* values that occur */
} Histogram;

static void count_values(const Image *mask, Histogram *histogram)
{
    histogram->pixels = mask->width * mask->height;
    for (size_t i = 0; i < histogram->pixels; ++i)
        ++histogram->of[mask->pixels[i]];
    histogram->least = 255;
    for (unsigned value = 0; value < 256; ++value)
        if (histogram->of[value] > 0) {
            ++histogram->distinct;
            histogram->least = value < histogram->least ? value : histogram->least;
            histogram->largest = value;
        }
}

/* The least value that is lesion, in *threshold. */
static Status find_threshold(const Histogram *histogram, unsigned *threshold)
{
    *threshold = SET;
    bool numbers = histogram->distinct <= 2 && histogram->largest < SET;
    if (histogram->least >= (numbers ? 1 : LOW))
        FAIL(STATUS_FORMAT, "%s: the least value of the mask is %u, expected 0 outside the lesion",
             histogram->path, histogram->least);
    if (histogram->distinct <= 2) {
        *threshold = histogram->largest > 0 ? histogram->largest : 1;
        return STATUS_OK;
    }
    double pixels = (double)histogram->pixels, grey = 0;
    bool one_grey = false;
    for (unsigned value = LOW; value < HIGH; ++value) {
        grey += (double)histogram->of[value];
        one_grey |= (double)histogram->of[value] > one_grey_most * pixels;
    }
    if (histogram->largest < SET || one_grey || grey > grey_most * pixels)
        FAIL(STATUS_FORMAT, "%s: %u different values up to %u, expected a mask of two values",
             histogram->path, histogram->distinct, histogram->largest);
    return STATUS_OK;
}

/* ---- palettes ---- */

static bool is_black(const uint8_t colour[3])
{
    return colour[0] <= BLACK_MOST && colour[1] <= BLACK_MOST && colour[2] <= BLACK_MOST;
}

/* Black and one colour of a palette become 0 and 1, whatever their places in it: programs that save
 * space order palettes by how often a colour occurs. Other palettes are taken by their indices. */
static void put_black_first(ImageValues *values)
{
    size_t pixels = values->width * values->height;
    uint16_t low = values->values[0], high = low;
    for (size_t i = 1; i < pixels; ++i) {
        low = values->values[i] < low ? values->values[i] : low;
        high = values->values[i] > high ? values->values[i] : high;
    }
    for (size_t i = 0; i < pixels; ++i)
        if (values->values[i] != low && values->values[i] != high)
            return;
    bool low_black = is_black(values->palette[low]), high_black = is_black(values->palette[high]);
    if (low == high ? low_black : low_black == high_black)
        return;
    for (size_t i = 0; i < pixels; ++i)
        values->values[i] = values->values[i] == low ? !low_black : !high_black;
}

/* ---- to 8 bits without losing small numbers ---- */

static bool is_tinted(const uint16_t *rgb, unsigned most)
{
    int spread = abs(rgb[0] - rgb[1]) + abs(rgb[1] - rgb[2]) + abs(rgb[0] - rgb[2]);
    return (unsigned)spread * 255 > 2U * TINT_MOST * most;
}

/* Black stays 0; the one colour that is in the mask beside it becomes 255. */
static Status reduce_colours(const char *path, const ImageValues *values, Image *mask)
{
    const uint16_t black[3] = {0}, *colour = NULL;
    for (size_t i = 0; i < mask->width * mask->height; ++i) {
        const uint16_t *rgb = values->values + 3 * i;
        if (memcmp(rgb, black, sizeof black) == 0)
            continue;
        if (!colour)
            colour = rgb;
        if (memcmp(rgb, colour, sizeof black) != 0)
            FAIL(STATUS_FORMAT, "%s: a picture in colour, expected a mask of black and one colour",
                 path);
        mask->pixels[i] = 255;
    }
    return STATUS_OK;
}

static void reduce_grey(const ImageValues *values, Image *mask)
{
    for (size_t i = 0; i < mask->width * mask->height; ++i) {
        const uint16_t *rgb = values->values + 3 * i;
        mask->pixels[i] = (uint8_t)((rgb[0] + 2U * rgb[1] + rgb[2]) * 255 / (4U * values->most));
    }
}

/* Indices stay what they are, and so do numbers that fit; larger ones are scaled, and none of them
 * becomes 0. Returns whether what readers of pictures see is in proportion. */
static bool reduce_numbers(const ImageValues *values, Image *mask)
{
    size_t pixels = mask->width * mask->height;
    uint16_t largest = 0;
    for (size_t i = 0; i < pixels; ++i)
        largest = values->values[i] > largest ? values->values[i] : largest;
    bool fits = largest < 256;
    for (size_t i = 0; i < pixels; ++i) {
        unsigned value = values->values[i];
        mask->pixels[i] = (uint8_t)(fits ? value : (value * 255 + values->most - 1) / values->most);
    }
    return values->palette_count == 0 && (values->most < 256 || !fits);
}

/* *in_proportion: the mask is what image_read() gives, but for the scale of fewer than 8 bits. */
static Status reduce(const char *path, const ImageValues *values, Image *mask, bool *in_proportion)
{
    bool coloured = false;
    TRY(image_init(mask, values->width, values->height, 1));
    if (values->channels == 1) {
        *in_proportion = reduce_numbers(values, mask);
        return STATUS_OK;
    }
    for (size_t i = 0; i < mask->width * mask->height && !coloured; ++i)
        coloured = is_tinted(values->values + 3 * i, values->most);
    *in_proportion = !coloured;
    if (coloured)
        return reduce_colours(path, values, mask);
    reduce_grey(values, mask);
    return STATUS_OK;
}

/* ---- either kind ---- */

/* A lesion does not reach all four corners of a frame and cover most of it. */
static Status check_inverted(const char *path, const Image *mask)
{
    size_t pixels = mask->width * mask->height, set = 0;
    for (size_t i = 0; i < pixels; ++i)
        set += mask->pixels[i] != 0;
    const uint8_t *last = mask->pixels + pixels - mask->width;
    bool corners =
        mask->pixels[0] && mask->pixels[mask->width - 1] && last[0] && last[mask->width - 1];
    if (corners && 2 * set > pixels)
        FAIL(STATUS_FORMAT,
             "%s: %.0f percent of the mask are set, all corners too, expected 0 outside the lesion "
             "(inverted?)",
             path, 100 * (double)set / (double)pixels);
    return STATUS_OK;
}

static Status read_two_valued(const char *path, const ImageValues *values, Image *mask, bool *plain)
{
    Histogram histogram = {.path = path};
    bool in_proportion;
    unsigned threshold;
    TRY(reduce(path, values, mask, &in_proportion));
    count_values(mask, &histogram);
    TRY(find_threshold(&histogram, &threshold));
    for (size_t i = 0; i < histogram.pixels; ++i)
        mask->pixels[i] = mask->pixels[i] >= threshold ? 255 : 0;
    unsigned half = values->most < 255 ? values->most : SET; /* of what `reduce` gave */
    *plain = in_proportion && threshold >= half;
    return check_inverted(path, mask);
}

/* Whether a manifest that names the file as it is means the same mask. */
static bool reads_alike(const char *path, const Image *mask)
{
    Image found;
    MaskReading reading;
    if (mask_read(path, &(MaskRule){0}, &found, &reading, NULL) != STATUS_OK)
        return false;
    bool alike = memcmp(found.pixels, mask->pixels, mask->width * mask->height) == 0;
    image_clear(&found);
    return alike;
}

Status mask_file_read(const char *path, Image *mask, bool *plain)
{
    ImageValues values;
    *mask = (Image){0};
    TRY(image_read_values(path, &values));
    if (values.palette_count > 0)
        put_black_first(&values);
    Status status = mask_check_alpha(path, &values);
    if (status == STATUS_OK)
        status = read_two_valued(path, &values, mask, plain);
    image_values_clear(&values);
    if (status != STATUS_OK)
        image_clear(mask);
    else if (*plain)
        *plain = reads_alike(path, mask);
    return status;
}

Status mask_file_read_numbers(const char *path, Image *mask)
{
    ImageValues values;
    TRY(image_read_values(path, &values));
    Status status = image_init(mask, values.width, values.height, 1);
    for (size_t i = 0; i < values.width * values.height && status == STATUS_OK; ++i) {
        const uint16_t *value = values.values + i * values.channels;
        bool open, object;
        if (values.channels == 3) {
            open = value[0] == 224 && value[1] == 224 && value[2] == 192;
            object = value[0] || value[1] || value[2];
        } else {
            open = value[0] == 255;
            object = value[0] != 0;
        }
        mask->pixels[i] = object && !open ? 255 : 0;
    }
    image_values_clear(&values);
    return status;
}

/* Reading of pictures, whatever their format: what all have in common once their samples are there,
 * that is palette, number of bits, alpha, inks, channels and orientation. Files are opened in
 * image_decode.c and decoded in image_png.c and its neighbours. */
#include "image/image_file.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "image/image_decode.h"
#include "image/orientation.h"

enum { DARK_16_BITS = 4095 }; /* 12 bits in 16, and masks of a few values, reach no further */

const char *image_format_name(ImageFormat format)
{
    static const char *const names[] = {"PNG", "JPEG", "TIFF", "BMP", "WebP"};
    return names[format];
}

/* ---- samples to pixels ---- */

static unsigned sample(const Decoder *decoder, size_t i)
{
    return decoder->info.bits == 16 ? ((const uint16_t *)decoder->samples)[i]
                                    : ((const uint8_t *)decoder->samples)[i];
}

/* Luma of BT.601 with 16 fractional bits. */
static uint8_t luma(const uint8_t *rgb)
{
    return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
}

/* What the pictures of a kind leave for a person to look at. */
static void warn_of_samples(Decoder *decoder)
{
    ImageColour colour = decoder->info.colour;
    unsigned most = (1u << decoder->info.bits) - 1, largest = 0;
    size_t count = decoder->width * decoder->height * decoder->channels, transparent = 0;
    bool alpha = colour == IMAGE_COLOUR_GREY_ALPHA || colour == IMAGE_COLOUR_RGBA;
    if (!alpha && decoder->info.bits != 16 && colour != IMAGE_COLOUR_PALETTE)
        return;
    for (size_t i = 0; i < count; ++i) {
        if (alpha && i % decoder->channels == decoder->channels - 1) {
            transparent += sample(decoder, i) != most;
            decoder->info.alpha_differs |=
                sample(decoder, i) != sample(decoder, decoder->channels - 1);
        } else {
            largest = sample(decoder, i) > largest ? sample(decoder, i) : largest;
        }
    }
    if (transparent > 0)
        decoder_warn(decoder, "%zu pixels are not opaque, their colours are taken as they are",
                     transparent);
    if (decoder->info.bits == 16 && largest <= DARK_16_BITS)
        decoder_warn(decoder, "16 bits a sample, but no value above %u of 65535: nearly black",
                     largest);
    if (colour == IMAGE_COLOUR_PALETTE && largest >= decoder->palette_count)
        decoder_warn(decoder, "colour %u of a palette of %zu, taken for black", largest,
                     decoder->palette_count);
}

/* A sample of any number of bits as 8 bits, rounded. */
static uint8_t scale(unsigned value, unsigned bits)
{
    unsigned most = (1u << bits) - 1;
    return (uint8_t)((value * 255 + most / 2) / most);
}

/* Pixel i as 8 bits; returns how many channels it has: 1 or 3. Palettes beyond their end are
 * black. Inks as Pillow and most viewers have them without a colour profile. */
static size_t pixel_of(const Decoder *decoder, size_t i, uint8_t *pixel)
{
    unsigned bits = decoder->info.bits;
    size_t at = i * decoder->channels, channels = decoder->channels <= 2 ? 1 : 3;
    if (decoder->info.colour == IMAGE_COLOUR_PALETTE) {
        memcpy(pixel, decoder->palette[sample(decoder, i)], 3);
        return 3;
    }
    if (bits == 8) { /* most files: worth a way of their own */
        for (size_t c = 0; c < channels; ++c)
            pixel[c] = ((const uint8_t *)decoder->samples)[at + c];
    } else {
        for (size_t c = 0; c < channels; ++c)
            pixel[c] = scale(sample(decoder, at + c), bits);
    }
    if (decoder->info.colour == IMAGE_COLOUR_CMYK) {
        unsigned light = 255u - scale(sample(decoder, at + 3), bits);
        for (size_t c = 0; c < 3; ++c)
            pixel[c] = (uint8_t)((light * (255u - pixel[c]) + 127) / 255);
    }
    return channels;
}

/* Fills image->pixels, still as stored, taking the samples over if nothing is to be done. */
static Status fill_pixels(Decoder *decoder, size_t channels, Image *image)
{
    bool as_they_are = decoder->info.bits == 8 && decoder->channels == channels &&
                       decoder->info.colour != IMAGE_COLOUR_PALETTE;
    if (as_they_are) {
        *image = (Image){decoder->width, decoder->height, channels, decoder->samples};
        decoder->samples = NULL;
        return STATUS_OK;
    }
    TRY(image_init(image, decoder->width, decoder->height, channels));
    for (size_t i = 0; i < decoder->width * decoder->height; ++i) {
        uint8_t pixel[3], *to = image->pixels + i * channels;
        size_t has = pixel_of(decoder, i, pixel);
        if (channels == 1)
            *to = has == 1 ? pixel[0] : luma(pixel);
        else if (has == 1)
            memset(to, pixel[0], 3);
        else
            memcpy(to, pixel, 3);
    }
    return STATUS_OK;
}

/* Turns *pixels upright, and width and height with them. */
static Status turn_upright(const Decoder *decoder, size_t bytes_each, void **pixels, size_t *width,
                           size_t *height)
{
    unsigned orientation = decoder->info.orientation;
    TRY(orientation_apply(orientation, decoder->width, decoder->height, bytes_each, pixels));
    *width = orientation_swaps(orientation) ? decoder->height : decoder->width;
    *height = orientation_swaps(orientation) ? decoder->width : decoder->height;
    return STATUS_OK;
}

static Status make_image(Decoder *decoder, size_t channels, Image *image)
{
    warn_of_samples(decoder);
    TRY(fill_pixels(decoder, channels, image));
    void *pixels = image->pixels;
    Status status = turn_upright(decoder, channels, &pixels, &image->width, &image->height);
    image->pixels = pixels;
    return status;
}

Status image_read_with_info(const char *path, size_t channels, Image *image, ImageFileInfo *info)
{
    assert(channels == 1 || channels == 3);
    *image = (Image){0};
    Decoder decoder = {.grey = channels == 1};
    Status status = decoder_read(&decoder, path);
    if (status == STATUS_OK)
        status = make_image(&decoder, channels, image);
    free(decoder.samples);
    if (status != STATUS_OK)
        image_clear(image);
    if (info)
        *info = decoder.info;
    return status;
}

Status image_read(const char *path, size_t channels, Image *image)
{
    return image_read_with_info(path, channels, image, NULL);
}

Status image_read_size(const char *path, size_t *width, size_t *height)
{
    Decoder decoder = {.header_only = true};
    TRY(decoder_read(&decoder, path));
    bool swaps = orientation_swaps(decoder.info.orientation);
    *width = swaps ? decoder.height : decoder.width;
    *height = swaps ? decoder.width : decoder.height;
    return STATUS_OK;
}

/* ---- values ---- */

/* The stored values of pixel i: one of palette index or grey, three of colour. */
static size_t values_of(const Decoder *decoder, size_t i, uint16_t *values)
{
    if (decoder->info.colour == IMAGE_COLOUR_CMYK) {
        uint8_t pixel[3];
        pixel_of(decoder, i, pixel);
        for (size_t c = 0; c < 3; ++c)
            values[c] = pixel[c];
        return 3;
    }
    size_t count = decoder->channels <= 2 ? 1 : 3;
    for (size_t c = 0; c < count; ++c)
        values[c] = (uint16_t)sample(decoder, i * decoder->channels + c);
    return count;
}

static bool is_coloured(const Decoder *decoder)
{
    uint16_t values[3];
    if (decoder->channels <= 2)
        return false;
    for (size_t i = 0; i < decoder->width * decoder->height; ++i)
        if (values_of(decoder, i, values) == 3 &&
            (values[0] != values[1] || values[1] != values[2]))
            return true;
    return false;
}

static Status fill_values(Decoder *decoder, ImageValues *values)
{
    bool cmyk = decoder->info.colour == IMAGE_COLOUR_CMYK;
    values->channels = is_coloured(decoder) ? 3 : 1;
    values->most = (uint16_t)(cmyk ? 255 : (1u << decoder->info.bits) - 1);
    values->palette_count = decoder->palette_count;
    memcpy(values->palette, decoder->palette, sizeof values->palette);
    size_t count = decoder->width * decoder->height;
    TRY(MEMORY_NEW(&values->values, count * values->channels));
    bool bytes = decoder->channels == 1 && decoder->info.bits != 16; /* most masks: the fast way */
    for (size_t i = 0; i < count && bytes; ++i)
        values->values[i] = ((const uint8_t *)decoder->samples)[i];
    for (size_t i = 0; i < count && !bytes; ++i) {
        uint16_t pixel[3];
        values_of(decoder, i, pixel);
        memcpy(values->values + i * values->channels, pixel, values->channels * sizeof *pixel);
    }
    void *pixels = values->values;
    Status status = turn_upright(decoder, values->channels * sizeof *values->values, &pixels,
                                 &values->width, &values->height);
    values->values = pixels;
    return status;
}

Status image_read_values(const char *path, ImageValues *values)
{
    *values = (ImageValues){0};
    Decoder decoder = {0};
    Status status = decoder_read(&decoder, path);
    if (status == STATUS_OK) {
        warn_of_samples(&decoder);
        status = fill_values(&decoder, values);
    }
    free(decoder.samples);
    if (status != STATUS_OK)
        image_values_clear(values);
    values->info = decoder.info;
    return status;
}

void image_values_clear(ImageValues *values)
{
    free(values->values);
    *values = (ImageValues){0};
}

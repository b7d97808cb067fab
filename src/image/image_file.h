/* Pictures from and to files.
 *
 * Read are PNG, JPEG, TIFF, BMP and WebP, told apart by their content, never by their name, and
 * delivered upright: the EXIF orientation (TIFF's own tag in TIFF) is applied, so width, height,
 * boxes and masks are all of the picture as viewers and annotating tools show it. ImageFileInfo
 * says what was found and done. What kind of each format is read:
 *
 *   PNG    1 to 16 bits; grey, palette, colour, with or without alpha, interlaced or not
 *   JPEG   8 bits; baseline, progressive, arithmetic; grey, YCbCr, RGB, CMYK and YCCK, of Adobe's
 *          inverted kind or not
 *   TIFF   unsigned integers of 1, 2, 4, 8 or 16 bits; grey (min is black or white), palette, RGB,
 *          CMYK, extra samples; strips or tiles, chunky or planar, either byte order, BigTIFF;
 *          whatever compression libtiff knows but old-style JPEG; the first page
 *   BMP    1, 4, 8, 16, 24, 32 bits, uncompressed, 8 bits run-length coded
 *   WebP   still pictures, lossy or not
 *
 * A file that ends early is an error, in JPEG too, where decoders like to make up the rest; only
 * JPEG's end marker may be missing. Anything but a plain file is refused without being waited for.
 */
#ifndef GISD_IMAGE_IMAGE_FILE_H
#define GISD_IMAGE_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

enum {
    IMAGE_FILE_MOST_PIXELS = 1 << 27, /* a larger header is taken for damage */
    IMAGE_WARNINGS_KEPT = 4,          /* of one file; more are only counted */
    IMAGE_WARNING_BYTES = 128,
};

typedef enum {
    IMAGE_FORMAT_PNG,
    IMAGE_FORMAT_JPEG,
    IMAGE_FORMAT_TIFF,
    IMAGE_FORMAT_BMP,
    IMAGE_FORMAT_WEBP,
} ImageFormat;

/* What a stored pixel is made of. */
typedef enum {
    IMAGE_COLOUR_GREY,
    IMAGE_COLOUR_GREY_ALPHA,
    IMAGE_COLOUR_PALETTE,
    IMAGE_COLOUR_RGB,
    IMAGE_COLOUR_RGBA,
    IMAGE_COLOUR_CMYK,
} ImageColour;

/* What a file was found to hold. Warnings are of what leaves the picture usable and still deserves
 * a look, such as a missing end marker; each is text without the file's name. */
typedef struct {
    ImageFormat format;
    ImageColour colour;
    size_t stored_width, stored_height; /* before it was turned upright */
    unsigned orientation;               /* EXIF's 1 to 8 as applied; 1: stored upright */
    unsigned bits;      /* a sample, as stored: 1 to 16; image_read() scales any number to 8 */
    bool alpha_differs; /* from pixel to pixel; known once they are read */
    size_t warning_count;
    char warnings[IMAGE_WARNINGS_KEPT][IMAGE_WARNING_BYTES];
} ImageFileInfo;

/* The numbers of a file as they are stored, for masks, where they have a meaning of their own. */
typedef struct {
    size_t width, height; /* upright */
    size_t channels;      /* 1; 3 if red, green and blue differ anywhere */
    uint16_t *values;     /* height x width x channels, owned */
    uint16_t most;        /* the largest value of this kind: 2^bits - 1 */
    size_t palette_count; /* > 0: values are indices of a palette of so many colours */
    uint8_t palette[256][3];
    ImageFileInfo info;
} ImageValues;

/* The name of a format ("PNG"); static storage. */
const char *image_format_name(ImageFormat format);

/* Reads a file as `channels` (1 or 3) channels of 8 bits: grey is spread to RGB, colour becomes
 * grey by the luma of ITU-R BT.601 (JPEG's own Y), palettes are looked up, alpha is dropped, other
 * numbers of bits are scaled (16: value / 257, rounded). `info` may be NULL. On success *image is
 * to be released with image_clear(); after an error it is empty. STATUS_MISSING: no such file;
 * STATUS_IO: not a plain file, or the system cannot read it; STATUS_FORMAT: no picture of a kind
 * that is read, damaged or cut. */
Status image_read(const char *path, size_t channels, Image *image);
Status image_read_with_info(const char *path, size_t channels, Image *image, ImageFileInfo *info);

/* Reads the stored values without scaling or looking up: an index of a palette, grey of any number
 * of bits (TIFF's min-is-white turned to min-is-black), grey and alpha's grey, RGB of equal
 * channels as one channel; other colours give R, G, B (CMYK is converted). Errors as above; on
 * success to be released with image_values_clear(). */
Status image_read_values(const char *path, ImageValues *values);
void image_values_clear(ImageValues *values);

/* Width and height, upright, from the headers alone. */
Status image_read_size(const char *path, size_t *width, size_t *height);

/* Encodes into *bytes (*count of them), released with free(). level: deflate's 1 (fast) to 9
 * (small). */
Status image_encode_png(const Image *image, int level, uint8_t **bytes, size_t *count);

/* The same for drawings: areas of one colour, lines and texts. */
Status image_encode_png_drawing(const Image *image, int level, uint8_t **bytes, size_t *count);

/* As above; quality 1 to 100, colour at full resolution (4:4:4). */
Status image_encode_jpeg(const Image *image, int quality, uint8_t **bytes, size_t *count);

/* Writes a PNG file: under a temporary name in the same folder, synchronised, then renamed, so
 * that `path` is either the whole new file or untouched. */
Status image_write_png(const char *path, const Image *image);

/* The same with the writer's name in the file, and whether a file is a PNG that carries it. */
Status image_write_png_by(const char *path, const Image *image, const char *program);
bool image_png_is_by(const char *path, const char *program);

#endif

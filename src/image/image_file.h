/* Pictures from and to files.
 *
 * PNG (1 to 16 bits; grey, palette, colour, with or without alpha, interlaced or not) and JPEG
 * (grey or colour, baseline or progressive) are told apart by their content, never by their name.
 * A file that ends early is an error, in JPEG too, where decoders like to make up the rest.
 */
#ifndef GISD_IMAGE_IMAGE_FILE_H
#define GISD_IMAGE_IMAGE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "image/image.h"

enum { IMAGE_FILE_MOST_PIXELS = 1 << 27 }; /* a larger header is taken for damage */

/* Reads a file as `channels` (1 or 3) channels: grey is spread to RGB, colour becomes grey by the
 * luma of ITU-R BT.601, alpha is dropped, 16 bits are rounded to 8. On success *image is to be
 * released with image_clear(); after an error it is empty. STATUS_MISSING: no such file;
 * STATUS_IO: the system cannot read it; STATUS_FORMAT: neither PNG nor JPEG, damaged or cut. */
Status image_read(const char *path, size_t channels, Image *image);

/* Width and height from the header alone. */
Status image_read_size(const char *path, size_t *width, size_t *height);

/* Encodes into *bytes (*count of them), released with free(). level: deflate's 1 (fast) to 9
 * (small). */
Status image_encode_png(const Image *image, int level, uint8_t **bytes, size_t *count);

/* As above; quality 1 to 100, colour at full resolution (4:4:4). */
Status image_encode_jpeg(const Image *image, int quality, uint8_t **bytes, size_t *count);

/* Writes a PNG file: under a temporary name in the same folder, synchronised, then renamed, so
 * that `path` is either the whole new file or untouched. */
Status image_write_png(const char *path, const Image *image);

#endif

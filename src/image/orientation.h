/* The orientation of a stored picture: how a camera was held, or a station set up.
 *
 * EXIF 2.3 (tag 0x0112) and TIFF 6.0 (tag 274) number the eight ways alike, by where row 0 and
 * column 0 of the stored picture belong in the upright one: 1 top left, 2 top right, 3 bottom
 * right, 4 bottom left, and with rows and columns exchanged 5 left top, 6 right top, 7 right
 * bottom, 8 left bottom.
 */
#ifndef GISD_IMAGE_ORIENTATION_H
#define GISD_IMAGE_ORIENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Whether the upright picture has the stored one's width as its height. */
bool orientation_swaps(unsigned orientation);

/* Turns *pixels, height x width of bytes_each bytes as stored, upright: on success they are
 * replaced by a new block, width x height if orientation_swaps(). */
Status orientation_apply(unsigned orientation, size_t width, size_t height, size_t bytes_each,
                         void **pixels);

/* The number of the orientation tag in the first directory of an EXIF block, which begins with
 * TIFF's byte order mark: as it stands there, valid or not; 1 where there is no such tag, 0 where
 * the block is damaged. */
unsigned orientation_of_exif(const uint8_t *exif, size_t count);

#endif

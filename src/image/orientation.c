/* Turning pictures upright, and the one tag of EXIF that says how; see orientation.h. The tag is
 * read here because that takes 40 lines: a library for EXIF would parse every other tag, maker's
 * notes too, of files that nobody vouches for. */
#include "image/orientation.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

bool orientation_swaps(unsigned orientation)
{
    return orientation >= 5;
}

Status orientation_apply(unsigned orientation, size_t width, size_t height, size_t bytes_each,
                         void **pixels)
{
    assert(orientation >= 1 && orientation <= 8);
    if (orientation == 1)
        return STATUS_OK;
    uint8_t *upright;
    TRY(MEMORY_NEW(&upright, width * height * bytes_each));
    /* Stored columns and rows are counted backwards in these. */
    bool right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    bool bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    bool swaps = orientation_swaps(orientation);
    const uint8_t *stored = *pixels;
    uint8_t *to = upright;
    for (size_t y = 0; y < (swaps ? width : height); ++y)
        for (size_t x = 0; x < (swaps ? height : width); ++x) {
            size_t column = swaps ? y : x, row = swaps ? x : y;
            column = right ? width - 1 - column : column;
            row = bottom ? height - 1 - row : row;
            memcpy(to, stored + (row * width + column) * bytes_each, bytes_each);
            to += bytes_each;
        }
    free(*pixels);
    *pixels = upright;
    return STATUS_OK;
}

/* ---- EXIF ---- */

typedef struct {
    const uint8_t *bytes;
    size_t count;
    bool big_endian;
} Exif;

/* An unsigned number of 2 or 4 bytes; false if it does not lie inside the block. */
static bool exif_number(const Exif *exif, size_t at, size_t bytes, uint32_t *number)
{
    if (at > exif->count || exif->count - at < bytes)
        return false;
    *number = 0;
    for (size_t i = 0; i < bytes; ++i)
        *number = *number << 8 | exif->bytes[at + (exif->big_endian ? i : bytes - 1 - i)];
    return true;
}

unsigned orientation_of_exif(const uint8_t *bytes, size_t count)
{
    enum { ORIENTATION_TAG = 0x0112, SHORT = 3, LONG = 4, ENTRY_BYTES = 12 };
    if (count < 8 || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0))
        return 0;
    const Exif exif = {bytes, count, bytes[0] == 'M'};
    uint32_t directory, entries, tag, type, value;
    if (!exif_number(&exif, 4, 4, &directory) || !exif_number(&exif, directory, 2, &entries))
        return 0;
    for (size_t i = 0; i < entries; ++i) {
        size_t at = (size_t)directory + 2 + i * ENTRY_BYTES;
        if (!exif_number(&exif, at, 2, &tag))
            return 0;
        if (tag != ORIENTATION_TAG)
            continue;
        bool read = exif_number(&exif, at + 2, 2, &type) && (type == SHORT || type == LONG) &&
                    exif_number(&exif, at + 8, type == SHORT ? 2 : 4, &value);
        return read ? value : 0;
    }
    return 1;
}

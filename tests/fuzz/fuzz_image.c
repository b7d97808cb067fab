/* Image files of every format: their size, their pixels, their values. Two things would keep most
 * changed files from coming far, and are put right first: the checksums of PNG's chunks. */
#include <zlib.h>

#include "fuzz.h"
#include "image/image_file.h"

static void put_big_endian(uint32_t value, uint8_t *bytes)
{
    for (int i = 0; i < 4; ++i)
        bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void mend_checksums(uint8_t *bytes, size_t size)
{
    for (size_t at = 8; size - at >= 12;) {
        size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                        (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - at - 12)
            return;
        put_big_endian((uint32_t)crc32(0, bytes + at + 4, (unsigned)length + 4),
                       bytes + at + 8 + length);
        at += length + 12;
    }
}

static void check_info(const ImageFileInfo *info)
{
    for (size_t i = 0; i < info->warning_count && i < IMAGE_WARNINGS_KEPT; ++i)
        fuzz_check_line(info->warnings[i]);
}

/* Large pictures cost time and bring nothing new: what the limits are is for other tests. */
enum { PIXELS_MOST = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t width, height;
    Image image;
    ImageFileInfo info;
    ImageValues values;
    uint8_t *bytes = (uint8_t *)fuzz_text(data, size);
    if (size > 8 && memcmp(bytes, "\x89PNG", 4) == 0)
        mend_checksums(bytes, size);
    const char *path = fuzz_file(bytes, size);
    free(bytes);
    if (image_read_size(path, &width, &height) != STATUS_OK) {
        fuzz_check_line(status_message());
        return 0;
    }
    FUZZ_CHECK(width > 0 && height > 0 && width <= IMAGE_FILE_MOST_PIXELS / height);
    if (width > PIXELS_MOST / height)
        return 0;
    for (size_t channels = 1; channels <= 3; channels += 2) {
        if (image_read_with_info(path, channels, &image, &info) == STATUS_OK) {
            FUZZ_CHECK(image.width == width && image.height == height);
            image_clear(&image);
        } else {
            fuzz_check_line(status_message());
        }
        check_info(&info);
    }
    if (image_read_values(path, &values) == STATUS_OK)
        image_values_clear(&values);
    return 0;
}

/* Opening a file, telling formats apart, and what the decoders share; see image_decode.h. */
#include "image/image_decode.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "image/orientation.h"
#include "store/files.h"

static const int64_t file_bytes_most = (int64_t)1 << 31;

/* ---- for the decoders ---- */

Status decoder_begin(Decoder *decoder, size_t width, size_t height, ImageColour colour,
                     unsigned bits)
{
    static const size_t channels[] = {1, 2, 1, 3, 4, 4};
    if (width == 0 || height == 0 || width > IMAGE_FILE_MOST_PIXELS / height)
        FAIL(STATUS_FORMAT, "%s: %zu x %zu pixels, expected at least one and at most %d",
             decoder->path, width, height, IMAGE_FILE_MOST_PIXELS);
    decoder->width = decoder->info.stored_width = width;
    decoder->height = decoder->info.stored_height = height;
    decoder->channels = channels[colour];
    decoder->info.colour = colour;
    decoder->info.bits = bits;
    return STATUS_OK;
}

Status decoder_allocate(Decoder *decoder)
{
    return memory_new(&decoder->samples, decoder->width * decoder->height * decoder->channels,
                      decoder->info.bits == 16 ? 2 : 1);
}

void decoder_warn(Decoder *decoder, const char *format, ...)
{
    ImageFileInfo *info = &decoder->info;
    if (info->warning_count < IMAGE_WARNINGS_KEPT) {
        char *text = info->warnings[info->warning_count];
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(text, IMAGE_WARNING_BYTES, format, arguments);
        va_end(arguments);
        for (; *text; ++text) /* some come from the file */
            if ((unsigned char)*text < ' ' || (unsigned char)*text > '~')
                *text = '?';
    }
    ++info->warning_count;
}

void decoder_exif(Decoder *decoder, const uint8_t *exif, size_t count)
{
    size_t skipped = count >= 6 && memcmp(exif, "Exif\0", 6) == 0 ? 6 : 0;
    decoder->info.orientation = orientation_of_exif(exif + skipped, count - skipped);
}

/* ---- the file in memory ---- */

static Status read_descriptor(int file, const char *path, uint8_t **bytes, size_t *count)
{
    struct stat about;
    if (fstat(file, &about) != 0)
        return files_refused(path, "read");
    if (about.st_size > file_bytes_most)
        FAIL(STATUS_FORMAT, "%s: %lld bytes, expected at most %lld of an image", path,
             (long long)about.st_size, (long long)file_bytes_most);
    size_t size = (size_t)about.st_size;
    *bytes = malloc(size + 1); /* not zeroed: it is filled at once */
    if (!*bytes)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory for %zu bytes", path, size);
    while (*count < size) {
        ssize_t got = read(file, *bytes + *count, size - *count);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return files_refused(path, "read");
        if (got == 0)
            break; /* cut meanwhile: the decoder will say so */
        *count += (size_t)got;
    }
    return STATUS_OK;
}

static Status read_bytes(const char *path, uint8_t **bytes, size_t *count)
{
    *bytes = NULL;
    *count = 0;
    int file = -1;
    TRY(files_open_plain(path, &file));
    Status status = read_descriptor(file, path, bytes, count);
    close(file);
    return status;
}

/* ---- formats ---- */

typedef struct {
    size_t at, count; /* of the mark */
    const char *mark;
    Status (*decode)(Decoder *decoder); /* NULL: known by name only */
    ImageFormat format;
    const char *name;
} Signature;

static const Signature signatures[] = {
    {0, 8, "\x89PNG\r\n\x1a\n", decode_png, IMAGE_FORMAT_PNG, NULL},
    {0, 3, "\xff\xd8\xff", decode_jpeg, IMAGE_FORMAT_JPEG, NULL},
    {0, 4, "II*\0", decode_tiff, IMAGE_FORMAT_TIFF, NULL},
    {0, 4, "MM\0*", decode_tiff, IMAGE_FORMAT_TIFF, NULL},
    {0, 4, "II+\0", decode_tiff, IMAGE_FORMAT_TIFF, NULL},
    {0, 4, "MM\0+", decode_tiff, IMAGE_FORMAT_TIFF, NULL},
    {0, 2, "BM", decode_bmp, IMAGE_FORMAT_BMP, NULL},
    {8, 4, "WEBP", decode_webp, IMAGE_FORMAT_WEBP, NULL}, /* after "RIFF" and a length */
    {0, 4, "GIF8", NULL, 0, "GIF"},
    {128, 4, "DICM", NULL, 0, "DICOM"},
    {4, 8, "ftypheic", NULL, 0, "HEIC"},
    {4, 8, "ftypavif", NULL, 0, "AVIF"},
    {0, 12, "\0\0\0\x0cjP  \r\n\x87\n", NULL, 0, "JPEG 2000"},
    {0, 5, "%PDF-", NULL, 0, "PDF"},
    {0, 23, "version https://git-lfs", NULL, 0, "Git LFS pointer"},
};

static Status decode(Decoder *decoder)
{
    if (decoder->count == 0)
        FAIL(STATUS_FORMAT, "%s: is empty, expected an image", decoder->path);
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; ++i) {
        const Signature *known = &signatures[i];
        if (decoder->count < known->at + known->count ||
            memcmp(decoder->bytes + known->at, known->mark, known->count) != 0)
            continue;
        if (!known->decode)
            FAIL(STATUS_FORMAT, "%s: a %s file, expected a PNG, JPEG, TIFF, BMP or WebP image",
                 decoder->path, known->name);
        decoder->info.format = known->format;
        return known->decode(decoder);
    }
    FAIL(STATUS_FORMAT, "%s: not an image, expected a PNG, JPEG, TIFF, BMP or WebP file",
         decoder->path);
}

Status decoder_read(Decoder *decoder, const char *path)
{
    uint8_t *bytes;
    Status status = read_bytes(path, &bytes, &decoder->count);
    decoder->path = path;
    decoder->bytes = bytes;
    decoder->info.orientation = 1;
    if (status == STATUS_OK)
        status = decode(decoder);
    free(bytes);
    decoder->bytes = NULL;
    if (status == STATUS_OK && (decoder->info.orientation < 1 || decoder->info.orientation > 8)) {
        decoder_warn(decoder, "orientation %u, expected 1 to 8: taken as it is stored",
                     decoder->info.orientation);
        decoder->info.orientation = 1;
    }
    return status;
}

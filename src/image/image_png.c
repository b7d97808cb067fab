/* Decoding of PNG by libpng.
 *
 * libpng reports errors by a callback that must not return; ours keeps the text and jumps back. All
 * that has to be released lives in a struct of the caller of the function that calls setjmp().
 */
#include "image/image_decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/memory.h"

typedef struct {
    Decoder *decoder;
    png_structp png;
    png_infop info;
    size_t position; /* in the file */
    png_bytep *rows; /* height pointers into the samples */
    jmp_buf jump;
    char reason[128]; /* libpng's complaint */
} PngReader;

static void on_error(png_structp png, png_const_charp message)
{
    PngReader *reader = png_get_error_ptr(png);
    snprintf(reader->reason, sizeof reader->reason, "%s", message);
    longjmp(reader->jump, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png; /* of ancillary chunks: colour profiles, text */
    (void)message;
}

static void on_read(png_structp png, png_bytep bytes, size_t count)
{
    PngReader *reader = png_get_io_ptr(png);
    if (count > reader->decoder->count - reader->position)
        png_error(png, "the file ends early");
    memcpy(bytes, reader->decoder->bytes + reader->position, count);
    reader->position += count;
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Looks for what no pixel depends on, wherever in the file it stands. libpng would give what lies
 * behind the pixels only after decoding them, and their size must be known upright before. */
static void read_chunks(Decoder *decoder)
{
    enum { SIGNATURE = 8, AROUND = 12 }; /* length, type and checksum around a chunk's data */
    size_t at = SIGNATURE;
    bool found = false;
    while (decoder->count - at >= AROUND) {
        const uint8_t *chunk = decoder->bytes + at;
        size_t length = big_endian(chunk);
        if (length > decoder->count - at - AROUND)
            return;
        if (memcmp(chunk + 4, "eXIf", 4) == 0 && !found) {
            decoder_exif(decoder, chunk + 8, length);
            found = true;
        } else if (memcmp(chunk + 4, "acTL", 4) == 0) {
            decoder_warn(decoder, "animated, its first picture is read");
        }
        at += length + AROUND;
    }
}

static ImageColour colour_of(int colour_type)
{
    switch (colour_type) {
    case PNG_COLOR_TYPE_GRAY:
        return IMAGE_COLOUR_GREY;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
        return IMAGE_COLOUR_GREY_ALPHA;
    case PNG_COLOR_TYPE_PALETTE:
        return IMAGE_COLOUR_PALETTE;
    case PNG_COLOR_TYPE_RGB:
        return IMAGE_COLOUR_RGB;
    default:
        return IMAGE_COLOUR_RGBA;
    }
}

static void keep_palette(PngReader *reader)
{
    Decoder *decoder = reader->decoder;
    png_colorp colours;
    int count = 0;
    if (!png_get_PLTE(reader->png, reader->info, &colours, &count))
        png_error(reader->png, "no palette");
    for (int i = 0; i < count; ++i)
        memcpy(decoder->palette[i], (uint8_t[]){colours[i].red, colours[i].green, colours[i].blue},
               3);
    decoder->palette_count = (size_t)count;
}

static Status read_picture(PngReader *reader)
{
    Decoder *decoder = reader->decoder;
    png_structp png = reader->png;
    if (setjmp(reader->jump))
        FAIL(STATUS_FORMAT, "%s: damaged PNG image: %s", decoder->path, reader->reason);
    png_set_read_fn(png, reader, on_read);
    /* colour profiles, texts and the like: no pixel depends on them, and they may be bombs */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* decoder_begin() has its own */
    png_read_info(png, reader->info);
    ImageColour colour = colour_of(png_get_color_type(png, reader->info));
    unsigned bits = png_get_bit_depth(png, reader->info);
    TRY(decoder_begin(decoder, png_get_image_width(png, reader->info),
                      png_get_image_height(png, reader->info), colour, bits));
    read_chunks(decoder);
    if (decoder->header_only)
        return STATUS_OK;
    TRY(decoder_allocate(decoder));
    if (colour == IMAGE_COLOUR_PALETTE)
        keep_palette(reader);
    png_set_packing(png); /* a byte a sample */
    if (bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
        png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, reader->info);
    size_t row_bytes = decoder->width * decoder->channels * (bits == 16 ? 2 : 1);
    if (png_get_rowbytes(png, reader->info) != row_bytes)
        png_error(png, "rows of an unexpected length");
    TRY(MEMORY_NEW(&reader->rows, decoder->height));
    for (size_t y = 0; y < decoder->height; ++y)
        reader->rows[y] = (png_bytep)decoder->samples + y * row_bytes;
    png_read_image(png, reader->rows);
    png_read_end(png, NULL);
    return STATUS_OK;
}

Status decode_png(Decoder *decoder)
{
    PngReader reader = {.decoder = decoder};
    reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
    if (!reader.png)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", decoder->path);
    reader.info = png_create_info_struct(reader.png);
    Status status = reader.info ? read_picture(&reader)
                                : status_set(STATUS_NO_MEMORY, "%s: out of memory", decoder->path);
    png_destroy_read_struct(&reader.png, &reader.info, NULL);
    free(reader.rows);
    return status;
}

/* Encoding of PNG and JPEG into memory, and the files made of it; see image_file.h. */
#include "image/image_file.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <png.h>

#include "base/memory.h"
#include "store/files.h"

/* What a library has written so far; libpng's errors jump back. */
typedef struct {
    uint8_t *bytes;
    size_t count, capacity;
    jmp_buf jump;
    char reason[JMSG_LENGTH_MAX];
} Sink;

static void png_on_error(png_structp png, png_const_charp message)
{
    Sink *sink = png_get_error_ptr(png);
    snprintf(sink->reason, sizeof sink->reason, "%s", message);
    longjmp(sink->jump, 1);
}

static void png_on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void png_on_write(png_structp png, png_bytep bytes, size_t count)
{
    Sink *sink = png_get_io_ptr(png);
    if (MEMORY_GROW(&sink->bytes, sink->count + count, &sink->capacity) != STATUS_OK)
        png_error(png, "out of memory");
    memcpy(sink->bytes + sink->count, bytes, count);
    sink->count += count;
}

static void png_on_flush(png_structp png)
{
    (void)png;
}

/* What the pixels are compressed for. Filters cost more time than all else; a drawing, whose pixels
 * are mostly like their neighbours, is smaller without. */
typedef enum { PNG_FOR_PICTURE, PNG_FOR_DRAWING } PngPurpose;

static void choose_filter(png_structp png, const Image *image, int level, PngPurpose purpose)
{
    /* The cheapest filter that suits photographs; levels above 1 may search for a better one. */
    if (purpose == PNG_FOR_DRAWING || (level <= 1 && image->channels != 3))
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    else if (level <= 1)
        png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
}

static Status encode_png(Sink *sink, png_structp png, png_infop info, const Image *image, int level,
                         PngPurpose purpose, const char *program)
{
    if (setjmp(sink->jump))
        FAIL(STATUS_LIBRARY, "cannot encode a PNG image: %s", sink->reason);
    png_set_write_fn(png, sink, png_on_write, png_on_flush);
    png_set_compression_level(png, level);
    choose_filter(png, image, level, purpose);
    png_set_IHDR(png, info, (png_uint_32)image->width, (png_uint_32)image->height, 8,
                 image->channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (program)
        png_set_text(png, info,
                     &(png_text){.compression = PNG_TEXT_COMPRESSION_NONE,
                                 .key = (png_charp)(uintptr_t) "Software",
                                 .text = (png_charp)(uintptr_t)program,
                                 .text_length = strlen(program)},
                     1);
    png_write_info(png, info);
    for (size_t y = 0; y < image->height; ++y)
        png_write_row(png, image->pixels + y * image->width * image->channels);
    png_write_end(png, info);
    return STATUS_OK;
}

static Status encode(const Image *image, int level, PngPurpose purpose, const char *program,
                     uint8_t **bytes, size_t *count)
{
    assert(image->channels == 1 || image->channels == 3);
    *bytes = NULL;
    *count = 0;
    Sink sink = {0};
    png_structp png =
        png_create_write_struct(PNG_LIBPNG_VER_STRING, &sink, png_on_error, png_on_warning);
    if (!png)
        FAIL(STATUS_NO_MEMORY, "out of memory for a PNG image");
    png_infop info = png_create_info_struct(png);
    Status status = info ? encode_png(&sink, png, info, image, level, purpose, program)
                         : status_set(STATUS_NO_MEMORY, "out of memory for a PNG image");
    png_destroy_write_struct(&png, &info);
    if (status != STATUS_OK) {
        free(sink.bytes);
        return status;
    }
    *bytes = sink.bytes;
    *count = sink.count;
    return STATUS_OK;
}

Status image_encode_png(const Image *image, int level, uint8_t **bytes, size_t *count)
{
    return encode(image, level, PNG_FOR_PICTURE, NULL, bytes, count);
}

Status image_encode_png_drawing(const Image *image, int level, uint8_t **bytes, size_t *count)
{
    return encode(image, level, PNG_FOR_DRAWING, NULL, bytes, count);
}

/* ---- JPEG ---- */

static void jpeg_on_error(j_common_ptr jpeg)
{
    Sink *sink = jpeg->client_data;
    jpeg->err->format_message(jpeg, sink->reason);
    longjmp(sink->jump, 1);
}

static Status encode_jpeg(Sink *sink, j_compress_ptr jpeg, const Image *image, int quality,
                          unsigned char **bytes, unsigned long *count)
{
    if (setjmp(sink->jump))
        FAIL(STATUS_LIBRARY, "cannot encode a JPEG image: %s", sink->reason);
    jpeg_create_compress(jpeg);
    jpeg_mem_dest(jpeg, bytes, count);
    jpeg->image_width = (JDIMENSION)image->width;
    jpeg->image_height = (JDIMENSION)image->height;
    jpeg->input_components = (int)image->channels;
    jpeg->in_color_space = image->channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
    jpeg_set_defaults(jpeg);
    jpeg_set_quality(jpeg, quality, TRUE);
    jpeg->comp_info[0].h_samp_factor = 1;
    jpeg->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(jpeg, TRUE);
    while (jpeg->next_scanline < jpeg->image_height) {
        JSAMPROW row = image->pixels + jpeg->next_scanline * image->width * image->channels;
        jpeg_write_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_compress(jpeg);
    return STATUS_OK;
}

Status image_encode_jpeg(const Image *image, int quality, uint8_t **bytes, size_t *count)
{
    assert(image->channels == 1 || image->channels == 3);
    Sink sink = {0};
    struct jpeg_error_mgr errors;
    struct jpeg_compress_struct jpeg = {.err = jpeg_std_error(&errors), .client_data = &sink};
    errors.error_exit = jpeg_on_error;
    /* More than the worst case, so that libjpeg need not grow it (which an error could leak). */
    unsigned long most = (unsigned long)((image->width + 8) * (image->height + 8) * 8 + 4096);
    unsigned char *encoded = malloc(most), *own = encoded;
    if (!own)
        FAIL(STATUS_NO_MEMORY, "out of memory for a JPEG image");
    unsigned long encoded_count = most;
    Status status = encode_jpeg(&sink, &jpeg, image, quality, &encoded, &encoded_count);
    jpeg_destroy_compress(&jpeg);
    if (encoded != own)
        free(own);
    if (status != STATUS_OK) {
        free(encoded);
        encoded = NULL;
        encoded_count = 0;
    }
    *bytes = encoded;
    *count = encoded_count;
    return status;
}

/* ---- files ---- */

Status image_write_png_by(const char *path, const Image *image, const char *program)
{
    uint8_t *bytes;
    size_t count;
    TRY(encode(image, 6, PNG_FOR_PICTURE, program, &bytes, &count));
    Status status = files_write(path, bytes, count);
    free(bytes);
    return status;
}

Status image_write_png(const char *path, const Image *image)
{
    return image_write_png_by(path, image, NULL);
}

/* libpng writes such a text before the pixels, as a chunk: its name, the key, a zero, the text, and
 * its checksum of four bytes. */
bool image_png_is_by(const char *path, const char *program)
{
    static const uint8_t signature[8] = {137, 'P', 'N', 'G', '\r', '\n', 26, '\n'};
    static const char start[] = "tEXtSoftware"; /* with its zero */
    uint8_t head[256];
    int file = -1;
    if (files_open_plain(path, &file) != STATUS_OK)
        return false;
    ssize_t count = pread(file, head, sizeof head, 0);
    close(file);
    if (count < (ssize_t)sizeof signature || memcmp(head, signature, sizeof signature) != 0)
        return false;
    const uint8_t *found = memmem(head, (size_t)count, start, sizeof start);
    const size_t length = strlen(program);
    return found && found + sizeof start + length + 4 <= head + count &&
           memcmp(found + sizeof start, program, length) == 0 &&
           found[-1] == length + sizeof start - 4;
}

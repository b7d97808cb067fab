/* Reading and writing of PNG (libpng) and JPEG (libjpeg-turbo).
 *
 * Both libraries report errors by a callback that must not return; ours keeps the text and jumps
 * back to the setjmp() of a decoder function. All that has to be released lives in a struct of that
 * function's caller, so no local variable is needed after the jump.
 */
#include "image/image_file.h"

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>
#include <png.h>

#include "base/memory.h"

enum { REASON_BYTES = JMSG_LENGTH_MAX };

/* One file being read, whichever its format. */
typedef struct {
    const char *path;
    FILE *file;
    size_t channels; /* wanted; 0: only the size */
    Image *image;    /* width and height are set in any case */
    png_bytep *rows; /* height pointers into pixels, for libpng */
    jmp_buf jump;
    char reason[REASON_BYTES]; /* the library's first complaint */
} Reader;

/* Checks the size in the header and allocates the pixels if they are wanted. */
static Status begin_image(Reader *reader, size_t width, size_t height)
{
    if (width == 0 || height == 0 || width > IMAGE_FILE_MOST_PIXELS / height)
        FAIL(STATUS_FORMAT, "%s: %zu x %zu pixels, expected at least one and at most %d",
             reader->path, width, height, IMAGE_FILE_MOST_PIXELS);
    if (reader->channels)
        return image_init(reader->image, width, height, reader->channels);
    *reader->image = (Image){.width = width, .height = height};
    return STATUS_OK;
}

/* The library gave up: because of the disk, or because of the content? */
static Status damaged(const Reader *reader, const char *format)
{
    if (ferror(reader->file))
        FAIL(STATUS_IO, "%s: cannot read: %s", reader->path, strerror(errno));
    FAIL(STATUS_FORMAT, "%s: damaged %s image: %s", reader->path, format, reader->reason);
}

/* ---- PNG ---- */

static void png_on_error(png_structp png, png_const_charp message)
{
    Reader *reader = png_get_error_ptr(png);
    snprintf(reader->reason, sizeof reader->reason, "%s", message);
    longjmp(reader->jump, 1);
}

static void png_on_warning(png_structp png, png_const_charp message)
{
    (void)png; /* of ancillary chunks: colour profiles, text */
    (void)message;
}

/* Luma of BT.601 with 16 fractional bits. */
static uint8_t luma(const uint8_t *rgb)
{
    return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
}

static Status decode_png(Reader *reader, png_structp png, png_infop info)
{
    if (setjmp(reader->jump))
        return damaged(reader, "PNG");
    png_init_io(png, reader->file);
    png_read_info(png, info);
    TRY(begin_image(reader, png_get_image_width(png, info), png_get_image_height(png, info)));
    if (!reader->channels)
        return STATUS_OK;
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_strip_alpha(png);
    if (reader->channels == 3)
        png_set_gray_to_rgb(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    /* Colour that shall become grey needs room for its rows: decoded beside, then reduced. */
    Image *image = reader->image;
    size_t row_bytes = png_get_rowbytes(png, info);
    if (row_bytes != image->width * image->channels) {
        image_clear(image);
        TRY(image_init(image, png_get_image_width(png, info), png_get_image_height(png, info), 3));
        assert(row_bytes == image->width * 3);
    }
    TRY(MEMORY_NEW(&reader->rows, image->height));
    for (size_t y = 0; y < image->height; ++y)
        reader->rows[y] = image->pixels + y * row_bytes;
    png_read_image(png, reader->rows);
    png_read_end(png, NULL);
    return STATUS_OK;
}

static void reduce_to_grey(Image *image)
{
    for (size_t i = 0; i < image->width * image->height; ++i)
        image->pixels[i] = luma(image->pixels + 3 * i);
    image->channels = 1;
}

static Status read_png(Reader *reader)
{
    png_structp png =
        png_create_read_struct(PNG_LIBPNG_VER_STRING, reader, png_on_error, png_on_warning);
    if (!png)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", reader->path);
    png_infop info = png_create_info_struct(png);
    Status status = info ? decode_png(reader, png, info)
                         : status_set(STATUS_NO_MEMORY, "%s: out of memory", reader->path);
    png_destroy_read_struct(&png, &info, NULL);
    free(reader->rows);
    if (status == STATUS_OK && reader->channels == 1 && reader->image->channels == 3)
        reduce_to_grey(reader->image);
    return status;
}

/* ---- JPEG ---- */

static void jpeg_on_error(j_common_ptr jpeg)
{
    Reader *reader = jpeg->client_data;
    if (!reader->reason[0])
        jpeg->err->format_message(jpeg, reader->reason);
    longjmp(reader->jump, 1);
}

/* Level -1 is a warning: the decoder goes on with made-up pixels. All but the two that leave the
 * picture whole are errors here. */
static void jpeg_on_message(j_common_ptr jpeg, int level)
{
    int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM)
        jpeg_on_error(jpeg);
}

static Status decode_jpeg(Reader *reader, j_decompress_ptr jpeg)
{
    if (setjmp(reader->jump))
        return damaged(reader, "JPEG");
    jpeg_create_decompress(jpeg);
    jpeg_stdio_src(jpeg, reader->file);
    jpeg_read_header(jpeg, TRUE);
    TRY(begin_image(reader, jpeg->image_width, jpeg->image_height));
    if (!reader->channels)
        return STATUS_OK;
    jpeg->out_color_space = reader->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(jpeg);
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row =
            reader->image->pixels + jpeg->output_scanline * reader->image->width * reader->channels;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    jpeg_finish_decompress(jpeg);
    return STATUS_OK;
}

static Status read_jpeg(Reader *reader)
{
    struct jpeg_error_mgr errors;
    struct jpeg_decompress_struct jpeg = {.err = jpeg_std_error(&errors), .client_data = reader};
    errors.error_exit = jpeg_on_error;
    errors.emit_message = jpeg_on_message;
    Status status = decode_jpeg(reader, &jpeg);
    jpeg_destroy_decompress(&jpeg);
    return status;
}

/* ---- either ---- */

static Status read_file(const char *path, size_t channels, Image *image)
{
    *image = (Image){0};
    FILE *file = fopen(path, "rb");
    if (!file)
        FAIL(errno == ENOENT ? STATUS_MISSING : STATUS_IO, "%s: cannot open: %s", path,
             strerror(errno));
    Reader reader = {.path = path, .file = file, .channels = channels, .image = image};
    uint8_t magic[8];
    size_t got = fread(magic, 1, sizeof magic, file);
    Status status;
    if (ferror(file))
        status = status_set(STATUS_IO, "%s: cannot read: %s", path, strerror(errno));
    else if (got == sizeof magic && png_sig_cmp(magic, 0, sizeof magic) == 0)
        status = (rewind(file), read_png(&reader));
    else if (got >= 3 && magic[0] == 0xff && magic[1] == 0xd8 && magic[2] == 0xff)
        status = (rewind(file), read_jpeg(&reader));
    else
        status = status_set(STATUS_FORMAT, "%s: not an image, expected a PNG or JPEG file", path);
    fclose(file);
    if (status != STATUS_OK)
        image_clear(image);
    return status;
}

Status image_read(const char *path, size_t channels, Image *image)
{
    assert(channels == 1 || channels == 3);
    return read_file(path, channels, image);
}

Status image_read_size(const char *path, size_t *width, size_t *height)
{
    Image header;
    TRY(read_file(path, 0, &header));
    *width = header.width;
    *height = header.height;
    return STATUS_OK;
}

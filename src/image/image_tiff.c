/* Decoding of TIFF by libtiff, which undoes compression and byte order; strips and tiles, planes
 * and packed bits are laid out here, as the library's own ready-made pictures have 8 bits only.
 *
 * What libtiff says while it reads the directory and then goes on is a warning about the file; what
 * it says while it decodes pixels means that some of them were made up, and is an error.
 */
#include "image/image_decode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "base/memory.h"

/* A strip or a tile holds whole rows of `width` pixels of `samples` samples each. */
typedef struct {
    size_t width, height, samples;
    size_t row_bytes, bytes;
} Block;

typedef struct {
    Decoder *decoder;
    TIFF *tiff;
    uint64_t position;                /* in the file */
    bool decoding;                    /* pixels: complaints are errors */
    char reason[IMAGE_WARNING_BYTES]; /* the first complaint of that kind, or the last before */
    size_t samples; /* of a pixel in the file; those behind the colour are skipped */
    uint16_t photometric;
    bool tiled, planes;
    Block block;
    uint8_t *buffer; /* one block */
} TiffReader;

/* ---- the file in memory ---- */

static tmsize_t on_read(thandle_t handle, void *bytes, tmsize_t count)
{
    TiffReader *reader = handle;
    const Decoder *decoder = reader->decoder;
    if (reader->position >= decoder->count || count <= 0)
        return 0;
    size_t left = decoder->count - (size_t)reader->position;
    size_t got = left < (size_t)count ? left : (size_t)count;
    memcpy(bytes, decoder->bytes + reader->position, got);
    reader->position += got;
    return (tmsize_t)got;
}

static tmsize_t on_write(thandle_t handle, void *bytes, tmsize_t count)
{
    (void)handle, (void)bytes, (void)count;
    return -1;
}

static toff_t on_size(thandle_t handle)
{
    TiffReader *reader = handle;
    return reader->decoder->count;
}

static toff_t on_seek(thandle_t handle, toff_t offset, int from)
{
    TiffReader *reader = handle;
    if (from == SEEK_CUR)
        offset += reader->position;
    else if (from == SEEK_END)
        offset += reader->decoder->count;
    return reader->position = offset;
}

static int on_close(thandle_t handle)
{
    (void)handle;
    return 0;
}

static int on_message(TIFF *tiff, void *user, const char *module, const char *format,
                      va_list arguments)
{
    (void)tiff, (void)module;
    TiffReader *reader = user;
    enum { HANDLED = 1 }; /* not to be written to stderr */
    if (strstr(format, "Unknown field") || strstr(format, "Old-style LZW"))
        return HANDLED; /* private tags of stations and cameras; a habit of old writers */
    char text[IMAGE_WARNING_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    if (!reader->decoding)
        decoder_warn(reader->decoder, "%s", text);
    if (!reader->decoding || !reader->reason[0])
        memcpy(reader->reason, text, sizeof text);
    return HANDLED;
}

static Status damaged(const TiffReader *reader)
{
    FAIL(STATUS_FORMAT, "%s: damaged TIFF image: %s", reader->decoder->path,
         reader->reason[0] ? reader->reason : "it cannot be decoded");
}

/* ---- the directory ---- */

static unsigned number(const TiffReader *reader, uint32_t tag)
{
    uint16_t value = 0; /* as libtiff has the tags asked for here */
    TIFFGetFieldDefaulted(reader->tiff, tag, &value);
    return value;
}

static size_t size(const TiffReader *reader, uint32_t tag)
{
    uint32_t value = 0;
    TIFFGetFieldDefaulted(reader->tiff, tag, &value);
    return value;
}

/* Which colour the pixels have, if it is one that is read. */
static Status find_colour(const TiffReader *reader, unsigned bits, ImageColour *colour)
{
    const char *path = reader->decoder->path;
    unsigned samples = (unsigned)reader->samples, colours = 1; /* that the colour needs */
    switch (reader->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        *colour = samples > 1 ? IMAGE_COLOUR_GREY_ALPHA : IMAGE_COLOUR_GREY;
        break;
    case PHOTOMETRIC_PALETTE:
        *colour = IMAGE_COLOUR_PALETTE;
        break;
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR: /* of JPEG, which libtiff turns to RGB */
        colours = 3;
        *colour = samples > 3 ? IMAGE_COLOUR_RGBA : IMAGE_COLOUR_RGB;
        break;
    case PHOTOMETRIC_SEPARATED:
        colours = 4;
        *colour = IMAGE_COLOUR_CMYK;
        break;
    default:
        FAIL(STATUS_FORMAT,
             "%s: a TIFF image of photometric kind %d, expected grey, palette, RGB "
             "or CMYK",
             path, reader->photometric);
    }
    if (samples < colours || samples > 16)
        FAIL(STATUS_FORMAT,
             "%s: a TIFF image of %u samples a pixel, expected %u of its colour and "
             "at most 16",
             path, samples, colours);
    if (*colour == IMAGE_COLOUR_PALETTE && bits > 8)
        FAIL(STATUS_FORMAT, "%s: a TIFF palette of %u bits, expected at most 8", path, bits);
    return STATUS_OK;
}

static Status check_kind(const TiffReader *reader, unsigned bits)
{
    static const char *const kinds[] = {
        "",        "unsigned integer", "signed integer", "floating-point",
        "untyped", "complex integer",  "complex"};
    const char *path = reader->decoder->path;
    unsigned kind = number(reader, TIFFTAG_SAMPLEFORMAT);
    unsigned compression = number(reader, TIFFTAG_COMPRESSION);
    if (kind != SAMPLEFORMAT_UINT && kind != SAMPLEFORMAT_VOID)
        FAIL(STATUS_FORMAT, "%s: a TIFF image of %s samples, expected unsigned integers", path,
             kind < sizeof kinds / sizeof *kinds ? kinds[kind] : "unknown");
    if (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16)
        FAIL(STATUS_FORMAT, "%s: a TIFF image of %u bits a sample, expected 1, 2, 4, 8 or 16", path,
             bits);
    if (compression == COMPRESSION_OJPEG || !TIFFIsCODECConfigured((uint16_t)compression))
        FAIL(STATUS_FORMAT, "%s: a TIFF image of compression %u, which is not read", path,
             compression);
    if (reader->photometric == PHOTOMETRIC_YCBCR && compression != COMPRESSION_JPEG)
        FAIL(STATUS_FORMAT, "%s: a TIFF image in YCbCr without JPEG, expected RGB", path);
    if (reader->photometric == PHOTOMETRIC_SEPARATED &&
        number(reader, TIFFTAG_INKSET) != INKSET_CMYK)
        FAIL(STATUS_FORMAT, "%s: a TIFF image of other inks than CMYK", path);
    if (size(reader, TIFFTAG_SUBFILETYPE) & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK))
        FAIL(STATUS_FORMAT, "%s: the first page of the TIFF file is a preview or a mask of another",
             path);
    return STATUS_OK;
}

static Status keep_palette(const TiffReader *reader, unsigned bits)
{
    Decoder *decoder = reader->decoder;
    uint16_t *colours[3];
    if (!TIFFGetField(reader->tiff, TIFFTAG_COLORMAP, &colours[0], &colours[1], &colours[2]))
        FAIL(STATUS_FORMAT, "%s: damaged TIFF image: no palette", decoder->path);
    decoder->palette_count = (size_t)1 << bits;
    unsigned largest = 0;
    for (size_t i = 0; i < decoder->palette_count; ++i)
        for (size_t c = 0; c < 3; ++c)
            largest = colours[c][i] > largest ? colours[c][i] : largest;
    /* 16 bits, which writers make of 8 by 256 or by 257; some forget to. */
    for (size_t i = 0; i < decoder->palette_count; ++i)
        for (size_t c = 0; c < 3; ++c)
            decoder->palette[i][c] = (uint8_t)(largest < 256 ? colours[c][i] : colours[c][i] >> 8);
    return STATUS_OK;
}

/* ---- pixels ---- */

/* How the file is cut up, and a buffer for one piece. */
static Status plan_blocks(TiffReader *reader, unsigned bits)
{
    const Decoder *decoder = reader->decoder;
    Block *block = &reader->block;
    reader->tiled = TIFFIsTiled(reader->tiff);
    reader->planes =
        reader->samples > 1 && number(reader, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
    block->samples = reader->planes ? 1 : reader->samples;
    if (reader->tiled) {
        block->width = size(reader, TIFFTAG_TILEWIDTH);
        block->height = size(reader, TIFFTAG_TILELENGTH);
    } else {
        block->width = decoder->width;
        block->height = size(reader, TIFFTAG_ROWSPERSTRIP);
        if (block->height > decoder->height)
            block->height = decoder->height;
    }
    if (block->width == 0 || block->height == 0 ||
        block->width > IMAGE_FILE_MOST_PIXELS / block->height)
        FAIL(STATUS_FORMAT, "%s: damaged TIFF image: tiles of %zu x %zu pixels", decoder->path,
             block->width, block->height);
    block->row_bytes = (block->width * block->samples * bits + 7) / 8;
    block->bytes = block->row_bytes * block->height;
    /* libtiff's own idea differs for what is not read here, subsampled colour above all. */
    tmsize_t expected = reader->tiled ? TIFFTileSize(reader->tiff) : TIFFStripSize(reader->tiff);
    if (expected <= 0 || (size_t)expected != block->bytes)
        FAIL(STATUS_FORMAT, "%s: a TIFF image whose pixels are packed in a way that is not read",
             decoder->path);
    return MEMORY_NEW(&reader->buffer, block->bytes);
}

static unsigned sample_at(const uint8_t *row, size_t index, unsigned bits)
{
    if (bits == 16) {
        uint16_t value;
        memcpy(&value, row + 2 * index, 2);
        return value;
    }
    if (bits == 8)
        return row[index];
    size_t bit = index * bits;
    unsigned shift = 8 - bits - (unsigned)(bit % 8);
    return (unsigned)row[bit / 8] >> shift & ((1u << bits) - 1);
}

/* Copies the block in the buffer, whose first pixel is (x0, y0) of the picture. */
static void place_block(const TiffReader *reader, size_t x0, size_t y0, size_t plane)
{
    Decoder *decoder = reader->decoder;
    const Block *block = &reader->block;
    unsigned bits = decoder->info.bits;
    size_t width = decoder->width - x0 < block->width ? decoder->width - x0 : block->width;
    size_t height = decoder->height - y0 < block->height ? decoder->height - y0 : block->height;
    size_t kept = block->samples < decoder->channels ? block->samples : decoder->channels;
    for (size_t y = 0; y < height; ++y) {
        const uint8_t *row = reader->buffer + y * block->row_bytes;
        size_t at = ((y0 + y) * decoder->width + x0) * decoder->channels + plane;
        for (size_t x = 0; x < width; ++x, at += decoder->channels)
            for (size_t s = 0; s < kept; ++s) {
                unsigned value = sample_at(row, x * block->samples + s, bits);
                if (bits == 16)
                    ((uint16_t *)decoder->samples)[at + s] = (uint16_t)value;
                else
                    ((uint8_t *)decoder->samples)[at + s] = (uint8_t)value;
            }
    }
}

/* libtiff takes any bytes for an uncompressed block whose place the file does not give. */
static Status check_place(const TiffReader *reader, uint32_t index, size_t wanted)
{
    const Decoder *decoder = reader->decoder;
    uint64_t offset = TIFFGetStrileOffset(reader->tiff, index);
    uint64_t bytes = TIFFGetStrileByteCount(reader->tiff, index);
    bool plain = number(reader, TIFFTAG_COMPRESSION) == COMPRESSION_NONE;
    if (offset == 0 || offset >= decoder->count || bytes == 0 || (plain && bytes < wanted))
        FAIL(STATUS_FORMAT, "%s: damaged TIFF image: strip or tile %u has no pixels in the file",
             decoder->path, index);
    return STATUS_OK;
}

static Status read_block(TiffReader *reader, size_t x0, size_t y0, size_t plane)
{
    const Decoder *decoder = reader->decoder;
    const Block *block = &reader->block;
    uint32_t x = (uint32_t)x0, y = (uint32_t)y0, index;
    size_t rows = block->height;
    if (!reader->tiled && decoder->height - y0 < rows)
        rows = decoder->height - y0;
    tmsize_t wanted = (tmsize_t)(rows * block->row_bytes), got;
    if (reader->tiled)
        index = TIFFComputeTile(reader->tiff, x, y, 0, (uint16_t)plane);
    else
        index = TIFFComputeStrip(reader->tiff, y, (uint16_t)plane);
    TRY(check_place(reader, index, (size_t)wanted));
    if (reader->tiled)
        got = TIFFReadEncodedTile(reader->tiff, index, reader->buffer, wanted);
    else
        got = TIFFReadEncodedStrip(reader->tiff, index, reader->buffer, wanted);
    if (got != wanted || reader->reason[0])
        return damaged(reader);
    place_block(reader, x0, y0, plane);
    return STATUS_OK;
}

static Status read_pixels(TiffReader *reader)
{
    Decoder *decoder = reader->decoder;
    reader->decoding = true;
    reader->reason[0] = '\0';
    for (size_t plane = 0; plane < (reader->planes ? decoder->channels : 1); ++plane)
        for (size_t y = 0; y < decoder->height; y += reader->block.height)
            for (size_t x = 0; x < decoder->width; x += reader->block.width)
                TRY(read_block(reader, x, y, plane));
    return STATUS_OK;
}

/* Min-is-white to min-is-black; an alpha beside it stays. */
static void invert_grey(Decoder *decoder)
{
    unsigned most = (1u << decoder->info.bits) - 1;
    for (size_t i = 0; i < decoder->width * decoder->height * decoder->channels;
         i += decoder->channels)
        if (decoder->info.bits == 16)
            ((uint16_t *)decoder->samples)[i] =
                (uint16_t)(most - ((uint16_t *)decoder->samples)[i]);
        else
            ((uint8_t *)decoder->samples)[i] = (uint8_t)(most - ((uint8_t *)decoder->samples)[i]);
}

static Status read_picture(TiffReader *reader)
{
    Decoder *decoder = reader->decoder;
    unsigned bits = number(reader, TIFFTAG_BITSPERSAMPLE);
    reader->samples = number(reader, TIFFTAG_SAMPLESPERPIXEL);
    if (!TIFFGetField(reader->tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric))
        FAIL(STATUS_FORMAT, "%s: damaged TIFF image: no photometric kind", decoder->path);
    ImageColour colour = IMAGE_COLOUR_GREY;
    TRY(check_kind(reader, bits));
    TRY(find_colour(reader, bits, &colour));
    TRY(decoder_begin(decoder, size(reader, TIFFTAG_IMAGEWIDTH), size(reader, TIFFTAG_IMAGELENGTH),
                      colour, bits));
    decoder->info.orientation = number(reader, TIFFTAG_ORIENTATION);
    unsigned pages = TIFFNumberOfDirectories(reader->tiff);
    if (pages > 1)
        decoder_warn(decoder, "%u pages, the first is read", pages);
    if (decoder->header_only)
        return STATUS_OK;
    if (colour == IMAGE_COLOUR_PALETTE)
        TRY(keep_palette(reader, bits));
    if (reader->photometric == PHOTOMETRIC_YCBCR)
        TIFFSetField(reader->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    TRY(plan_blocks(reader, bits));
    TRY(decoder_allocate(decoder));
    TRY(read_pixels(reader));
    if (reader->photometric == PHOTOMETRIC_MINISWHITE)
        invert_grey(decoder);
    return STATUS_OK;
}

Status decode_tiff(Decoder *decoder)
{
    TiffReader reader = {.decoder = decoder};
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory", decoder->path);
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_message, &reader);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_message, &reader);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)IMAGE_FILE_MOST_PIXELS * 8);
    /* r: read; m: not mapped into memory, where it is already */
    reader.tiff = TIFFClientOpenExt(decoder->path, "rm", &reader, on_read, on_write, on_seek,
                                    on_close, on_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    if (!reader.tiff)
        return damaged(&reader);
    Status status = read_picture(&reader);
    TIFFClose(reader.tiff);
    free(reader.buffer);
    return status;
}

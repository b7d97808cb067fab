/* Decoding of BMP, as Windows' BITMAPINFOHEADER and its kin and OS/2's BITMAPCOREHEADER define it.
 *
 * Read here: Debian's libraries that know BMP (SDL, imlib2, gdk-pixbuf) bring a window system or a
 * loader of plug-ins with them, and what is delivered as BMP is rows of bytes behind a header.
 * Uncompressed pictures of 1 to 32 bits and run-length coded ones of 8 bits are read, others named
 * and refused. Every offset comes from the file and is checked against its length before use.
 */
#include "image/image_decode.h"

#include <string.h>

enum { FILE_HEADER_BYTES = 14, CORE_HEADER = 12, INFO_HEADER = 40 };
enum { BI_RGB, BI_RLE8, BI_RLE4, BI_BITFIELDS, BI_JPEG, BI_PNG, BI_ALPHABITFIELDS };

typedef struct {
    Decoder *decoder;
    uint32_t header_bytes, bits, compression, pixels_at;
    bool top_down;
    uint32_t masks[3]; /* of red, green and blue in a pixel of 16 or 32 bits */
} BmpReader;

/* A little-endian number; 0 beyond the end, where headers have been checked to be long enough. */
static uint32_t number(const Decoder *decoder, size_t at, size_t bytes)
{
    uint32_t value = 0;
    for (size_t i = 0; i < bytes && at + i < decoder->count; ++i)
        value |= (uint32_t)decoder->bytes[at + i] << 8 * i;
    return value;
}

static Status cut(const Decoder *decoder)
{
    FAIL(STATUS_FORMAT, "%s: damaged BMP image: the file ends early", decoder->path);
}

static Status check_kind(const BmpReader *reader)
{
    static const char *const names[] = {"none",      "8-bit runs", "4-bit runs",      "bit fields",
                                        "JPEG data", "PNG data",   "alpha bit fields"};
    uint32_t bits = reader->bits, compression = reader->compression;
    const char *name = compression <= BI_ALPHABITFIELDS ? names[compression] : "unknown";
    bool fields = compression == BI_BITFIELDS || compression == BI_ALPHABITFIELDS;
    bool plain = compression == BI_RGB &&
                 (bits == 1 || bits == 4 || bits == 8 || bits == 16 || bits == 24 || bits == 32);
    if (!plain && !(compression == BI_RLE8 && bits == 8) && !(fields && (bits == 16 || bits == 32)))
        FAIL(STATUS_FORMAT,
             "%s: a BMP image of %u bits a pixel and compression %u (%s), which is "
             "not read",
             reader->decoder->path, bits, compression, name);
    return STATUS_OK;
}

/* Of 16 and 32 bits: given with bit fields, else 5 or 8 bits each. */
static Status find_masks(BmpReader *reader)
{
    if (reader->compression == BI_RGB) {
        uint32_t top = reader->bits == 16 ? 10 : 16, each = reader->bits == 16 ? 5 : 8;
        for (uint32_t c = 0; c < 3; ++c)
            reader->masks[c] = ((1u << each) - 1) << (top - c * each);
        return STATUS_OK;
    }
    for (size_t c = 0; c < 3; ++c) {
        uint32_t mask = number(reader->decoder, FILE_HEADER_BYTES + INFO_HEADER + 4 * c, 4);
        uint32_t low = mask & -mask;
        if (mask == 0 || (mask & (mask + low)) != 0)
            FAIL(STATUS_FORMAT, "%s: a BMP image with the bit field %#x, expected bits in a row",
                 reader->decoder->path, mask);
        reader->masks[c] = mask;
    }
    return STATUS_OK;
}

static Status read_palette(BmpReader *reader, size_t *end)
{
    Decoder *decoder = reader->decoder;
    bool core = reader->header_bytes == CORE_HEADER;
    size_t entry = core ? 3 : 4, most = (size_t)1 << reader->bits;
    size_t count = core ? 0 : number(decoder, FILE_HEADER_BYTES + 32, 4);
    size_t at = FILE_HEADER_BYTES + reader->header_bytes;
    if (count == 0 || count > most)
        count = most;
    /* A writer may leave out the end of the palette, and the pixels then begin earlier. */
    if (reader->pixels_at > at && (reader->pixels_at - at) / entry < count)
        count = (reader->pixels_at - at) / entry;
    *end = at + count * entry;
    if (*end > decoder->count)
        return cut(decoder);
    bool greys = true;
    for (size_t i = 0; i < count; ++i) {
        for (size_t c = 0; c < 3; ++c) {
            decoder->palette[i][c] = decoder->bytes[at + i * entry + 2 - c];
            greys = greys && decoder->palette[i][c] == i * 255 / (most - 1);
        }
    }
    decoder->palette_count = count;
    if (greys && count == most) { /* BMP has no other grey */
        decoder->info.colour = IMAGE_COLOUR_GREY;
        decoder->palette_count = 0;
    }
    return STATUS_OK;
}

static Status read_header(BmpReader *reader)
{
    Decoder *decoder = reader->decoder;
    if (decoder->count < FILE_HEADER_BYTES + CORE_HEADER)
        return cut(decoder);
    uint32_t header = reader->header_bytes = number(decoder, FILE_HEADER_BYTES, 4);
    bool core = header == CORE_HEADER;
    if (!core && header != INFO_HEADER && header != 52 && header != 56 && header != 108 &&
        header != 124)
        FAIL(STATUS_FORMAT,
             "%s: a BMP image whose header has %u bytes, expected 12, 40, 52, 56, "
             "108 or 124",
             decoder->path, header);
    if (decoder->count < FILE_HEADER_BYTES + header)
        return cut(decoder);
    reader->pixels_at = number(decoder, 10, 4);
    int64_t width, height;
    if (core) {
        width = number(decoder, FILE_HEADER_BYTES + 4, 2);
        height = number(decoder, FILE_HEADER_BYTES + 6, 2);
        reader->bits = number(decoder, FILE_HEADER_BYTES + 10, 2);
    } else {
        width = (int32_t)number(decoder, FILE_HEADER_BYTES + 4, 4);
        height = (int32_t)number(decoder, FILE_HEADER_BYTES + 8, 4);
        reader->bits = number(decoder, FILE_HEADER_BYTES + 14, 2);
        reader->compression = number(decoder, FILE_HEADER_BYTES + 16, 4);
    }
    reader->top_down = height < 0;
    height = height < 0 ? -height : height;
    TRY(check_kind(reader));
    bool indexed = reader->bits <= 8;
    return decoder_begin(decoder, width < 0 ? 0 : (size_t)width, (size_t)height,
                         indexed ? IMAGE_COLOUR_PALETTE : IMAGE_COLOUR_RGB,
                         indexed ? reader->bits : 8);
}

/* ---- pixels ---- */

/* The samples of row y as it is counted in the file, from the bottom unless told. */
static uint8_t *row_samples(const BmpReader *reader, size_t y)
{
    Decoder *decoder = reader->decoder;
    size_t row = reader->top_down ? y : decoder->height - 1 - y;
    return (uint8_t *)decoder->samples + row * decoder->width * decoder->channels;
}

static uint8_t field(uint32_t pixel, uint32_t mask)
{
    uint32_t low = mask & -mask;
    uint64_t most = mask / low, value = (pixel & mask) / low;
    return (uint8_t)((value * 255 + most / 2) / most);
}

static void unpack_row(const BmpReader *reader, const uint8_t *row, uint8_t *samples)
{
    uint32_t bits = reader->bits;
    for (size_t x = 0; x < reader->decoder->width; ++x) {
        if (bits <= 8) {
            size_t bit = x * bits;
            unsigned shift = 8 - bits - (unsigned)(bit % 8);
            samples[x] = (uint8_t)((unsigned)row[bit / 8] >> shift & ((1u << bits) - 1));
            continue;
        }
        const uint8_t *at = row + x * bits / 8;
        uint8_t *rgb = samples + 3 * x;
        if (bits == 24) {
            memcpy(rgb, (uint8_t[]){at[2], at[1], at[0]}, 3);
            continue;
        }
        uint32_t pixel = at[0] | (uint32_t)at[1] << 8;
        if (bits == 32)
            pixel |= (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
        for (size_t c = 0; c < 3; ++c)
            rgb[c] = field(pixel, reader->masks[c]);
    }
}

static Status read_rows(const BmpReader *reader)
{
    Decoder *decoder = reader->decoder;
    size_t row_bytes = (decoder->width * reader->bits + 31) / 32 * 4;
    size_t last_bytes = (decoder->width * reader->bits + 7) / 8; /* its padding may be left out */
    size_t needed = row_bytes * (decoder->height - 1) + last_bytes;
    if (reader->pixels_at > decoder->count || decoder->count - reader->pixels_at < needed)
        return cut(decoder);
    TRY(decoder_allocate(decoder));
    for (size_t y = 0; y < decoder->height; ++y)
        unpack_row(reader, decoder->bytes + reader->pixels_at + y * row_bytes,
                   row_samples(reader, y));
    return STATUS_OK;
}

/* Runs of (count, index); a count of 0 escapes to: 0 end of row, 1 end of picture, 2 a jump by two
 * bytes, else so many indices as they are, padded to 16 bits. What is jumped over is index 0. A row
 * may go on to the next multiple of four pixels, as ImageMagick writes it. */
static Status read_runs(const BmpReader *reader)
{
    Decoder *decoder = reader->decoder;
    TRY(decoder_allocate(decoder));
    enum { END_OF_ROW, END_OF_PICTURE, JUMP };
    size_t at = reader->pixels_at, x = 0, y = 0, missing = decoder->width * decoder->height;
    for (;;) {
        if (at > decoder->count || decoder->count - at < 2)
            return cut(decoder);
        const uint8_t *bytes = decoder->bytes + at;
        size_t left = decoder->count - at - 2, run = bytes[0], code = bytes[1];
        at += 2;
        if (run == 0 && code == END_OF_PICTURE)
            break;
        if (run == 0 && code == END_OF_ROW) {
            x = 0;
            ++y;
            continue;
        }
        if (run == 0 && left < (code == JUMP ? 2 : code))
            return cut(decoder);
        if (run == 0 && code == JUMP) {
            x += bytes[2];
            y += bytes[3];
            at += 2;
            continue;
        }
        size_t count = run ? run : code;
        size_t row_end = (decoder->width + 3) / 4 * 4;
        if (y >= decoder->height || x > row_end || count > row_end - x)
            FAIL(STATUS_FORMAT, "%s: damaged BMP image: a run leaves the picture", decoder->path);
        size_t inside = x < decoder->width ? decoder->width - x : 0;
        size_t kept = count < inside ? count : inside;
        uint8_t *samples = row_samples(reader, y) + (x < decoder->width ? x : 0);
        if (run) {
            memset(samples, bytes[1], kept);
        } else {
            memcpy(samples, bytes + 2, kept);
            at += count + count % 2;
        }
        x += count;
        missing = kept < missing ? missing - kept : 0;
    }
    if (missing > 0)
        decoder_warn(decoder, "%zu pixels are left out, taken for colour 0", missing);
    return STATUS_OK;
}

Status decode_bmp(Decoder *decoder)
{
    BmpReader reader = {.decoder = decoder};
    TRY(read_header(&reader));
    if (reader.compression == BI_RLE8 && reader.top_down)
        FAIL(STATUS_FORMAT, "%s: damaged BMP image: runs from the top", decoder->path);
    size_t least = FILE_HEADER_BYTES + reader.header_bytes; /* where pixels may begin */
    if (reader.bits <= 8)
        TRY(read_palette(&reader, &least));
    else if (reader.bits != 24)
        TRY(find_masks(&reader));
    if (reader.pixels_at < least)
        FAIL(STATUS_FORMAT, "%s: damaged BMP image: its pixels begin at byte %u, inside the header",
             decoder->path, reader.pixels_at);
    if (decoder->header_only)
        return STATUS_OK;
    return reader.compression == BI_RLE8 ? read_runs(&reader) : read_rows(&reader);
}

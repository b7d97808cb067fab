/* Files to samples: what image_file.c asks for, and what the decoders of the formats share.
 *
 * A decoder gets the whole file in memory and gives its samples as they are stored, one in a byte
 * (two of 16 bits), not yet scaled, looked up, turned or reduced: all that is done once, for every
 * format, by image_file.c. A decoder checks the header, calls decoder_begin(), stops there if only
 * the header is wanted, else calls decoder_allocate() and fills the samples.
 *
 * Samples belong to image_file.c. libpng and libjpeg report errors by a callback that must not
 * return and jumps back: nothing that has to be released is in a local variable of a function that
 * calls setjmp().
 */
#ifndef GISD_IMAGE_IMAGE_DECODE_H
#define GISD_IMAGE_IMAGE_DECODE_H

#include <stdbool.h>

#include "image/image_file.h"

typedef struct {
    const char *path; /* for messages */
    const uint8_t *bytes;
    size_t count;
    bool header_only;
    bool grey; /* a decoder that has grey at hand (JPEG's Y) may give it for colour */

    size_t width, height; /* as stored */
    size_t channels;      /* 1 grey or palette index, 2 grey and alpha, 3 RGB, 4 RGBA or CMYK, whose
                             samples are ink: the largest value prints full */
    void *samples;        /* height x width x channels of uint8_t, of uint16_t if bits is 16 */
    size_t palette_count;
    uint8_t palette[256][3];
    ImageFileInfo info; /* the decoder sets orientation where it finds one, and warnings */
} Decoder;

/* Reads the file at `path` with the decoder that its content asks for: samples, or the header
 * alone, as decoder->header_only says. decoder->samples is to be freed in any case, decoder->path
 * is borrowed; on success info.orientation is 1 to 8. */
Status decoder_read(Decoder *decoder, const char *path);

/* ---- for the decoders ---- */

/* Notes what the header says and refuses absurd sizes. The number of channels follows from
 * `colour`. */
Status decoder_begin(Decoder *decoder, size_t width, size_t height, ImageColour colour,
                     unsigned bits);

/* Allocates the samples, zeroed. */
Status decoder_allocate(Decoder *decoder);

/* Notes a warning about the file. */
void decoder_warn(Decoder *decoder, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Sets the orientation from an EXIF block, with or without "Exif\0\0" before it. */
void decoder_exif(Decoder *decoder, const uint8_t *exif, size_t count);

Status decode_png(Decoder *decoder);
Status decode_jpeg(Decoder *decoder);
Status decode_tiff(Decoder *decoder);
Status decode_bmp(Decoder *decoder);
Status decode_webp(Decoder *decoder);

#endif

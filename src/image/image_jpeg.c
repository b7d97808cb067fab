/* Decoding of JPEG by libjpeg-turbo.
 *
 * libjpeg goes on with made-up pixels after most faults and only warns; here all such warnings are
 * errors but those that leave the picture whole. Where the file ends early, the library pretends
 * an end marker: a picture is taken for whole then only if no bit of it was missing, which the
 * Huffman decoder says for sequential files, and the state of each coefficient for progressive
 * ones; an arithmetic decoder cannot know.
 */
#include "image/image_decode.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

enum { SCANS_MOST = 500 }; /* each costs a pass over the picture: a small file could take hours */

typedef struct {
    Decoder *decoder;
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    bool ended_early; /* without an end marker */
    bool adobe_inks;  /* CMYK as Adobe writes it: the largest sample is no ink */
    jmp_buf jump;
    char reason[JMSG_LENGTH_MAX];
} JpegReader;

static void on_error(j_common_ptr jpeg)
{
    JpegReader *reader = jpeg->client_data;
    jpeg->err->format_message(jpeg, reader->reason);
    longjmp(reader->jump, 1);
}

static void on_message(j_common_ptr jpeg, int level)
{
    JpegReader *reader = jpeg->client_data;
    if (level >= 0)
        return; /* tracing */
    char text[JMSG_LENGTH_MAX];
    switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
        reader->ended_early = true;
        break;
    case JWRN_EXTRANEOUS_DATA: /* between markers */
    case JWRN_ADOBE_XFORM:     /* an unknown code of the colour space */
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_ICC:
        jpeg->err->format_message(jpeg, text);
        decoder_warn(reader->decoder, "%s", text);
        break;
    default:
        on_error(jpeg);
    }
}

static void on_progress(j_common_ptr common)
{
    JpegReader *reader = common->client_data;
    if (reader->jpeg.input_scan_number <= SCANS_MOST)
        return;
    snprintf(reader->reason, sizeof reader->reason, "more than %d scans", SCANS_MOST);
    longjmp(reader->jump, 1);
}

/* Whether the library refused a kind of JPEG, not a damaged file. */
static bool is_unsupported(int code)
{
    return code == JERR_SOF_UNSUPPORTED || code == JERR_BAD_PRECISION ||
           code == JERR_ARITH_NOTIMPL || code == JERR_CONVERSION_NOTIMPL ||
           code == JERR_NOT_COMPILED || code == JERR_COMPONENT_COUNT || code == JERR_IMAGE_TOO_BIG;
}

static void find_exif(JpegReader *reader)
{
    for (jpeg_saved_marker_ptr marker = reader->jpeg.marker_list; marker; marker = marker->next)
        if (marker->data_length > 6 && memcmp(marker->data, "Exif\0", 6) == 0) {
            decoder_exif(reader->decoder, marker->data, marker->data_length);
            return;
        }
}

static ImageColour choose_colour(JpegReader *reader)
{
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (jpeg->jpeg_color_space == JCS_CMYK || jpeg->jpeg_color_space == JCS_YCCK) {
        jpeg->out_color_space = JCS_CMYK;
        reader->adobe_inks = jpeg->saw_Adobe_marker;
        if (!reader->adobe_inks)
            decoder_warn(reader->decoder, "CMYK without Adobe's marker: samples taken for ink");
        return IMAGE_COLOUR_CMYK;
    }
    if (jpeg->jpeg_color_space == JCS_GRAYSCALE || reader->decoder->grey) {
        jpeg->out_color_space = JCS_GRAYSCALE;
        return IMAGE_COLOUR_GREY;
    }
    jpeg->out_color_space = JCS_RGB;
    return IMAGE_COLOUR_RGB;
}

/* Looks for parts of the picture that no scan has brought: whole colours, or the last bits of a
 * progressive picture's coefficients. */
static Status check_whole(JpegReader *reader)
{
    const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    bool refined = true;
    for (int i = 0; i < jpeg->num_components; ++i) {
        if (!jpeg->comp_info[i].quant_table) /* set by the component's first scan */
            FAIL(STATUS_FORMAT, "%s: damaged JPEG image: a colour component is missing",
                 reader->decoder->path);
        for (int k = 0; jpeg->progressive_mode && k < DCTSIZE2; ++k)
            refined = refined && jpeg->coef_bits[i][k] == 0;
    }
    if (!refined && reader->ended_early)
        FAIL(STATUS_FORMAT, "%s: damaged JPEG image: the file ends early, scans are missing",
             reader->decoder->path);
    if (!refined)
        decoder_warn(reader->decoder, "scans that would make it finer are missing");
    return STATUS_OK;
}

static Status read_picture(JpegReader *reader)
{
    Decoder *decoder = reader->decoder;
    struct jpeg_decompress_struct *jpeg = &reader->jpeg;
    if (setjmp(reader->jump))
        FAIL(STATUS_FORMAT, "%s: %s: %s", decoder->path,
             is_unsupported(reader->errors.msg_code) ? "a JPEG image of a kind that is not read"
                                                     : "damaged JPEG image",
             reader->reason);
    jpeg_create_decompress(jpeg);
    jpeg->progress = &reader->progress;
    jpeg_save_markers(jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_mem_src(jpeg, decoder->bytes, decoder->count);
    jpeg_read_header(jpeg, TRUE);
    ImageColour colour = choose_colour(reader);
    TRY(decoder_begin(decoder, jpeg->image_width, jpeg->image_height, colour, 8));
    find_exif(reader);
    if (decoder->header_only)
        return STATUS_OK;
    TRY(decoder_allocate(decoder));
    jpeg_start_decompress(jpeg);
    uint8_t *samples = decoder->samples;
    size_t row_bytes = decoder->width * decoder->channels;
    while (jpeg->output_scanline < jpeg->output_height) {
        JSAMPROW row = samples + jpeg->output_scanline * row_bytes;
        jpeg_read_scanlines(jpeg, &row, 1);
    }
    TRY(check_whole(reader));
    jpeg_finish_decompress(jpeg);
    if (reader->ended_early && jpeg->arith_code)
        FAIL(STATUS_FORMAT, "%s: damaged JPEG image: the file ends early", decoder->path);
    if (reader->ended_early)
        decoder_warn(decoder, "the end marker is missing, all pixels are there");
    for (size_t i = 0; reader->adobe_inks && i < row_bytes * decoder->height; ++i)
        samples[i] = (uint8_t)(255 - samples[i]);
    return STATUS_OK;
}

Status decode_jpeg(Decoder *decoder)
{
    JpegReader reader = {.decoder = decoder};
    reader.jpeg.err = jpeg_std_error(&reader.errors);
    reader.jpeg.client_data = &reader;
    reader.errors.error_exit = on_error;
    reader.errors.emit_message = on_message;
    reader.progress.progress_monitor = on_progress;
    Status status = read_picture(&reader);
    jpeg_destroy_decompress(&reader.jpeg);
    return status;
}

/* Decoding of WebP by libwebp. */
#include "image/image_decode.h"

#include <webp/decode.h>
#include <webp/demux.h>

static const char *reason_of(VP8StatusCode code)
{
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY:
        return "out of memory";
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED:
        return "the file ends early";
    case VP8_STATUS_UNSUPPORTED_FEATURE:
        return "a feature that is not read";
    default:
        return "wrong bits";
    }
}

static Status damaged(const Decoder *decoder, VP8StatusCode code)
{
    FAIL(code == VP8_STATUS_OUT_OF_MEMORY ? STATUS_NO_MEMORY : STATUS_FORMAT,
         "%s: damaged WebP image: %s", decoder->path, reason_of(code));
}

static Status find_exif(Decoder *decoder)
{
    const WebPData file = {decoder->bytes, decoder->count};
    WebPDemuxer *demuxer = WebPDemux(&file);
    if (!demuxer)
        return damaged(decoder, VP8_STATUS_NOT_ENOUGH_DATA);
    WebPChunkIterator chunk;
    if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk))
        decoder_exif(decoder, chunk.chunk.bytes, chunk.chunk.size);
    WebPDemuxReleaseChunkIterator(&chunk);
    WebPDemuxDelete(demuxer);
    return STATUS_OK;
}

Status decode_webp(Decoder *decoder)
{
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config))
        FAIL(STATUS_LIBRARY, "%s: libwebp is of another version than gisd was built for",
             decoder->path);
    VP8StatusCode code = WebPGetFeatures(decoder->bytes, decoder->count, &config.input);
    if (code != VP8_STATUS_OK)
        return damaged(decoder, code);
    if (config.input.has_animation)
        FAIL(STATUS_FORMAT, "%s: an animated WebP image, expected a still one", decoder->path);
    TRY(decoder_begin(decoder, (size_t)config.input.width, (size_t)config.input.height,
                      config.input.has_alpha ? IMAGE_COLOUR_RGBA : IMAGE_COLOUR_RGB, 8));
    TRY(find_exif(decoder));
    if (decoder->header_only)
        return STATUS_OK;
    TRY(decoder_allocate(decoder));
    size_t row_bytes = decoder->width * decoder->channels;
    config.output.colorspace = config.input.has_alpha ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = decoder->samples;
    config.output.u.RGBA.stride = (int)row_bytes;
    config.output.u.RGBA.size = row_bytes * decoder->height;
    code = WebPDecode(decoder->bytes, decoder->count, &config);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? STATUS_OK : damaged(decoder, code);
}

/* What is noted of a frame that went through the denoising chain: in memory for the tables, and in
 * a file, so that an interrupted run goes on where it was.
 *
 * The file is written after the frame's image and mask. It has a key of all that the result depends
 * on, and the hashes of both files: a frame is done only if all three agree. So none of the three
 * needs to be on disk at once.
 */
#ifndef GISD_DATA_DENOISE_RECORD_H
#define GISD_DATA_DENOISE_RECORD_H

#include "base/hash.h"
#include "data/denoise/denoise.h"

/* Against a clean picture of the same frame, inside the crop. Decibels, at most 100. */
typedef struct {
    bool known;
    double psnr_before, psnr_after, ssim_before, ssim_after;
} DenoiseQuality;

typedef struct {
    char key[HASH_TEXT_BYTES], image_hash[HASH_TEXT_BYTES];
    char mask_hash[HASH_TEXT_BYTES]; /* "": no mask */
    size_t width, height;            /* of the frame as it was */
    PixelBox crop;
    double overlaid_before, overlaid_after;
    DenoiseQuality quality;
    size_t overlay_count;
    OverlayBox *overlays; /* overlay_count; owned */
} DenoiseRecord;

/* Takes over what a result says; the hashes and the quality are the caller's. */
Status denoise_record_init(const DenoisedFrame *result, const Image *frame, DenoiseRecord *record);
void denoise_record_clear(DenoiseRecord *record);

Status denoise_record_write(const DenoiseRecord *record, const char *path);

/* *found becomes false where there is no such file, or it is no record. */
Status denoise_record_read(const char *path, DenoiseRecord *record, bool *found);

#endif

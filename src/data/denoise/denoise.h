/* The denoising chain: overlays are found, the frame is cropped so that few of them remain, the
 * rest of them is filled, and noise is filtered out; masks and boxes move along.
 *
 * Found are, by exact pixels, the black surround and painted squares (black_surround.h, painted.h)
 * and, by a network if there is one, text, digits, insets and borders. The crop (crop.h) holds all
 * annotated lesions with a margin as far as that is bare, else the middle of the bright field, so
 * no lesion is ever cut. Each step is a function of the frame alone: the results do not depend on
 * the threads.
 */
#ifndef GISD_DATA_DENOISE_H
#define GISD_DATA_DENOISE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "image/black_surround.h"
#include "image/box.h"
#include "image/crop.h"
#include "image/denoise_choice.h"
#include "image/image.h"
#include "image/noise_filter.h"
#include "image/overlay_box.h"

enum { DENOISE_OVERLAYS = 240 };

/* What becomes of overlays inside the crop. The surround stays black in any case. */
typedef enum { FILL_KEEP, FILL_BLACK, FILL_INPAINT, FILLS } DenoiseFill;

const char *denoise_fill_name(DenoiseFill fill);
bool denoise_fill_parse(const char *name, DenoiseFill *fill);

/* Finds overlays on an RGB image: at most DENOISE_OVERLAYS / 2, *count of them. One finder serves
 * one thread at a time. */
typedef Status DenoiseFind(void *finder, const Image *image, OverlayBox *boxes, size_t *count);

typedef struct {
    size_t cost; /* of an overlaid pixel in pixels of the frame, 1 to CROP_COST_MOST */
    double core; /* share of the bright field's sides, about its middle, that the crop of a frame
                    without a known lesion holds in any case; above 0, at most 1 */
    CropShape shape; /* rectangles unless lesions may be cut */
    DenoiseFill fill;
    bool filtered;
    NoiseFilter filter;
    DenoiseFind *find;    /* NULL: exact pixels alone */
    const char *detector; /* what tells its network from others; "" without one */
} DenoiseSettings;

/* CROP_COST_MOST, so that nothing is left that can be cut away; the middle half, rectangles,
 * inpainting, the filter's defaults, no network. */
DenoiseSettings denoise_defaults(void);

/* What networks are trained with, the filter only where the choice has it. The choice is not
 * DENOISE_NONE. No overlay is left if a rectangle without any holds the middle third of the bright
 * field: a square in a corner reaches into the middle half, and the little that a milder cost
 * leaves of the surround, more on the frames of one source than of another, tells them apart. So do
 * the proportions of rectangles, which follow from the overlays; the crop is a square. */
DenoiseSettings denoise_settings_of(DenoiseChoice choice);

typedef struct {
    size_t overlay_count;
    OverlayBox overlays[DENOISE_OVERLAYS];   /* pixels of the frame as it was */
    PixelBox crop;                           /* likewise */
    double overlaid_before, overlaid_after;  /* share of the frame, and of the crop */
    size_t surround_count;                   /* what the crop still shows of the surround */
    PixelBox surround[BLACK_SURROUND_BOXES]; /* in pixels of the crop */
    Image image;                             /* the result, as large as the crop */
    Image mask;                              /* its mask; no pixels where the frame has none */
} DenoisedFrame;

/* The lesions of a frame, in its pixels. */
typedef struct {
    const Image *mask; /* one channel; no pixels: none */
    size_t box_count;
    const Box *boxes;
} DenoiseLesions;

/* Carries a frame (RGB) through the chain; denoised_frame_clear() releases the result. `finder` is
 * for settings->find. lesions NULL: nobody knows of any, and the crop follows from the pixels
 * alone; it may then cut some. */
Status denoise_frame(const DenoiseSettings *settings, const Image *frame,
                     const DenoiseLesions *lesions, void *finder, DenoisedFrame *result);
void denoised_frame_clear(DenoisedFrame *result);

#endif

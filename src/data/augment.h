/* Random views of a training image: what stays the same lesion to a doctor stays so here.
 *
 * One view is one window of the stored image, upright or turned, two flips and one affine map of
 * colours, so the pixels are resampled exactly once; mask and boxes go through the same window.
 * Drawing a view (augment_draw) is kept apart from rendering it (augment_apply): the first is a
 * pure function of the random stream and the boxes, the second has no randomness at all.
 */
#ifndef GISD_DATA_AUGMENT_H
#define GISD_DATA_AUGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "data/dataset.h"
#include "image/input_form.h"

typedef struct AugmentSettings {
    float flip_horizontal, flip_vertical; /* probabilities */
    float window_least, window_most;      /* side of the window, share of the image's side */
    float zoom_out;                       /* probability of a window larger than the image */
    float zoom_out_most;                  /* its largest side, share of the image's side */
    float scale;         /* in place of these sides: the picture is seen at an even 1 +- this of its
                            size; 0: those sides; below 1 */
    float rotation;      /* the window is turned within +- this, degrees; 0: none is drawn */
    float keep_lesion;   /* probability that the window must show enough of some lesion */
    float visible_least; /* a box of which less is left is dropped (share of its area) */
    float brightness;    /* factor on all channels within 1 +- this */
    float offset;        /* added to all channels, within +- this (of 255) */
    float contrast;      /* factor on the distance from mid-grey within 1 +- this */
    float saturation;    /* factor on the distance from the pixel's grey within 1 +- this */
    float gamma;         /* exponent of the brightness from 1 / (1 + this) to 1 + this; 0: 1 */
    float blur;          /* every other view is blurred, by a Gaussian of up to this sigma, pixels
                            of a view of 300 x 300; 0: none */
    float hue;           /* rotation about the grey axis within +- this, degrees */
    float greyscale;     /* probability that the view has no colours; 0: none is drawn */
} AugmentSettings;

/* One drawn view. */
typedef struct {
    float x0, y0, side; /* the window, fractions of the image; may reach beyond it */
    float turn; /* of the window in the image about its centre, radians, from x to y; 0: upright */
    bool flip_horizontal, flip_vertical; /* applied after the window */
    float colour[3][4];                  /* RGB of 0..255: out = colour[:, :3] in + colour[:, 3] */
    float gamma;      /* exponent of all channels, as shares of 255, after the map; 1: none */
    float sigma;      /* of a Gaussian blur, share of the view's side; 0: none */
    bool mean_border; /* beyond the image: its mean colour, else black */
} View;

/* Windows of 64 to 100 percent of the side, even flips, brightness within 20 percent and 20 of 255,
 * slight saturation and hue, one view in ten zoomed out by up to 1.5. */
AugmentSettings augment_defaults(void);

/* Stronger ones, of which two of one picture are to be found alike (task/self_supervision.c):
 * windows of 45 to 100 percent of the side, more of brightness, contrast, saturation and hue, a
 * fifth without colours, blur. The hue stays near: a colon is never green. */
AugmentSettings augment_strong(void);

/* Multiplies the ranges of all changes of colour; 1 leaves them as they are. */
void augment_colour(AugmentSettings *settings, float strength);

/* The view that changes nothing: the whole image, its own colours. */
View augment_identity(void);

/* Draws a view for an image with these lesions. */
View augment_draw(const AugmentSettings *settings, RandomStream *stream, size_t lesion_count,
                  const Lesion *lesions);

/* Working memory for rendering, reused from image to image. */
typedef struct {
    size_t side, size; /* the largest image side and the view side it is made for */
    struct AugmentTaps *columns, *rows; /* size each: which source pixels make an output pixel */
    float *row;     /* side x 3 or size x 3, the larger: one row after the vertical pass */
    InputForm form; /* in which the network wants its pictures */
} AugmentScratch;

Status augment_scratch_init(AugmentScratch *scratch, size_t side, size_t size,
                            const InputForm *form);
void augment_scratch_clear(AugmentScratch *scratch);

/* Renders `view` of an image and mask of side x side (mask may be NULL) at size x size: input in
 * the scratch's form; mask_out is all 0 without a mask. */
void augment_apply(const View *view, size_t side, const uint8_t *pixels /* side x side x 3 */,
                   const uint8_t *mask /* side x side */, size_t size,
                   float *input /* size x size x 3 */, uint8_t *mask_out /* size x size */,
                   AugmentScratch *scratch);

/* Moves lesions through the view and clips them; one of which less than visible_least is left is
 * dropped. Where the window cuts a lesion and mask_out (size x size, the rendered mask) is not
 * NULL, its box shrinks to what the mask still shows in it. In a turned view a box becomes the
 * upright hull of the turned one, and shrinks to the mask in any case. Returns the number written.
 */
size_t augment_lesions(const View *view, float visible_least, size_t lesion_count,
                       const Lesion *lesions, const uint8_t *mask_out, size_t size,
                       Lesion *moved /* lesion_count */);

#endif

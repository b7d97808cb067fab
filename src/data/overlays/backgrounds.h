/* The frames that overlays are drawn on: the phantom's, or parts of a data set's that are bare.
 *
 * Real frames have overlays of their own, and one without a box would teach that it is none. So of
 * each frame only a part is taken: the largest rectangle (crop.h) about the middle of the bright
 * field that keeps clear of the surround and of squares, to the pixel (black_surround.h,
 * painted.h), of the left quarter of the field, where processors write, and of its outermost
 * twentieth elsewhere. A frame whose part is less than a sixth of it is skipped. Text in the middle
 * of a frame goes unnoticed.
 */
#ifndef GISD_DATA_OVERLAYS_BACKGROUNDS_H
#define GISD_DATA_OVERLAYS_BACKGROUNDS_H

#include "base/random.h"
#include "data/manifest.h"
#include "data/overlays/overlays.h"
#include "data/phantom/phantom.h"

typedef struct {
    const OverlaySettings *settings; /* borrowed */
    /* of the phantom */
    PhantomSettings easy, hard;
    PhantomCase *cases; /* images */
    /* of a manifest */
    Manifest manifest;
    PixelBox *parts;  /* a row each: what is bare of it, empty if too little */
    uint32_t *frames; /* frame_count: rows with a part, in the order in which they are taken */
    size_t frame_count;
} Backgrounds;

/* Looks at all frames, on all OpenMP threads. STATUS_FORMAT: none of them has a bare part. */
Status backgrounds_init(const OverlaySettings *settings, Backgrounds *backgrounds);
void backgrounds_clear(Backgrounds *backgrounds);

/* The bare part of an RGB frame; empty if it is less than a sixth of it, or 64 pixels a side. */
Status background_part(const Image *frame, PixelBox *part);

/* A bare frame of the settings' size for picture `index`, in *image. */
Status background_make(const Backgrounds *backgrounds, size_t index, Scene *scene,
                       RandomStream *stream, Image *image);

/* The number of its patient (of its image where the manifest names none), and its split as given.
 */
uint32_t background_patient(const Backgrounds *backgrounds, size_t index, Split *split);

#endif

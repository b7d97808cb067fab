/* The files behind one row of a manifest: image and masks, opened, read and checked against each
 * other (annotations.h), and resized. */
#ifndef GISD_DATA_SOURCE_H
#define GISD_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/annotations.h"
#include "data/dataset.h"
#include "data/findings.h"
#include "data/manifest.h"
#include "data/mask_reading.h"
#include "image/image.h"

enum { SOURCE_MASK_THRESHOLD = 128 }; /* masks are set from here on; JPEG masks are never exact */

typedef struct {
    Image image; /* 3 channels */
    Image mask;  /* 1 channel of 0 and 255, as large as the image, the union of the row's masks; no
                    pixels if it names none */
    MaskReading reading; /* of the row's first mask */
    PictureSize size;
    size_t box_count;
    Box *
        boxes; /* box_count, in pixels of the image: the row's, or those about the mask's regions */
    bool derived; /* the latter: a lesion with a mask and no boxes */
} Source;

/* Whether the mask of a row is known: it names one, or it is normal and so has an empty one. */
bool source_has_mask(const ManifestRow *row);

/* Decodes the row's files completely, reads its masks and checks all of it. Errors start with
 * "MANIFEST:LINE: ", warnings are added to `findings` and the image to `tally` (NULL: dropped). Who
 * reads a whole manifest ends with annotations_check_tally(). */
Status source_read(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                   AnnotationTally *tally, Source *source);
void source_clear(Source *source);

/* Resizes to side x side (x 3), stretched or fitted; mask, unless NULL, gets 0 or 1. Image and mask
 * each from its own size: of a denoised image the mask may be the whole one. */
Status source_resize(const Source *source, size_t side, bool letterbox, uint8_t *pixels,
                     uint8_t *mask);

/* Boxes of the row (in pixels of an image of that size) as fractions of the square, with their
 * classes: those that the row gives, or its label's where the boxes were derived. */
void source_lesions(const ManifestRow *row, size_t count, const Box *boxes, size_t width,
                    size_t height, bool letterbox, Lesion *lesions);

#endif

/* The files behind one row of a manifest: image and mask, opened, checked and resized. */
#ifndef GISD_DATA_SOURCE_H
#define GISD_DATA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "image/image.h"

enum { SOURCE_MASK_THRESHOLD = 128 }; /* masks are set from here on; JPEG masks are never exact */

typedef struct {
    Image image; /* 3 channels */
    Image mask;  /* 1 channel, as large as the image; no pixels if the row names none */
} Source;

/* Whether the mask of a row is known: it names one, or it is normal and so has an empty one. */
bool source_has_mask(const ManifestRow *row);

/* Decodes the row's files completely and checks that the mask is as large as the image, boxes lie
 * inside it and a normal image's mask is empty. Errors start with "MANIFEST:LINE: ". */
Status source_read(const Manifest *manifest, const ManifestRow *row, Source *source);
void source_clear(Source *source);

/* Resizes to side x side (x 3); mask, unless NULL, gets 0 or 1. */
Status source_resize(const Source *source, size_t side, uint8_t *pixels, uint8_t *mask);

/* The row's boxes as fractions of an image of that size; lesions: row->box_count. */
void source_lesions(const ManifestRow *row, size_t width, size_t height, Lesion *lesions);

#endif

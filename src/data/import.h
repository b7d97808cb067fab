/* Public data sets in their own layouts, made into manifests. Images stay where they are. */
#ifndef GISD_DATA_IMPORT_H
#define GISD_DATA_IMPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t images, boxes;
} ImportCounts;

/* Kvasir-SEG: source/images/NAME.jpg, source/masks/NAME.jpg (or .png for either), train.txt and
 * val.txt with a NAME a line. One class, polyp; boxes are the extents of the mask's connected
 * regions of at least 0.05 percent of the image. Writes out/manifest.csv (the folder is made); the
 * lists become the splits train and val, and without lists every image is left unsplit. A
 * manifest that is there and differs is replaced only if `force`. */
Status import_kvasir_seg(const char *source, const char *out, bool force, ImportCounts *counts);

#endif

/* Data sets and predictions in layouts that annotating tools open.
 *
 * What is exported comes from a source: a manifest's rows here, a cell's predictions in cmd/. The
 * new folder holds links to the images under names of their own, so that a tool finds them, and the
 * annotations beside; images are never copied or altered.
 */
#ifndef GISD_DATA_EXPORT_EXPORT_H
#define GISD_DATA_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "data/manifest.h"
#include "image/image.h"

typedef struct {
    Box box;
    size_t class_index;
    double score; /* of a prediction; NaN: an annotation */
} ExportBox;

/* What is known of an image; released with export_image_clear(). */
typedef struct {
    size_t width, height;
    size_t box_count;
    ExportBox *boxes;
    Image mask;      /* 0 and 255; no pixels: not known */
    bool class_only; /* an image with a class, but without boxes */
} ExportImage;

void export_image_clear(ExportImage *image);

typedef struct {
    size_t count;
    char **paths;        /* count: of the images */
    const Split *splits; /* count */
    size_t class_count;
    const char *const *class_names;
    const char *unsplit; /* names the file of images without a split */
    Status (*read)(void *context, size_t index, ExportImage *image);
    void *context;
} ExportSource;

typedef struct {
    size_t images, boxes, masks;
    size_t class_only; /* images whose class cannot be said without a box */
    size_t unknown;    /* images left out because their mask is not known */
} ExportCounts;

/* COCO: out/annotations/instances_SPLIT.json and out/images. The mask of an image with several
 * boxes is parted among them: each connected region goes to the box that holds most of it, but for
 * its pixels that are outside and in another. `out` must be new or empty and appears whole or not
 * at all. */
Status export_coco(const ExportSource *source, const char *out, ExportCounts *counts);

/* Masks: out/images/NAME.jpg and out/masks/NAME.png of 0 and 255, below out/SPLIT where a split is
 * known. Images whose mask is not known are left out. */
Status export_masks(const ExportSource *source, const char *out, ExportCounts *counts);

/* The rows of a manifest as a source; released with export_rows_clear(). */
typedef struct {
    const Manifest *manifest;
    Split *splits;
    ExportSource source;
} ExportRows;

Status export_rows_init(const Manifest *manifest, ExportRows *rows);
void export_rows_clear(ExportRows *rows);

#endif

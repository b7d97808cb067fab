/* Data sets in the layouts of annotating tools and public collections, made into manifests.
 *
 * Images stay where they are: the manifest names them by paths relative to it. Masks that are no
 * file of their own yet (polygons, run lengths, several lesions of an image, values other than 0
 * and 255) are written as PNG files of 0 and 255 beside it. Every file of the source is imported,
 * or listed in skipped.csv with the reason.
 */
#ifndef GISD_DATA_IMPORT_IMPORT_H
#define GISD_DATA_IMPORT_IMPORT_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "data/split.h"

typedef struct {
    const char *source, *out;        /* folders */
    const char *class_name;          /* NULL; of all lesions, whatever the source calls them */
    const char *const *normal_names; /* normal_count: classes that mean an image without lesions */
    size_t normal_count;
    const char *images,
        *masks;         /* folders, relative to the source or as the shell sees them; NULL */
    const char *labels; /* a table of labels, likewise; NULL */
    Split split;        /* of all images; SPLIT_NONE: as the source says */
} ImportSettings;

/* The layouts: their names and what to tell people of them, by index; NULL after the last. */
const char *import_layout_name(size_t index);
const char *import_layout_help(size_t index);

/* Writes out/manifest.csv, out/skipped.csv and out/masks; `out` must be new or empty and appears
 * whole or not at all. What was imported is one line on `summary`; what was left out and how things
 * were understood are lines on `notes`. STATUS_ARGUMENT: no such layout, or a setting that it has
 * no use for. */
Status import_data_set(const char *layout, const ImportSettings *settings, FILE *summary,
                       FILE *notes);

#endif

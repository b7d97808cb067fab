/* What is true of a data set as a whole, in gisd-dataset.json beside its manifest.
 *
 * An object with the keys "synthetic", true or false, "level", how hard a phantom is ("easy", as
 * when it is missing, or "hard"), "mask_values", a text as mask_rule.h describes, and "denoised",
 * how overlays and noise were taken out of the images; each may be missing. Other keys are refused,
 * so that a slip of the pen is not taken for "false". A folder without the file holds ordinary
 * images. The file speaks for every manifest of its folder: a part of a phantom is a phantom.
 */
#ifndef GISD_DATA_PROPERTIES_H
#define GISD_DATA_PROPERTIES_H

#include <stdbool.h>

#include "base/status.h"
#include "data/mask_rule.h"

#define PROPERTIES_FILE "gisd-dataset.json"

enum { PROPERTIES_DENOISED_BYTES = 400 };

typedef struct {
    bool synthetic;     /* the images were computed: results say nothing about patients */
    bool hard;          /* the images are the hard ones of a phantom */
    MaskRule mask_rule; /* how masks are read where their rows do not say */
    char denoised[PROPERTIES_DENOISED_BYTES]; /* "": the images are as they were taken */
} DatasetProperties;

/* Reads the file beside the manifest; all zero if there is none. STATUS_FORMAT: not such a file.
 */
Status properties_read(const char *manifest_path, DatasetProperties *properties);

/* Writes the file, without "mask_values", into the data set's folder; `denoised` is plain ASCII
 * without quotes. */
Status properties_write(const char *folder, const DatasetProperties *properties);

#endif

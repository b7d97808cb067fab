/* What is true of a data set as a whole, in gisd-dataset.json beside its manifest.
 *
 * An object with the key "synthetic", true or false; other keys are refused, so that a slip of the
 * pen is not taken for "false". A folder without the file holds ordinary images. The file speaks
 * for every manifest of its folder: a part of a phantom is a phantom.
 */
#ifndef GISD_DATA_PROPERTIES_H
#define GISD_DATA_PROPERTIES_H

#include <stdbool.h>

#include "base/status.h"

#define PROPERTIES_FILE "gisd-dataset.json"

typedef struct {
    bool synthetic; /* the images were computed: results say nothing about patients */
} DatasetProperties;

/* Reads the file beside the manifest; all false if there is none. STATUS_FORMAT: not such a file.
 */
Status properties_read(const char *manifest_path, DatasetProperties *properties);

/* Writes the file into the data set's folder. */
Status properties_write(const char *folder, const DatasetProperties *properties);

#endif

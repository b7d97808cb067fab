/* Steps of loading that manifests and packs share. */
#ifndef GISD_DATA_DATASET_LOAD_H
#define GISD_DATA_DATASET_LOAD_H

#include "data/dataset.h"
#include "data/manifest.h"

/* STATUS_ARGUMENT: no network has that size; STATUS_FORMAT: the manifest has no lesion class. */
Status dataset_check(const Manifest *manifest, size_t size);

/* Fills an empty data set with all that the manifest alone says: names, classes, patients, splits,
 * room for boxes, and zeroed pixels and masks. */
Status dataset_describe(const Manifest *manifest, size_t size, const SplitSettings *split,
                        Dataset *dataset);

/* The first error, by index, of work that several threads share. */
typedef struct {
    size_t index; /* SIZE_MAX: none */
    Status status;
    char message[1024];
} FirstError;

/* Notes this thread's error for `index`; STATUS_OK is fine. Any thread may call it. */
void first_error_note(FirstError *first, size_t index, Status status);

/* Whether work on `index` is still worth while. */
bool first_error_before(FirstError *first, size_t index);

/* The status of the whole, its message set in the calling thread. */
Status first_error_status(const FirstError *first);

#endif

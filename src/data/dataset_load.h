/* Steps of loading that manifests and packs share. */
#ifndef GISD_DATA_DATASET_LOAD_H
#define GISD_DATA_DATASET_LOAD_H

#include "data/dataset.h"
#include "data/look.h"
#include "data/manifest.h"

/* STATUS_ARGUMENT: no network has that size; STATUS_FORMAT: the manifest has no lesion class. */
Status dataset_check(const Manifest *manifest, size_t size);

/* Fills an empty data set with all that the manifest alone says: names, classes, patients, splits,
 * room for boxes, and zeroed pixels and masks. looks (of all pictures) are needed where the split
 * keeps scenes together, else they may be NULL. */
Status dataset_describe(const Manifest *manifest, size_t size, const SplitSettings *split,
                        const Look *looks, Dataset *dataset);

/* Gives an example, whose size and crop are set, the boxes of its row, or those derived from its
 * mask, in pixels of dataset_annotated(). */
Status dataset_set_lesions(const Dataset *dataset, const ManifestRow *row, size_t count,
                           const Box *boxes, Example *example);

#endif

/* A data set decoded and resized once, in one HDF5 file: starting a run then costs one sequential
 * read in place of decoding every image again.
 *
 * The file holds the manifest as it was (/manifest, bytes), the images' original sizes (/sizes,
 * count x 2: width, height), and every image at both sides a network of input side S may ask for:
 * /training/pixels and /training/masks at dataset_training_side(S), /network/pixels and
 * /network/masks at S; so the splits are still free. /derived/images and /derived/boxes are the
 * boxes that were derived from masks, /looks the hashes by which pictures are compared, /warnings
 * (if there are any) what deserves a look; packs of earlier versions have none of these. Attributes
 * of the root: kind, format, size, synthetic (0 or 1; packs of earlier versions have none). Read
 * back, it gives the data set, and the fingerprint, that the manifest gives.
 */
#ifndef GISD_DATA_PACK_H
#define GISD_DATA_PACK_H

#include "data/dataset.h"

/* Packs the manifest's images for networks of input side `size`. The file appears whole or not at
 * all; errors name the manifest's line. */
Status pack_write(const char *manifest_path, size_t size, const char *pack_path);

/* Whether the file at `path` is a pack, of any version. */
bool pack_is_one(const char *path);

/* Fills an empty data set from a pack; used by dataset_load(). STATUS_ARGUMENT: packed for another
 * size. */
Status pack_read(const char *path, size_t size, const SplitSettings *split, Dataset *dataset);

#endif

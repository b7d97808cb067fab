/* What comparing all pictures means for a data set that is being loaded: which ones its splits keep
 * together, and which stand in two of them after all. */
#ifndef GISD_DATA_DATASET_LOOKS_H
#define GISD_DATA_DATASET_LOOKS_H

#include <stdint.h>

#include "data/dataset.h"
#include "data/look.h"
#include "data/manifest.h"

/* Looks at every picture of a manifest, on all OpenMP threads. */
Status dataset_look(const Manifest *manifest, Look *looks /* manifest->count */);

/* Joins units of a split, the patients' at first, so that near-equal pictures, and those with the
 * same text in the column "scene" (if there is one), are in one unit. STATUS_FORMAT: a unit has
 * been given two splits, which are to be kept. */
Status dataset_join_scenes(const Manifest *manifest, const SplitSettings *split, const Look *looks,
                           uint32_t *units /* manifest->count */);

/* Compares the pictures of a data set whose splits are set: a copy in two of them is STATUS_FORMAT,
 * what else leaks_check() finds is added to the data set's warnings. */
Status dataset_check_leaks(const Manifest *manifest, const Look *looks, Dataset *dataset);

/* Adds the list's warnings, gathered, to those of the data set. */
Status dataset_add_warnings(Dataset *dataset, const Findings *findings);

#endif

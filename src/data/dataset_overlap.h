/* Pictures of one data set's validation and test splits that another one learns from: what was seen
 * before, in a pretraining, must not be what is measured on. */
#ifndef GISD_DATA_DATASET_OVERLAP_H
#define GISD_DATA_DATASET_OVERLAP_H

#include "data/dataset.h"

typedef struct {
    size_t count;       /* pictures of `own` that have a near-equal one in `source` */
    size_t own, source; /* the nearest pair, if there is one: positions in the two */
    unsigned bits;      /* in which they differ: see near_equal.h */
} DatasetOverlap;

/* Compares the pictures that `own` tests on with those that `source` trains and validates on, and
 * those that `own` validates on with those that `source` trains on, as both are held. */
Status dataset_overlap(const Dataset *own, const Dataset *source, DatasetOverlap *overlap);

#endif

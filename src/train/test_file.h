/* The groups /test/... of a result: what a network came to on the images that it was tested on,
 * those of its own data or of another hospital. */
#ifndef GISD_TRAIN_TEST_FILE_H
#define GISD_TRAIN_TEST_FILE_H

#include "store/hdf5_writer.h"
#include "train/evaluation.h"
#include "train/split_metrics.h"

/* All borrowed. */
typedef struct {
    const Dataset *dataset; /* that the evaluation is of */
    const Evaluation *test;
    const SplitMetrics *metrics;
    double operating_point;
} TestGroups;

/* Writes them into a file that is being written. */
Status test_groups_write(const TestGroups *groups, Hdf5Writer *writer);

#endif

/* A trained network on images that its cell knew nothing of: another hospital's, another device's,
 * a later year's.
 *
 * The operating point is the checkpoint's, which validation images of the cell's own data chose; it
 * is carried over and never chosen again, since at a new place nobody has labels to choose it by.
 * Every image of the manifest is looked at, whatever split it names, one at a time as in the cell's
 * own test. The results are the groups that result.h5 has of that (docs/results.md), in a file of
 * their own, so that a finished cell's files are never touched.
 */
#ifndef GISD_TRAIN_EXTERNAL_TEST_H
#define GISD_TRAIN_EXTERNAL_TEST_H

#include <stdbool.h>

#include "data/dataset.h"
#include "train/split_metrics.h"

/* The attribute `kind` of the files, and what they are called beside the checkpoint. */
#define EXTERNAL_TEST_KIND "gisd test set"
#define EXTERNAL_TEST_FILE "test_%s.h5"

enum { EXTERNAL_TEST_NAME_BYTES = 64 };

/* Whether a test set can have the name: letters, digits, . _ -, none of them a point in front. */
bool external_test_is_name(const char *text);

/* All images of a manifest or a pack, whatever splits it names, as the test split of a data set. */
Status external_test_load(const char *manifest, const DatasetForm *form, Dataset **dataset);

/* Images at a network's size; read when a network first wants them so. Owned through
 * external_data_clear(). */
typedef struct {
    const char *manifest; /* borrowed */
    Dataset *dataset;     /* NULL until then */
} ExternalData;

void external_data_clear(ExternalData *data);

/* All borrowed. */
typedef struct {
    const char *checkpoint; /* path */
    const char *result;     /* the result.h5 of its cell, from which settings, precision and seed of
                               the bootstrap are taken; NULL: the checkpoint's precision, seed 1 */
    const char *name;       /* of the test set */
    const char *out;        /* the file to write */
} ExternalTest;

/* Tests and writes. *done is true, and nothing more happens, if `out` already holds just this: the
 * same parameters, operating point and data by the same arithmetic. Else *metrics is what came out,
 * to be released with split_metrics_clear(). MPI must be initialised; the process works alone.
 * Errors name the file: a checkpoint without an operating point, a manifest with classes that the
 * network does not know, the manifest that the cell was trained on, a precision that this processor
 * does not have. */
Status external_test_run(const ExternalTest *test, ExternalData *data, SplitMetrics *metrics,
                         bool *done);

#endif

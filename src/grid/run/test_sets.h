/* The test sets of a job: their images in every form that the grid's cells want, and which of them
 * a cell is still to be tested on.
 *
 * Like the cells' own data they are read by rank 0 alone, which the others get a copy of. That a
 * cell is tested on a set is known from the journal; it is to be tested again if the set's images
 * are others now, or its file is gone.
 */
#ifndef GISD_GRID_RUN_TEST_SETS_H
#define GISD_GRID_RUN_TEST_SETS_H

#include "data/dataset.h"
#include "grid/experiment/cells.h"
#include "results/records.h"

typedef struct {
    char name[EXTERNAL_TEST_NAME_BYTES];
    char *manifest;     /* path of the manifest or pack */
    size_t line;        /* of the experiment, for messages */
    Dataset **datasets; /* one for each form of the grid's data, in that order, in its classes */
} TestSet;

/* Owned through test_sets_clear(), also after an error. */
typedef struct {
    size_t count, form_count;
    TestSet *sets;
} TestSets;

/* Reads the experiment's test sets for networks that learn from `grid`, [form_count] data sets of
 * the same images. Refused with the line of the file at `path`: what cannot be read, labels that
 * the networks do not know, the grid's own data (`data_name`). */
Status test_sets_load(const ExperimentFile *experiment, const char *path, const char *data_name,
                      size_t form_count, Dataset *const *grid, TestSets *tests);
void test_sets_clear(TestSets *tests);

/* Puts "PATH:LINE: test_sets: NAME" before the message of an error. */
Status test_sets_blame(const TestSet *set, const char *path, Status status);

/* The sets that a finished cell, of which `record` tells (NULL: it is new), is still to be tested
 * on; all of a cell that is not finished, none of a pretraining. `folder` is that of the results,
 * `form` the position of the cell's data. */
TestSetMask test_sets_missing(const TestSets *tests, const char *folder, const GridCell *cell,
                              size_t form, const CellRecord *record);

/* What a cell's test on sets takes, in its steps of training: an image is seen once, forwards. */
double test_sets_steps(const TestSets *tests, TestSetMask sets, const CellSettings *settings);

/* Path of test_NAME.h5 of a cell; released with free(). */
Status test_sets_file(const TestSet *set, const char *folder, const char *cell, char **path);

#endif

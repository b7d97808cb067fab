/* The datasets of result.h5: the one place that says what each is.
 *
 * The writer takes shape, unit and description from here and cannot write anything else; the reader
 * learns here what a file may lack; docs/results.md prints this table, and a test compares them.
 *
 * A name is a path from the root without a slash in front, in which "*" stands for what is not
 * known before: a class, a quantity. Letters of shapes: E epochs, M metrics, N test
 * images, K lesion classes, C = K + 1 with normal first, P points of a curve, B boxes found, L test
 * images with a lesion, I images whose seconds are measured. A number that is not defined is NaN.
 */
#ifndef GISD_RESULTS_RESULT_SCHEMA_H
#define GISD_RESULTS_RESULT_SCHEMA_H

#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

/* The file's attribute "format_version". Raised where a reader of before would misread a file, not
 * for a dataset more. Files without it are of the first. */
enum { RESULT_FORMAT = 1 };

/* What a task must give for a dataset to be there. */
enum {
    RESULT_CLASSES = 1, /* a class for each image */
    RESULT_BOXES = 2,
    RESULT_MASKS = 4,
    RESULT_FORMS = 8,  /* forms of the lesions */
    RESULT_LATER = 16, /* files of earlier versions lack it */
};

typedef struct {
    const char *name;
    const char *shape; /* dimensions with " x " between them */
    const char *unit;  /* NULL: none, or of a "*" whose writer gives it */
    const char *description;
    unsigned needs; /* of the above; 0: every result has it */
} ResultDataset;

/* The table. */
size_t result_dataset_count(void);
const ResultDataset *result_dataset(size_t index);

/* The row of a dataset, or NULL. */
const ResultDataset *result_dataset_find(const char *name);

/* ---- writing ---- */

/* hdf5_write() and its kin with description and unit from the table. A name that is not in it, and
 * a shape of other rank, are STATUS_ARGUMENT. */
Status result_write(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rank,
                    const size_t *dims, const void *values);
Status result_write_f64(Hdf5Writer *writer, const char *name, size_t count, const double *values);
Status result_write_i64(Hdf5Writer *writer, const char *name, size_t count, const int64_t *values);
Status result_write_texts(Hdf5Writer *writer, const char *name, size_t count,
                          const char *const *texts);
Status result_write_text(Hdf5Writer *writer, const char *name, const char *text);

/* The same for a "*" that its writer describes better than the table; `unit` may be NULL. */
Status result_write_quantity(Hdf5Writer *writer, const char *name, size_t count,
                             const double *values, const char *description, const char *unit);

/* Says of the file which layout it has. */
Status result_write_format(Hdf5Writer *writer);

/* ---- reading ---- */

/* hdf5_reader_new(), but a file of a later format is STATUS_UNSUPPORTED. */
Status result_open(const char *path, Hdf5Reader **reader);

/* Whether a dataset is to be read: it is there, or must be, so that reading it tells what is
 * wrong. */
bool result_has(const Hdf5Reader *reader, const char *name);

#endif

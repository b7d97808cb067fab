/* Reading HDF5 files of ours and of other programs (h5py, MATLAB): any layout, any number type that
 * the library can convert, text of fixed or variable length.
 *
 * Object names are paths from the root, with or without a slash in front. Every error names the
 * file, the object, and what was expected. Returned texts and lists belong to the caller.
 */
#ifndef GISD_STORE_HDF5_READER_H
#define GISD_STORE_HDF5_READER_H

#include <stdbool.h>

#include "store/hdf5_file.h"

typedef struct Hdf5Reader Hdf5Reader;

/* Opens a file; see hdf5_open() for the errors. */
Status hdf5_reader_new(const char *path, Hdf5Reader **reader);
void hdf5_reader_free(Hdf5Reader *reader);

/* Releases the reader, and returns what became of reading, or that the operating system refused a
 * read (see hdf5_close()): what could not be read may have looked damaged, or not there. */
Status hdf5_reader_end(Hdf5Reader *reader, Status status);

/* Whether the file at `path` is an HDF5 file that says in its attribute "kind" to be of that one.
 */
bool hdf5_is_kind(const char *path, const char *kind);

/* The name of the file; borrowed. */
const char *hdf5_reader_path(const Hdf5Reader *reader);

/* Whether there is an object of that name. */
bool hdf5_has(const Hdf5Reader *reader, const char *name);

/* The shape of a dataset: dims[0 .. *rank - 1], outermost first; a scalar has rank 0. */
Status hdf5_dims(const Hdf5Reader *reader, const char *name, size_t *rank,
                 size_t dims[HDF5_MAX_RANK]);

/* The number of elements of a dataset. */
Status hdf5_count(const Hdf5Reader *reader, const char *name, size_t *count);

/* What the elements of a dataset are. */
typedef enum { HDF5_INTEGERS, HDF5_NUMBERS, HDF5_TEXTS, HDF5_OTHER } Hdf5Kind;
Status hdf5_kind(const Hdf5Reader *reader, const char *name, Hdf5Kind *kind);

/* Reads a whole dataset of exactly `count` numbers, of any shape, converted to `type`. */
Status hdf5_read(const Hdf5Reader *reader, const char *name, Hdf5Type type, size_t count,
                 void *values);

/* Reads rows [first, first + rows) of the outermost dimension: `count` numbers in all. */
Status hdf5_read_rows(const Hdf5Reader *reader, const char *name, Hdf5Type type, size_t first,
                      size_t rows, size_t count, void *values);

/* hdf5_read() with the pointer's type checked. */
static inline Status hdf5_read_f32(const Hdf5Reader *reader, const char *name, size_t count,
                                   float *values)
{
    return hdf5_read(reader, name, HDF5_F32, count, values);
}

static inline Status hdf5_read_f64(const Hdf5Reader *reader, const char *name, size_t count,
                                   double *values)
{
    return hdf5_read(reader, name, HDF5_F64, count, values);
}

static inline Status hdf5_read_i64(const Hdf5Reader *reader, const char *name, size_t count,
                                   int64_t *values)
{
    return hdf5_read(reader, name, HDF5_I64, count, values);
}

static inline Status hdf5_read_u8(const Hdf5Reader *reader, const char *name, size_t count,
                                  uint8_t *values)
{
    return hdf5_read(reader, name, HDF5_U8, count, values);
}

/* A list of texts, released with hdf5_texts_clear(). */
typedef struct {
    size_t count;
    char **items; /* count */
} Hdf5Texts;
void hdf5_texts_clear(Hdf5Texts *texts);

/* Reads a dataset of texts, of any shape. */
Status hdf5_read_texts(const Hdf5Reader *reader, const char *name, Hdf5Texts *texts);

/* Reads a dataset of one text. */
Status hdf5_read_text(const Hdf5Reader *reader, const char *name, char **text);

/* The paths of all datasets below a group, relative to it, in order of their names. A group that is
 * not there has none. */
Status hdf5_list(const Hdf5Reader *reader, const char *group, Hdf5Texts *names);

/* Attributes of a group or dataset; "" or "/" is the file itself. */
bool hdf5_has_attribute(const Hdf5Reader *reader, const char *object, const char *name);
Status hdf5_get_text(const Hdf5Reader *reader, const char *object, const char *name, char **text);
Status hdf5_get_texts(const Hdf5Reader *reader, const char *object, const char *name,
                      Hdf5Texts *texts);
/* Reads an open attribute of any plain type, for nothing but to see what comes of it. */
Status hdf5_try_attribute(hid_t attribute);
Status hdf5_get_i64(const Hdf5Reader *reader, const char *object, const char *name, int64_t *value);
Status hdf5_get_f64(const Hdf5Reader *reader, const char *object, const char *name, double *value);

/* Refuses a file that says in its attribute "format_version" to be of a later layout than this
 * program reads, 1 to `newest`: STATUS_UNSUPPORTED, with the version of `kind` ("checkpoint") that
 * it is. A file that does not say is of the first. */
Status hdf5_check_format(const Hdf5Reader *reader, const char *kind, int64_t newest);

#endif

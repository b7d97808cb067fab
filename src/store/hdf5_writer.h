/* Writing an HDF5 file that appears under its name whole and verified, or not at all.
 *
 * A writer works on a temporary file beside the final name (see files.h); hdf5_writer_commit()
 * flushes and closes it, opens it again and reads every dataset, then renames it durably. Object
 * names are paths from the root ("test/metrics/auc", with or without a slash in front); missing
 * groups are made on the way. Every dataset is chunked with fletcher32 on and has a `description`
 * attribute and, where it has one, a `unit`. A single number or text is a dataset of shape {1}, as
 * scalar dataspaces cannot carry a checksum. Texts are stored in fixed length (the longest one's;
 * UTF-8, padded with zeros), as checksums do not cover variable-length data; text attributes, which
 * have no checksum anyway, are of variable length.
 */
#ifndef GISD_STORE_HDF5_WRITER_H
#define GISD_STORE_HDF5_WRITER_H

#include "store/hdf5_file.h"

typedef struct Hdf5Writer Hdf5Writer;

/* Starts the next content of the file at `path`, in an existing folder. Ends with exactly one of
 * hdf5_writer_commit() and hdf5_writer_abandon(), which release the writer. */
Status hdf5_writer_new(const char *path, Hdf5Writer **writer);

/* Puts the file under its name. On error nothing is left but what was there before. */
Status hdf5_writer_commit(Hdf5Writer *writer);

/* Removes what was written; NULL is fine. */
void hdf5_writer_abandon(Hdf5Writer *writer);

/* Writes a dataset: values[dims[0]]...[dims[rank - 1]], rank 1 to HDF5_MAX_RANK; dimensions may be
 * 0. `unit` may be NULL. The name must be new in the file. */
Status hdf5_write(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rank,
                  const size_t *dims, const void *values, const char *description,
                  const char *unit);

/* hdf5_write() of one dimension, with the pointer's type checked. */
static inline Status hdf5_write_f32(Hdf5Writer *writer, const char *name, size_t count,
                                    const float *values, const char *description, const char *unit)
{
    return hdf5_write(writer, name, HDF5_F32, 1, &count, values, description, unit);
}

static inline Status hdf5_write_f64(Hdf5Writer *writer, const char *name, size_t count,
                                    const double *values, const char *description, const char *unit)
{
    return hdf5_write(writer, name, HDF5_F64, 1, &count, values, description, unit);
}

static inline Status hdf5_write_i64(Hdf5Writer *writer, const char *name, size_t count,
                                    const int64_t *values, const char *description,
                                    const char *unit)
{
    return hdf5_write(writer, name, HDF5_I64, 1, &count, values, description, unit);
}

static inline Status hdf5_write_u8(Hdf5Writer *writer, const char *name, size_t count,
                                   const uint8_t *values, const char *description, const char *unit)
{
    return hdf5_write(writer, name, HDF5_U8, 1, &count, values, description, unit);
}

/* Writes a dataset of `count` texts; NULL entries are stored as empty texts. */
Status hdf5_write_texts(Hdf5Writer *writer, const char *name, size_t count,
                        const char *const *texts, const char *description);

/* Writes a dataset of one text. */
Status hdf5_write_text(Hdf5Writer *writer, const char *name, const char *text,
                       const char *description);

/* Makes an empty dataset of shape {0, dims[1], ..., dims[rank - 1]} that hdf5_append() lengthens;
 * dims[0] is ignored, the others are positive. */
Status hdf5_create_rows(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rank,
                        const size_t *dims, const char *description, const char *unit);

/* Appends `rows` rows (rows x dims[1] x ... elements of the dataset's type in `values`). */
Status hdf5_append(Hdf5Writer *writer, const char *name, Hdf5Type type, size_t rows,
                   const void *values);

/* Sets an attribute of a group or dataset; the group `object` is made if nothing has the name. ""
 * or
 * "/" is the file itself. An existing attribute is replaced. A list of texts has at least one. */
Status hdf5_set_text(Hdf5Writer *writer, const char *object, const char *name, const char *text);
Status hdf5_set_texts(Hdf5Writer *writer, const char *object, const char *name, size_t count,
                      const char *const *texts);
Status hdf5_set_i64(Hdf5Writer *writer, const char *object, const char *name, int64_t value);
Status hdf5_set_f64(Hdf5Writer *writer, const char *object, const char *name, double value);

/* Makes `name` stand for `object` of the file at `target`, a path relative to this file's folder.
 * The target need not exist. */
Status hdf5_link_external(Hdf5Writer *writer, const char *name, const char *target,
                          const char *object);

#endif

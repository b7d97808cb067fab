/* What writing and reading HDF5 have in common: element types, messages, checking a whole file.
 *
 * The library's own error printing is silenced; its innermost message becomes part of ours, after
 * the names of the file and the dataset. The HDF5 library here is called by one thread at a time.
 * See hdf5_writer.h and hdf5_reader.h.
 */
#ifndef GISD_STORE_HDF5_FILE_H
#define GISD_STORE_HDF5_FILE_H

#include <hdf5.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { HDF5_MAX_RANK = 4 };

/* Element types of arrays, in memory and in the file. */
typedef enum {
    HDF5_F32, /* float */
    HDF5_F64, /* double */
    HDF5_I64, /* int64_t */
    HDF5_U8,  /* uint8_t */
} Hdf5Type;

/* Bytes of one element. */
size_t hdf5_type_bytes(Hdf5Type type);

/* The library's type for an element: in memory, and in the file (little-endian on all machines). */
hid_t hdf5_memory_type(Hdf5Type type);
hid_t hdf5_stored_type(Hdf5Type type);

/* Silences the library's error printing for this thread and remembers the last error instead. */
void hdf5_silence(void);

/* Stores "PATH: /NAME: cannot ACTION: the library's innermost message" of the last failed call
 * and returns `status`; `name` may be NULL. */
Status hdf5_refused(Status status, const char *path, const char *name, const char *action);

/* Opens the file at `path` for reading, in *file, to be closed with hdf5_close(). Errors say
 * whether it is missing (STATUS_MISSING), not HDF5 or incomplete (STATUS_FORMAT), or cannot be read
 * now, such as one that another program has locked (STATUS_STORAGE). *refusal stays where it is
 * until then, and gets the errno of the first read that the operating system refuses. */
Status hdf5_open(const char *path, int *refusal, hid_t *file);

/* Closes the file. What became of reading it, `status`, is returned, but for STATUS_STORAGE or
 * STATUS_IO if a read was refused on the way: nobody knows then what is in the file. */
Status hdf5_close(const char *path, const int *refusal, hid_t file, Status status);

/* Reads every dataset of the file, following no external links, so that each stored checksum
 * (fletcher32) is checked. */
Status hdf5_verify(const char *path);

/* The same of one dataset of an open file. */
Status hdf5_verify_dataset(const char *path, hid_t file, const char *name);

#endif

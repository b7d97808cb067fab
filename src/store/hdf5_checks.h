/* What of an HDF5 file is accepted before the library acts on it.
 *
 * A file may come from anybody, and say anything: that a dataset lies in another file, that it has
 * 10^12 elements where the file has a kilobyte, that its numbers are of a kind nobody has. The
 * library follows where it can. So here the ways that lead out of a file are closed, sizes are
 * compared with what the file can hold, and kinds of elements and filters are those that programs
 * write. Each check FAILs with the file's and the object's name.
 */
#ifndef GISD_STORE_HDF5_CHECKS_H
#define GISD_STORE_HDF5_CHECKS_H

#include <stdbool.h>

#include "store/hdf5_file.h"

/* Whether every part of a name is there, and none is a link to somewhere else, in the file or out
 * of it; "" and "/" are the file itself. */
bool hdf5_check_name(hid_t file, const char *name);

/* An open dataset: its bytes are in the file, in as many elements as they can be of, stored as they
 * are or by filters of the library's own (deflate, shuffle, Fletcher's checksum). */
Status hdf5_check_dataset(const char *path, const char *name, hid_t dataset);

/* An open attribute: no more than a few thousand elements. */
Status hdf5_check_attribute(const char *path, const char *name, hid_t attribute);

/* Counts an object of a walk over a file's objects, by its path from where the walk began, in
 * *objects; false if there are too many, or they lie too deep in one another: the library goes
 * round in circles where an object says that only one name leads to it. */
bool hdf5_check_visit(const char *name, size_t *objects);

/* Whether elements of a type are plain: integers and floating-point numbers of 1 to 8 bytes, the
 * former also as truth values of h5py, and texts. */
bool hdf5_is_plain(hid_t type);

#endif

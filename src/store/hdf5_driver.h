/* How HDF5 files are read and written: a file driver that keeps what the operating system refused.
 *
 * The library (1.10) tells of a failed call in a text alone, so that a file which cannot be read
 * now looks like one that is damaged. And it is not made for a disk that fills up: once a write of
 * its has failed it can no longer close the file, keeps it open under its name for the rest of the
 * program, and crashes or loops in its own work at the exit. So this driver keeps the operating
 * system's first refusal for who opened the file, as a number. Of a file that is written it drops
 * what comes after that, and answers that all went well: the library then closes the file as it
 * always does, and who wrote it asks for the refusal and throws the file away.
 *
 * Files that are written are new, and written and closed by one process; nothing is locked. Files
 * that are read get a shared lock, as the library's own driver gives them.
 *
 * Nor is the library made for files that somebody made up: it trusts what stands in a global heap
 * (where texts of variable length lie), and copies from beyond it. Of what it reads through the
 * driver the kind is known, so that a heap can be checked before the library sees it.
 */
#ifndef GISD_STORE_HDF5_DRIVER_H
#define GISD_STORE_HDF5_DRIVER_H

#include <hdf5.h>

/* Makes a new file at `path`, where nothing may be, and opens it for writing; negative on error,
 * with errno in *refusal if it is the operating system's. From now on and until the file is closed
 * *refusal becomes the errno of the first write that failed; it is 0 as long as none did. */
hid_t hdf5_driver_create(const char *path, int *refusal);

/* Opens the file at `path` for reading; the same of opening, locking and reading. */
hid_t hdf5_driver_open(const char *path, int *refusal);

/* Closes a file of either, in place of H5Fclose(); negative on error. */
herr_t hdf5_driver_close(hid_t file);

#endif

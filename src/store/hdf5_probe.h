/* Whether a file of unknown origin can be read at all: a child process tries, and may die of it.
 *
 * The HDF5 library (1.10) crashes, or loops, on some files that somebody made up, in places that no
 * check of ours can come before (it decodes the headers of objects itself). So where files of
 * others come in (a checkpoint to detect with, the results that a report is made of) a child reads
 * all of one first: every object, attribute and number. If it lives, so will who reads the file
 * next; what is wrong with the file otherwise, that reader says.
 *
 * Not for processes of MPI: a process that lets its network card write into its memory must not
 * fork.
 */
#ifndef GISD_STORE_HDF5_PROBE_H
#define GISD_STORE_HDF5_PROBE_H

#include "base/status.h"

/* STATUS_FORMAT: reading the file ends a process, or takes one much longer than its size asks for.
 */
Status hdf5_probe(const char *path);

#endif

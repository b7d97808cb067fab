/* The looks of a pack's pictures, kept so that a run on the pack can compare them as one on the
 * images does. Packs of earlier versions have none. */
#ifndef GISD_DATA_PACK_LOOKS_H
#define GISD_DATA_PACK_LOOKS_H

#include "data/look.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

/* Writes /looks/pixels and /looks/fields: of each picture the hash of its pixels, and of its bright
 * field with whether it is telling. */
Status pack_write_looks(Hdf5Writer *writer, size_t count, const Look *looks /* count */);

/* Reads them with the pictures' sizes; *looks is NULL if the pack has none, else to be released
 * with free(). */
Status pack_read_looks(const Hdf5Reader *reader, size_t count, Look **looks);

#endif

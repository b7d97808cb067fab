/* Groups of a result that say what it comes from: the program and the machine, and the data. */
#ifndef GISD_TRAIN_PROVENANCE_H
#define GISD_TRAIN_PROVENANCE_H

#include "data/dataset.h"
#include "nn/net.h"
#include "store/hdf5_writer.h"

/* Version, revision, engine and its version, precision, threads, host, processor and time, into
 * /provenance of a file that is being written. */
Status provenance_write_program(Hdf5Writer *writer, Precision precision);

/* What the user calls the data, and what they are. */
Status provenance_write_data(Hdf5Writer *writer, const char *data_name, const Dataset *dataset);

#endif

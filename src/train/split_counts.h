/* What the splits of a cell's data hold, for the flow diagram of a study: /splits of result.h5. */
#ifndef GISD_TRAIN_SPLIT_COUNTS_H
#define GISD_TRAIN_SPLIT_COUNTS_H

#include "data/dataset.h"
#include "store/hdf5_writer.h"

/* Writes the group; of unlabelled images no more than how many there are, and whose. */
Status split_counts_write(Hdf5Writer *writer, const Dataset *dataset);

#endif

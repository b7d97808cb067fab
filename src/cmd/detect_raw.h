/* gisd-detect --raw: the network's own outputs for an image, into an HDF5 file. */
#ifndef GISD_CMD_DETECT_RAW_H
#define GISD_CMD_DETECT_RAW_H

#include "gisd/gisd.h"
#include "store/hdf5_writer.h"

/* Writes the outputs of the last image as NAME/input, NAME/loc, ... */
Status raw_write(Hdf5Writer *writer, const char *name, const GisdDetector *detector);

#endif

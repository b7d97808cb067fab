/* gisd-weights: a checkpoint that computes in 8 bits. */
#ifndef GISD_CMD_WEIGHTS_CALIBRATE_H
#define GISD_CMD_WEIGHTS_CALIBRATE_H

#include "base/status.h"

/* Makes the checkpoint `to` of `from` with the validation images of the manifest
 * (train/calibrated.h), and prints what the 8 bits cost on them. Initialises and ends MPI. */
Status weights_calibrate(const char *from, const char *manifest, const char *to);

#endif

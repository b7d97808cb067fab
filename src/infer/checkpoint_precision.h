/* In what precision a checkpoint's network answered when it was chosen and tested, and so is to be
 * used: its operating point is that of these answers, and not of float32's, which differ. */
#ifndef GISD_INFER_CHECKPOINT_PRECISION_H
#define GISD_INFER_CHECKPOINT_PRECISION_H

#include "infer/checkpoint_model.h"

/* What `model` says, read from the file at `checkpoint`. Files of earlier versions do not say that
 * they are of bfloat16: of these the result.h5 beside, if there is one that can be read, tells. */
Precision checkpoint_precision(const char *checkpoint, const CheckpointModel *model);

/* hdf5_probe() of a checkpoint of unknown origin and of the result that may be asked for its
 * precision. checkpoint_precision() itself starts no process. */
Status checkpoint_probe(const char *checkpoint);

/* Whether the settings of a cell, as result.h5 has them in /config, are of bfloat16. */
bool config_is_half(const char *config);

#endif

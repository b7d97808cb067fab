/* What a cell's network says of its validation images in the end, for what is to be fitted to them
 * and not to the test's, such as a temperature: /validation of result.h5. */
#ifndef GISD_TRAIN_VALIDATION_SCORES_H
#define GISD_TRAIN_VALIDATION_SCORES_H

#include "store/hdf5_writer.h"
#include "train/evaluation.h"

/* Writes the group. */
Status validation_scores_write(Hdf5Writer *writer, const Dataset *dataset,
                               const Evaluation *validation);

#endif

/* What a trainer's network says of a whole split, as it stands. */
#ifndef GISD_TRAIN_SPLIT_EVALUATION_H
#define GISD_TRAIN_SPLIT_EVALUATION_H

#include "train/evaluation.h"
#include "train/trainer.h"

/* Asks the network, with the averaged parameters where an average is kept, for a split in batches
 * of `batch` images. It is set up anew each time, which costs little: kept, it would hold a packed
 * copy of all weights while the cell trains and saves. Collective over the trainer's group. */
Status split_evaluation(Trainer *trainer, Split split, size_t batch, Evaluation *evaluation);

#endif

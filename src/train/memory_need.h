/* How much memory training a cell takes, before anything is made: what trainer.c, gradient_sum.c,
 * the optimiser and the engine allocate for its network.
 */
#ifndef GISD_TRAIN_MEMORY_NEED_H
#define GISD_TRAIN_MEMORY_NEED_H

#include "train/settings.h"

/* Bytes on one rank of one thread, of a group of `ranks` (which divide the shards), at its largest:
 * during validation. Each further thread that takes shards adds a block and a gradient. Without the
 * data set, and the program itself with its libraries and their workspace (some 100 MB). Errors as
 * network_init(). */
Status memory_need(const CellSettings *settings, size_t classes, size_t ranks, double *bytes);

#endif

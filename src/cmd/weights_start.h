/* gisd-weights: a file to start from, of published weights. */
#ifndef GISD_CMD_WEIGHTS_START_H
#define GISD_CMD_WEIGHTS_START_H

#include <stdbool.h>

#include "infer/network.h"
#include "store/safetensors.h"

/* Whether it is one of PyTorch's counters of batches, which nothing here reads. */
bool weights_is_counter(const char *tensor);

/* Writes the checkpoint `to` with those of the network's parameters that the tensors of the file
 * `from` hold under a published name; what they are is found by the names (infer/published.h). What
 * stays for training to begin, and what of the file belongs to its own classes, is told on the
 * standard output. Every tensor that should be there and is not, has another shape, or is of no use
 * is a line on the standard error; nothing is written then. */
Status weights_start(const char *from, const SafeTensors *tensors, const Network *network,
                     const char *to);

#endif

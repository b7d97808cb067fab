/* gisd-detect: which checkpoint is meant. */
#ifndef GISD_CMD_DETECT_NETWORK_H
#define GISD_CMD_DETECT_NETWORK_H

#include <stdio.h>

#include "base/status.h"

/* `word` is a checkpoint, the folder of a cell, or a results folder, whose best cell by validation
 * is taken and told on `notes`. The checkpoint's path in *checkpoint, released with free(). */
Status network_find(const char *word, FILE *notes, char **checkpoint);

#endif

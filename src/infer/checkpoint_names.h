/* The names under which a checkpoint and those before and after it lie in a folder; for
 * checkpoint.c alone. */
#ifndef GISD_INFER_CHECKPOINT_NAMES_H
#define GISD_INFER_CHECKPOINT_NAMES_H

#include "base/status.h"

/* PATH.h5 with `kind` before its ending, released with free(); "" is PATH.h5 itself. */
Status checkpoint_sibling(const char *path, const char *kind, char **name);

/* The file at `path` becomes the one before, that at `next` the one at `path`. */
Status checkpoint_rotate(const char *path, const char *next);

#endif

/* Names of the seven backbones: "r{depth}x{width}". */
#ifndef GISD_MODEL_BACKBONE_H
#define GISD_MODEL_BACKBONE_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t depth; /* 50, 100 or 150: the key of the table of units */
    size_t width; /* factor on every channel count: 1, 2 or 3 */
} Backbone;

/* Residual units of the four stages, or NULL for a depth that is not in the table. */
const size_t *backbone_units(size_t depth);

/* Reads one of r50x1, r100x1, r50x2, r100x2, r50x3, r100x3, r150x3; STATUS_ARGUMENT, with the list,
 * for anything else. */
Status backbone_parse(const char *name, Backbone *backbone);

/* The name of a backbone by its number, the smallest first; NULL after the last. */
const char *backbone_name(size_t number);

#endif

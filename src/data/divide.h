/* One manifest made two or three, of which none has anything of another: what is learnt from one,
 * a pretraining's images for instance, is not what the other measures. */
#ifndef GISD_DATA_DIVIDE_H
#define GISD_DATA_DIVIDE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "data/split.h"

enum { DIVIDE_PARTS_LEAST = 2, DIVIDE_PARTS_MOST = SPLIT_COUNT };

typedef struct {
    const char *name; /* of its folder; borrowed */
    double share;     /* of the images */
} DividePart;

typedef struct {
    size_t count;
    DividePart parts[DIVIDE_PARTS_MOST]; /* count */
    uint64_t seed;
    SplitGroup group; /* what stands in one part */
} DivideSettings;

/* STATUS_ARGUMENT: too few parts or too many, a name that is no folder's or is there twice, shares
 * that are not above 0 or whose sum is not 1. */
Status divide_check(const DivideSettings *settings);

/* Writes out/NAME/manifest.csv for each part: its rows in their order, all columns, paths as seen
 * from there, the split that a row gives kept; and beside it what stands beside the manifest of the
 * whole, gisd-dataset.json as it is and of overlays.csv the part's rows. Units (see split.h) are
 * dealt out by the fair rule, so that classes, forms, centres and given splits are in proportion to
 * the shares. Under SPLIT_GROUP_SCENE all pictures are read. `out` must be new or empty and appears
 * whole or not at all. `summary` gets a table of what is in each part, `warnings` a line for each
 * class that a part has no image of. STATUS_ARGUMENT: a part would be empty. */
Status divide_manifest(const char *manifest, const DivideSettings *settings, const char *out,
                       FILE *summary, FILE *warnings);

#endif

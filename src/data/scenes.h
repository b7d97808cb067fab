/* Scenes: pictures that hang together, and units of a split that keep them together.
 *
 * A scene is a connected component: two pictures are in one if they are near-equal, or equal, or
 * linked by a chain of such pairs. */
#ifndef GISD_DATA_SCENES_H
#define GISD_DATA_SCENES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/look.h"

/* The scene of each picture, numbered from 0 in the order in which they appear. */
Status scenes_find(size_t count, const Look *looks /* count */, uint32_t *scenes /* count */);

/* Joins two partitions: pictures that share a number in either get one number in `units` (which may
 * be `a` or `b`), from 0 in the order in which they appear. Numbers are below `count`. */
Status scenes_join(size_t count, const uint32_t *a, const uint32_t *b, uint32_t *units);

#endif

/* Where buffers with known lifetimes lie in one block of memory.
 *
 * Two buffers may share bytes if their lifetimes do not overlap. Greedy by size (Pisarchyk & Lee
 * 2020): the largest first, each at the lowest offset that is free for its whole lifetime.
 */
#ifndef GISD_NN_MEMORY_PLAN_H
#define GISD_NN_MEMORY_PLAN_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    size_t bytes;
    size_t first, last; /* instants of first write and last read, inclusive */
    size_t offset;      /* the answer: a multiple of 64 */
} PlannedBuffer;

/* Fills the offsets and the total size of the block. */
Status memory_plan(size_t count, PlannedBuffer *buffers, size_t *total_bytes);

#endif

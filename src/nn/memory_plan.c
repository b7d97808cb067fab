/* Greedy-by-size offsets; see memory_plan.h. */
#include "nn/memory_plan.h"

#include <stdlib.h>

#include "base/memory.h"

enum { ALIGNMENT_BYTES = 64 };

static int larger_first(const void *a, const void *b, void *context)
{
    const PlannedBuffer *buffers = context;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    size_t x = buffers[i].bytes, y = buffers[j].bytes;
    return x != y ? (x < y) - (x > y) : (i > j) - (i < j);
}

Status memory_plan(size_t count, PlannedBuffer *buffers, size_t *total_bytes)
{
    size_t *order, *by_offset; /* by_offset: placed buffers, ascending */
    TRY(MEMORY_NEW(&order, count));
    Status status = MEMORY_NEW(&by_offset, count);
    if (status != STATUS_OK) {
        free(order);
        return status;
    }
    for (size_t i = 0; i < count; ++i)
        order[i] = i;
    qsort_r(order, count, sizeof *order, larger_first, buffers);
    size_t total = 0;
    for (size_t placed = 0; placed < count; ++placed) {
        PlannedBuffer *buffer = &buffers[order[placed]];
        if (!buffer->bytes)
            break; /* as are those that come */
        buffer->bytes = (buffer->bytes + ALIGNMENT_BYTES - 1) / ALIGNMENT_BYTES * ALIGNMENT_BYTES;
        size_t offset = 0;
        for (size_t k = 0; k < placed; ++k) {
            const PlannedBuffer *other = &buffers[by_offset[k]];
            if (other->last < buffer->first || buffer->last < other->first)
                continue;
            if (other->offset >= offset + buffer->bytes)
                break;
            if (other->offset + other->bytes > offset)
                offset = other->offset + other->bytes;
        }
        buffer->offset = offset;
        if (offset + buffer->bytes > total)
            total = offset + buffer->bytes;
        size_t k = placed;
        for (; k > 0 && buffers[by_offset[k - 1]].offset > offset; --k)
            by_offset[k] = by_offset[k - 1];
        by_offset[k] = order[placed];
    }
    free(order);
    free(by_offset);
    *total_bytes = total;
    return STATUS_OK;
}

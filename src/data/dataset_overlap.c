/* See dataset_overlap.h. The hashes of what is held, of the same side or not, are compared. */
#include "data/dataset_overlap.h"

#include <stdlib.h>

#include "base/memory.h"
#include "data/near_equal.h"

/* The pictures of both, those of `own` first. */
typedef struct {
    size_t count, own_count;
    Look *looks;       /* count */
    size_t *positions; /* count: in their data set */
    Split *splits;     /* count */
    bool *found;       /* count */
    DatasetOverlap *overlap;
} Pictures;

static Status add(Pictures *pictures, const Dataset *dataset, bool own)
{
    for (size_t i = 0; i < dataset->count; ++i) {
        const Split split = dataset->examples[i].split;
        if (split == (own ? SPLIT_TRAIN : SPLIT_TEST))
            continue;
        const size_t side = dataset_side(dataset, i);
        const Image image = {side, side, 3, dataset->pixels[i]};
        TRY(look_take(&image, &pictures->looks[pictures->count]));
        pictures->splits[pictures->count] = split;
        pictures->positions[pictures->count++] = i;
        pictures->own_count += own;
    }
    return STATUS_OK;
}

static void note_pair(void *context, size_t a, size_t b, unsigned bits)
{
    Pictures *pictures = context;
    DatasetOverlap *overlap = pictures->overlap;
    if (a >= pictures->own_count || b < pictures->own_count ||
        (pictures->splits[a] == SPLIT_VALIDATION && pictures->splits[b] == SPLIT_VALIDATION))
        return;
    const size_t own = pictures->positions[a], source = pictures->positions[b];
    bool nearer = !overlap->count || bits < overlap->bits;
    /* Of equals the first, as the order of calls is any. */
    if (overlap->count && bits == overlap->bits)
        nearer = own < overlap->own || (own == overlap->own && source < overlap->source);
    overlap->count += !pictures->found[a];
    pictures->found[a] = true;
    if (nearer) {
        overlap->own = own;
        overlap->source = source;
        overlap->bits = bits;
    }
}

Status dataset_overlap(const Dataset *own, const Dataset *source, DatasetOverlap *overlap)
{
    const size_t most = own->count + source->count;
    Pictures pictures = {.overlap = overlap};
    *overlap = (DatasetOverlap){0};
    Status status = MEMORY_NEW(&pictures.looks, most);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&pictures.positions, most);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&pictures.splits, most);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&pictures.found, most);
    if (status == STATUS_OK)
        status = add(&pictures, own, true);
    if (status == STATUS_OK)
        status = add(&pictures, source, false);
    if (status == STATUS_OK)
        status = near_equal_visit(pictures.count, pictures.looks, note_pair, &pictures);
    free(pictures.looks);
    free(pictures.positions);
    free(pictures.splits);
    free(pictures.found);
    return status;
}

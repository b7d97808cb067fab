/* See scenes.h. Components are found by union-find: each tree's root is its least member, paths are
 * halved on the way. */
#include "data/scenes.h"

#include <stdlib.h>

#include "base/memory.h"
#include "data/near_equal.h"

static uint32_t root_of(uint32_t *parents, uint32_t item)
{
    while (parents[item] != item) {
        parents[item] = parents[parents[item]];
        item = parents[item];
    }
    return item;
}

static void join(uint32_t *parents, uint32_t a, uint32_t b)
{
    a = root_of(parents, a);
    b = root_of(parents, b);
    if (a < b)
        parents[b] = a;
    else
        parents[a] = b;
}

/* Roots are less than their members, so one pass numbers both. */
static void number(size_t count, uint32_t *parents, uint32_t *numbers)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < count; ++i) {
        uint32_t root = root_of(parents, i);
        numbers[i] = root == i ? next++ : numbers[root];
    }
}

static Status forest_new(size_t count, uint32_t **parents)
{
    TRY(MEMORY_NEW(parents, count));
    for (uint32_t i = 0; i < count; ++i)
        (*parents)[i] = i;
    return STATUS_OK;
}

static void join_pair(void *context, size_t a, size_t b, unsigned bits)
{
    (void)bits;
    join(context, (uint32_t)a, (uint32_t)b);
}

typedef struct {
    const Look *look;
    uint32_t picture;
} Placed;

static int by_pixels(const void *a, const void *b)
{
    const Placed *x = a, *y = b;
    int order = look_order(x->look, y->look);
    return order != 0 ? order : x->picture < y->picture ? -1 : x->picture > y->picture;
}

/* Blank pictures are compared by their pixels alone. */
static Status join_equal(size_t count, const Look *looks, uint32_t *parents)
{
    Placed *placed;
    TRY(MEMORY_NEW(&placed, count));
    for (uint32_t i = 0; i < count; ++i)
        placed[i] = (Placed){.look = &looks[i], .picture = i};
    qsort(placed, count, sizeof *placed, by_pixels);
    for (size_t i = 1; i < count; ++i)
        if (look_equal(placed[i - 1].look, placed[i].look))
            join(parents, placed[i - 1].picture, placed[i].picture);
    free(placed);
    return STATUS_OK;
}

Status scenes_find(size_t count, const Look *looks, uint32_t *scenes)
{
    uint32_t *parents;
    TRY(forest_new(count, &parents));
    Status status = join_equal(count, looks, parents);
    if (status == STATUS_OK)
        status = near_equal_visit(count, looks, join_pair, parents);
    if (status == STATUS_OK)
        number(count, parents, scenes);
    free(parents);
    return status;
}

/* Each picture hangs together with the first one that has its number. */
static Status join_numbered(size_t count, const uint32_t *numbers, uint32_t *parents)
{
    uint32_t *first; /* by number: 1 + the first picture that has it */
    TRY(MEMORY_NEW(&first, count));
    for (uint32_t i = 0; i < count; ++i)
        if (first[numbers[i]] == 0)
            first[numbers[i]] = i + 1;
        else
            join(parents, first[numbers[i]] - 1, i);
    free(first);
    return STATUS_OK;
}

Status scenes_join(size_t count, const uint32_t *a, const uint32_t *b, uint32_t *units)
{
    uint32_t *parents;
    TRY(forest_new(count, &parents));
    Status status = join_numbered(count, a, parents);
    if (status == STATUS_OK)
        status = join_numbered(count, b, parents);
    if (status == STATUS_OK)
        number(count, parents, units);
    free(parents);
    return status;
}

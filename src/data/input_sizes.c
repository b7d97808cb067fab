/* See input_sizes.h. */
#include "data/input_sizes.h"

#include <assert.h>

#include "base/random.h"

size_t input_sizes_largest(const InputSizes *sizes)
{
    assert(sizes->count > 0);
    return sizes->sides[sizes->count - 1];
}

size_t input_sizes_draw(const InputSizes *sizes, uint64_t seed, size_t step)
{
    RandomStream stream;
    random_init(&stream, seed, "size", (uint32_t)step, 0);
    return sizes->sides[random_below(&stream, (uint32_t)sizes->count)];
}

void input_sizes_add(InputSizes *sizes, size_t side)
{
    size_t place = sizes->count;
    for (size_t i = 0; i < sizes->count; ++i)
        if (sizes->sides[i] == side)
            return;
    assert(sizes->count < INPUT_SIZES_MOST);
    for (; place > 0 && sizes->sides[place - 1] > side; --place)
        sizes->sides[place] = sizes->sides[place - 1];
    sizes->sides[place] = side;
    ++sizes->count;
}

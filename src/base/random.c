/* Counter-based random streams over Philox4x32-10; see random.h. */
#include "base/random.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include <Random123/philox.h>

void random_init(RandomStream *stream, uint64_t seed, const char *purpose, uint32_t a, uint32_t b)
{
    uint64_t key = hash_bytes(purpose, strlen(purpose), seed);
    *stream = (RandomStream){
        .key = {(uint32_t)key, (uint32_t)(key >> 32)},
        .counter = {0, 0, a, b},
        .used = 4,
    };
}

static void next_block(RandomStream *stream)
{
    philox4x32_ctr_t counter;
    philox4x32_key_t key;
    memcpy(counter.v, stream->counter, sizeof stream->counter);
    memcpy(key.v, stream->key, sizeof stream->key);
    philox4x32_ctr_t numbers = philox4x32(counter, key);
    memcpy(stream->block, numbers.v, sizeof stream->block);
    if (++stream->counter[0] == 0)
        ++stream->counter[1];
    stream->used = 0;
}

void random_seek(RandomStream *stream, uint64_t index)
{
    stream->counter[0] = (uint32_t)(index / 4);
    stream->counter[1] = (uint32_t)(index / 4 >> 32);
    next_block(stream);
    stream->used = (unsigned)(index % 4);
}

uint32_t random_u32(RandomStream *stream)
{
    if (stream->used == 4)
        next_block(stream);
    return stream->block[stream->used++];
}

float random_uniform(RandomStream *stream)
{
    return (float)(random_u32(stream) >> 8) * 0x1p-24f;
}

float random_range(RandomStream *stream, float low, float high)
{
    return low + (high - low) * random_uniform(stream);
}

uint32_t random_below(RandomStream *stream, uint32_t bound)
{
    assert(bound > 0);
    uint32_t reject_below = -bound % bound;
    for (;;) {
        uint64_t product = (uint64_t)random_u32(stream) * bound;
        if ((uint32_t)product >= reject_below)
            return (uint32_t)(product >> 32);
    }
}

float random_normal(RandomStream *stream)
{
    double radius = sqrt(-2.0 * log(((double)random_u32(stream) + 0.5) * 0x1p-32));
    double angle = 6.283185307179586 * ((double)random_u32(stream) * 0x1p-32);
    return (float)(radius * cos(angle));
}

double random_beta(RandomStream *stream, double alpha)
{
    for (;;) {
        double one = log(((double)random_u32(stream) + 0.5) * 0x1p-32) / alpha;
        double other = log(((double)random_u32(stream) + 0.5) * 0x1p-32) / alpha;
        if (exp(one) + exp(other) <= 1)
            return 1 / (1 + exp(other - one));
    }
}

void random_shuffle(RandomStream *stream, size_t n, uint32_t *indices)
{
    for (size_t i = n; i > 1; --i) {
        uint32_t j = random_below(stream, (uint32_t)i);
        uint32_t swap = indices[i - 1];
        indices[i - 1] = indices[j];
        indices[j] = swap;
    }
}

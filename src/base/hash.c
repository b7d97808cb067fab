/* xxHash behind two plain functions; see hash.h. */
#include "base/hash.h"

#include <inttypes.h>
#include <stdio.h>

#include <xxhash.h>

uint64_t hash_bytes(const void *data, size_t bytes, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, bytes, seed);
}

void hash_wide(const void *data, size_t bytes, uint64_t hash[2])
{
    XXH128_hash_t wide = XXH3_128bits(data, bytes);
    hash[0] = wide.low64;
    hash[1] = wide.high64;
}

void hash_text(const void *data, size_t bytes, char text[HASH_TEXT_BYTES])
{
    XXH128_hash_t hash = XXH3_128bits(data, bytes);
    snprintf(text, HASH_TEXT_BYTES, "%016" PRIx64 "%016" PRIx64, hash.high64, hash.low64);
}

/* See near_equal.h. */
#include "data/near_equal.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/vector.h"

/* The hashes of the pictures that have a telling one, side by side. */
typedef struct {
    size_t count;
    uint64_t (*words)[4]; /* count */
    uint32_t *pictures;   /* count: whose they are */
} Hashes;

enum { BLOCK = 1024 };

VECTORISED static void distances(const uint64_t *restrict one, const uint64_t (*restrict words)[4],
                                 size_t count, uint16_t *restrict bits /* count */)
{
    for (size_t i = 0; i < count; ++i)
        bits[i] = (uint16_t)(__builtin_popcountll(one[0] ^ words[i][0]) +
                             __builtin_popcountll(one[1] ^ words[i][1]) +
                             __builtin_popcountll(one[2] ^ words[i][2]) +
                             __builtin_popcountll(one[3] ^ words[i][3]));
}

static Status gather(size_t count, const Look *looks, Hashes *hashes)
{
    *hashes = (Hashes){0};
    TRY(MEMORY_NEW(&hashes->words, count));
    TRY(MEMORY_NEW(&hashes->pictures, count));
    for (size_t i = 0; i < count; ++i) {
        if (!looks[i].taken || !looks[i].field.telling)
            continue;
        for (int word = 0; word < 4; ++word)
            hashes->words[hashes->count][word] = looks[i].field.words[word];
        hashes->pictures[hashes->count++] = (uint32_t)i;
    }
    return STATUS_OK;
}

/* Picture `one` of the hashes against all after it. */
static void compare(const Hashes *hashes, size_t one, NearEqualVisit *visit, void *context)
{
    uint16_t bits[BLOCK];
    for (size_t start = one + 1; start < hashes->count; start += BLOCK) {
        size_t count = hashes->count - start < BLOCK ? hashes->count - start : BLOCK;
        distances(hashes->words[one], (const uint64_t(*)[4])hashes->words + start, count, bits);
        for (size_t i = 0; i < count; ++i)
            if (bits[i] <= NEAR_EQUAL_BITS) {
#pragma omp critical(near_equal)
                visit(context, hashes->pictures[one], hashes->pictures[start + i], bits[i]);
            }
    }
}

Status near_equal_visit(size_t count, const Look *looks, NearEqualVisit *visit, void *context)
{
    Hashes hashes;
    Status status = gather(count, looks, &hashes);
    if (status == STATUS_OK) {
#pragma omp parallel for schedule(dynamic, 64)
        for (size_t i = 0; i < hashes.count; ++i)
            compare(&hashes, i, visit, context);
    }
    free(hashes.words);
    free(hashes.pictures);
    return status;
}

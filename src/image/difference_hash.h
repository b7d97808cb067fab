/* 256 bits that near-equal pictures share: the difference hash of a picture's bright field.
 *
 * The field is averaged to 17 x 8 cells, and a bit is set where a cell is brighter than its left
 * neighbour (128 bits); then to 8 x 17 cells, compared with the neighbour above (128 bits). Size,
 * surround, overall brightness, contrast and compression change few of these bits; another view of
 * the same place changes many. The number of bits in which two pictures differ says how near they
 * are (after N. Krawetz, "Kind of Like That", hackerfactor.com, 2013, with both directions).
 */
#ifndef GISD_IMAGE_DIFFERENCE_HASH_H
#define GISD_IMAGE_DIFFERENCE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/bright_field.h"

typedef struct {
    uint64_t words[4];
    bool telling; /* false: hardly any cell differs from its neighbours (a blank picture), so the
                     bits mean nothing */
} DifferenceHash;

DifferenceHash difference_hash(const LightPlanes *planes, const PixelBox *field);

/* Bits in which two hashes differ, 0 to 256. */
static inline unsigned difference_hash_distance(const DifferenceHash *a, const DifferenceHash *b)
{
    int bits = 0;
    for (int i = 0; i < 4; ++i)
        bits += __builtin_popcountll(a->words[i] ^ b->words[i]);
    return (unsigned)bits;
}

#endif

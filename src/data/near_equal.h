/* Near-equal pictures: frames of one moment of an examination, copies in another size or format.
 *
 * Two pictures are near-equal if at most NEAR_EQUAL_BITS of the 256 bits of their difference hashes
 * differ. The bound was measured on real frames (docs/experiments.md): of two million pairs of
 * frames from different sets it takes none, within them pairs of one place, and their chains
 * hold 99.6 percent of the pairs of frames of one scene. So what it finds is near-equal; what it
 * does not find may still be of one examination, and a patient is the better unit where patients
 * are known.
 */
#ifndef GISD_DATA_NEAR_EQUAL_H
#define GISD_DATA_NEAR_EQUAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/look.h"

enum { NEAR_EQUAL_BITS = 32 };

/* Takes a pair of pictures, a < b, that differ in `bits` bits; never called by two threads at once,
 * the order of calls is any. */
typedef void NearEqualVisit(void *context, size_t a, size_t b, unsigned bits);

/* Visits all pairs of near-equal pictures, those of equal pixels too. Compares all with all, on all
 * OpenMP threads: 0.1 s for 10,000 pictures. Pictures that were not taken or whose hash tells
 * nothing have no near-equal ones. */
Status near_equal_visit(size_t count, const Look *looks /* count */, NearEqualVisit *visit,
                        void *context);

#endif

/* Pictures that stand in two splits, or twice in one: a test that saw its answers.
 *
 * Whoever has looked at all pictures of a manifest and knows their splits asks here: the check, the
 * pack, and a run once the experiment has assigned splits. Equal pixels in two splits or with two
 * labels are errors, whatever the files are called; twice in one split, a warning. Near-equal
 * pictures in two splits are a warning, as are those of two patients that are yet to be split.
 */
#ifndef GISD_DATA_LEAKS_H
#define GISD_DATA_LEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/findings.h"
#include "data/look.h"
#include "data/manifest.h"

/* Two near-equal pictures that ought to be kept together. */
typedef struct {
    uint32_t first, second; /* rows, first < second */
    uint16_t bits;          /* of their hashes' 256 that differ */
    bool apart;             /* they stand in two splits; else one of them is not split yet */
} NearPair;

typedef struct {
    NearPair *pairs; /* count: those apart first, then the nearest; owned */
    size_t count;
} NearPairs;

/* Of each picture the nearest one in another split, or, where one has none yet, of another patient;
 * both are then in the list, each pair once. splits: SPLIT_NONE where none is given. */
Status leaks_near_pairs(const Manifest *manifest, const Look *looks /* manifest->count */,
                        const Split *splits /* manifest->count */, NearPairs *near);
void near_pairs_clear(NearPairs *near);

/* Reports all of the above; `near` is what leaks_near_pairs() found. STATUS_FORMAT: an error, and
 * the list keeps none. */
Status leaks_report(const Manifest *manifest, const Look *looks, const Split *splits,
                    const NearPairs *near, Findings *findings);

/* Both in one. */
Status leaks_check(const Manifest *manifest, const Look *looks, const Split *splits,
                   Findings *findings);

#endif

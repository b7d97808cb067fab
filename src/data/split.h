/* Which images train, which validate, which test.
 *
 * No patient stands on two sides: the unit that is assigned is a patient (or an image, where the
 * data names no patients). Labels are spread in proportion: units go, largest first and in an order
 * shuffled by the seed, to the split whose remaining need of the unit's labels is greatest. Splits
 * that the manifest gives are kept, and pull the rest of their patient along.
 */
#ifndef GISD_DATA_SPLIT_H
#define GISD_DATA_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_NONE } Split;
enum { SPLIT_COUNT = SPLIT_NONE };

typedef struct SplitSettings {
    double shares[SPLIT_COUNT]; /* of train, validation, test; not negative, their sum is 1 */
    uint64_t seed;
    bool ignore_given; /* split anew even where the manifest gives a split */
} SplitSettings;

/* 70, 15 and 15 percent, seed 1, given splits kept. */
SplitSettings split_defaults(void);

/* Assigns a split to each of `count` images. labels: class index or -1, any int32. units: the index
 * of the image's patient, below count; NULL: each image is its own unit. splits: on entry what the
 * manifest gives (SPLIT_NONE: nothing), on return never SPLIT_NONE. STATUS_ARGUMENT: shares that
 * are negative or do not add up to 1; STATUS_FORMAT: a unit that was given two splits. */
Status split_assign(const SplitSettings *settings, size_t count, const int32_t *labels /* count */,
                    const uint32_t *units /* count */, Split *splits /* count */);

/* "train", "val", "test", or "" for SPLIT_NONE; static storage. */
const char *split_name(Split split);

/* The split called `name` (as split_name() writes it) in *split; false if there is none. */
bool split_parse(const char *name, Split *split);

#endif

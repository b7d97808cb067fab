/* Which images train, which validate, which test.
 *
 * No patient stands on two sides: the unit that is assigned is a patient (or an image, where the
 * data names no patients). Splits that the manifest gives are kept, and pull the rest of their
 * patient along; the shares are those of what is left. Each rule of assigning is a file of its own.
 */
#ifndef GISD_DATA_SPLIT_H
#define GISD_DATA_SPLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum { SPLIT_TRAIN, SPLIT_VALIDATION, SPLIT_TEST, SPLIT_NONE } Split;
enum { SPLIT_COUNT = SPLIT_NONE };

typedef enum {
    SPLIT_RULE_FAIR,          /* patients, images and labels in proportion: split_fair.c */
    SPLIT_RULE_LARGEST_FIRST, /* what experiments of earlier versions used; large patients gather
                                 in the largest split: split_largest_first.c */
    SPLIT_RULES
} SplitRule;

typedef enum {
    SPLIT_GROUP_PATIENT,
    SPLIT_GROUP_SCENE, /* patients, and near-equal pictures too: scenes.h */
} SplitGroup;

typedef struct SplitSettings {
    double shares[SPLIT_COUNT]; /* of train, validation, test; not negative, their sum is 1 */
    uint64_t seed;
    SplitRule rule;
    SplitGroup group;  /* what is kept together */
    bool ignore_given; /* split anew even where the manifest gives a split */
} SplitSettings;

/* 70, 15 and 15 percent, seed 1, the fair rule, given splits kept. */
SplitSettings split_defaults(void);

/* Labels of images by which the splits are alike, such as class, form and centre. */
typedef struct {
    size_t count; /* kinds of labels, at least 1 */
    const int32_t *const
        *values; /* count arrays of one number an image, any int32. The first kind
                    is the class, the only one that SPLIT_RULE_LARGEST_FIRST sees */
} SplitLabels;

/* Assigns a split to each of `count` images. units: the index of the image's patient, below count;
 * NULL: each image is its own unit. splits: on entry what the manifest gives (SPLIT_NONE: nothing),
 * on return never SPLIT_NONE. STATUS_ARGUMENT: shares that are negative or do not add up to 1;
 * STATUS_FORMAT: a unit that was given two splits. */
Status split_assign(const SplitSettings *settings, size_t count, const SplitLabels *labels,
                    const uint32_t *units /* count */, Split *splits /* count */);

/* "train", "val", "test", or "" for SPLIT_NONE; static storage. */
const char *split_name(Split split);

/* The split called `name` (as split_name() writes it) in *split; false if there is none. */
bool split_parse(const char *name, Split *split);

/* "fair" or "largest_first"; static storage. */
const char *split_rule_name(SplitRule rule);

/* The rule of that name in *rule; false if there is none. */
bool split_rule_parse(const char *name, SplitRule *rule);

#endif

/* What the rules of splitting work on: units in the order in which they are served, and the images'
 * labels renumbered. Made by split.c. */
#ifndef GISD_DATA_SPLIT_UNITS_H
#define GISD_DATA_SPLIT_UNITS_H

#include "data/split.h"

/* A unit's images are found by sorting image numbers by (unit, image). */
typedef struct {
    uint32_t unit, image;
} SplitMember;

typedef struct {
    size_t first, count; /* range in the members */
    uint32_t order;      /* its place after the shuffle */
    Split split;         /* SPLIT_NONE: to be assigned */
} SplitUnit;

typedef struct {
    size_t images, unit_count;
    SplitMember *members; /* images */
    SplitUnit *units;     /* unit_count: largest first, shuffled among those of one size */
    size_t label_count;
    uint32_t **strata;   /* label_count x images: the label's number, from 0 */
    size_t *strata_each; /* label_count: how many labels of that kind there are */
} SplitUnits;

/* The rules: give each unit without a split one. */
Status split_fairly(const SplitSettings *settings, SplitUnits *units);
Status split_largest_first(const SplitSettings *settings, SplitUnits *units);

#endif

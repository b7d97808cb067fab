/* gisd-detect: which of the network's boxes a person should look at.
 *
 * An image that is called normal has none. On others a place has one box, the best of whatever
 * class (infer/places.h), if that reaches the threshold; at most twelve in all. Where nobody has
 * named a threshold, half of the best box's score must be reached too, since the checkpoint's own
 * is low if its data had no normal images to choose it by.
 */
#ifndef GISD_CMD_DETECT_FOUND_H
#define GISD_CMD_DETECT_FOUND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "gisd/gisd.h"

enum { FOUND_MOST = 12 };

typedef struct {
    double threshold;     /* lesion score from which an image counts as diseased */
    double share_of_best; /* of the best box's score that others need */
    bool all;             /* every box that the network gives, nothing merged */
} FoundRule;

/* Owned through found_clear(). */
typedef struct {
    size_t count;
    size_t *boxes;     /* count positions in the result's boxes, best first */
    size_t not_listed; /* boxes of the result that are not in it */
    size_t reaching;   /* places that reach the threshold and are not in it */
} Found;

Status found_init(const FoundRule *rule, const GisdResult *result, Found *found);
void found_clear(Found *found);

/* The best score of another class at the place of a listed box; 0 if it has none there, and for
 * every class where nothing is merged. */
double found_other(const FoundRule *rule, const GisdResult *result, size_t box, int class_index);

#endif

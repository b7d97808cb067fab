/* See places.h. */
#include "infer/places.h"

static const double SAME_PLACE = 0.45; /* overlap, as intersection over union */

void places_find(size_t count, const Detection *boxes, size_t *places)
{
    for (size_t i = 0; i < count; ++i) {
        size_t best = 0;
        while (best < i &&
               (places[best] != best || box_iou(&boxes[best].box, &boxes[i].box) <= SAME_PLACE))
            ++best;
        places[i] = best;
    }
}

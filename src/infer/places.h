/* Which boxes of a picture are of one place.
 *
 * Each class has its own list of boxes, so a lesion gets one for every class that it may be of. A
 * box belongs to the best one that it overlaps by more than 0.45, whatever their classes; that is
 * the bound by which boxes of one class suppress each other (loss/detections.h). The best box of a
 * place stands for it, the others are what else the place could be.
 */
#ifndef GISD_INFER_PLACES_H
#define GISD_INFER_PLACES_H

#include <stddef.h>

#include "loss/detections.h"

/* boxes: count, best first. places[i]: position of the best box at the place of box i, which is i
 * itself if there is none better. */
void places_find(size_t count, const Detection *boxes, size_t *places /* count */);

#endif

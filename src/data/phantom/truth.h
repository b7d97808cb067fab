/* What of a lesion is seen in a picture, and so belongs to its truth: mask and box. */
#ifndef GISD_DATA_PHANTOM_TRUTH_H
#define GISD_DATA_PHANTOM_TRUTH_H

#include "data/phantom/phantom.h"

/* Adds a lesion to wall, mask and boxes: its largest region that `blocked` (one channel, 255 where
 * the wall is hidden; no pixels: nowhere) does not hide. One of which nothing is seen adds no box.
 */
Status truth_add_lesion(Scene *scene, const LesionShape *shape, const LesionPlace *place,
                        const Image *blocked, PhantomImage *result);

/* Marks the neighbourhood of a lesion that lies there, to keep the next one away. */
void truth_hide(Image *taken, const LesionPlace *place);

#endif

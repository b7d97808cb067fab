/* Phantom lesions in a picture that is there. */
#ifndef GISD_DATA_PHANTOM_PAINT_H
#define GISD_DATA_PHANTOM_PAINT_H

#include "base/random.h"
#include "data/phantom/phantom.h"

/* Draws one to PHANTOM_LESIONS hard lesions of that kind into result->image, an RGB picture of 64
 * to 4096 pixels each way, and fills mask (allocated here) and boxes: none where the picture has
 * no room, and for LESION_NONE. They lie where mucosa is seen, see paint.c; what is hidden or black
 * stays as it is. */
Status paint_lesions(LesionKind kind, RandomStream *stream, PhantomImage *result);

#endif

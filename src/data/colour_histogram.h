/* The colours of a picture as numbers, blind to where they are: what the simplest classifier is
 * given, to see how much of a data set colour alone tells.
 *
 * The square roots of the shares of the pixels in 8 x 8 x 8 equal bins of red, green and blue, red
 * changing slowest. Roots, since the distance of two pictures is then Hellinger's, to which a rare
 * colour matters: a small lesion's against the mucosa's. Each picture has length 1.
 */
#ifndef GISD_DATA_COLOUR_HISTOGRAM_H
#define GISD_DATA_COLOUR_HISTOGRAM_H

#include "image/image.h"

enum { COLOUR_NUMBERS = 8 * 8 * 8 };

/* Of an RGB picture. */
void colour_histogram(const Image *image, double numbers[COLOUR_NUMBERS]);

#endif

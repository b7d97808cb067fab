/* The colours of a picture as a few numbers, blind to where they are: what the simplest classifier
 * is given, to see how much of a data set colour alone tells.
 *
 *   48   shares of the pixels in 16 equal bins of red, of green, of blue
 *   64   shares in 4 x 4 x 4 equal bins of the three together, red changing slowest
 *   24   shares in 24 bins of hue (15 degrees each, from red); grey pixels are in none
 *    6   means of red, green, blue and their standard deviations, as parts of 255
 */
#ifndef GISD_DATA_COLOUR_HISTOGRAM_H
#define GISD_DATA_COLOUR_HISTOGRAM_H

#include "image/image.h"

enum { COLOUR_NUMBERS = 48 + 64 + 24 + 6 };

/* Of an RGB picture. */
void colour_histogram(const Image *image, double numbers[COLOUR_NUMBERS]);

#endif

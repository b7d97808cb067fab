/* Fills what is missing of a picture from its neighbourhood, smoothly.
 *
 * Each missing pixel becomes the mean of its four neighbours: the solution of Laplace's equation
 * with the known pixels around as its border. It is found from coarse to fine: a picture of half
 * the size, whose pixels are means of what is known, is filled first and gives the start. So a
 * ground of one colour goes on, a slope does too, and no edge or texture is made up.
 */
#ifndef GISD_IMAGE_INPAINT_H
#define GISD_IMAGE_INPAINT_H

#include <stdint.h>

#include "image/image.h"

/* Replaces the pixels where missing (height x width) is not 0; the others stay. Where nothing is
 * known all stay. */
Status inpaint(Image *image, const uint8_t *missing);

#endif

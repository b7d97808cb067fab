/* The 5 x 5 median of each channel: what removes single wrong pixels and thin bright lines and
 * keeps edges.
 *
 * At the border the nearest pixel stands for those that are not there. The results are those of
 * OpenCV's medianBlur(image, 5), bit for bit.
 */
#ifndef GISD_IMAGE_MEDIAN_H
#define GISD_IMAGE_MEDIAN_H

#include "image/image.h"

/* A new image in *filtered, for image_clear(). On all OpenMP threads. */
Status image_median(const Image *image, Image *filtered);

#endif

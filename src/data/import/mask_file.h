/* Mask files of other programs, in whatever numbers they have the lesion. */
#ifndef GISD_DATA_IMPORT_MASK_FILE_H
#define GISD_DATA_IMPORT_MASK_FILE_H

#include <stdbool.h>

#include "image/image.h"

/* Reads a mask as 0 and 255 (one channel). It must have two values, of which 0 is not the lesion (0
 * and 1, 0 and 255, the first two colours of a palette), but for the ringing of JPEG and smoothed
 * outlines, which part at 128. *plain: the file itself has the lesion from 128 on, so that a
 * manifest may name it as it is. STATUS_FORMAT: a picture, class numbers, or all of it set. */
Status mask_file_read(const char *path, Image *mask, bool *plain);

/* Reads a mask of numbers: 255 where the number is neither 0 nor 255 (VOC's border). */
Status mask_file_read_numbers(const char *path, Image *mask);

#endif

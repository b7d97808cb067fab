/* Mask files of other programs, in whatever numbers they have the lesion. */
#ifndef GISD_DATA_IMPORT_MASK_FILE_H
#define GISD_DATA_IMPORT_MASK_FILE_H

#include <stdbool.h>

#include "image/image.h"

/* Reads a mask as 0 and 255 (one channel). It must have two values, of which 0 (black; of a
 * palette without black its first entry) is not the lesion: 0 and 1, 0 and 255, black and one
 * colour. The ringing of
 * JPEG and smoothed outlines are taken in grey, and part at half. *plain: the file itself has the
 * lesion from half its range on, and a manifest that names it means the same. STATUS_FORMAT: a
 * picture, numbers of classes, all of it set, or the lesion in the alpha channel. */
Status mask_file_read(const char *path, Image *mask, bool *plain);

/* Reads a mask of numbers or colours as VOC has them: 0 outside, 255 (in colour 224, 224, 192) on
 * borders that are left open, and anything else on objects, which become 255. */
Status mask_file_read_numbers(const char *path, Image *mask);

#endif

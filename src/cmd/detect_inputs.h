/* gisd-detect: the image files that are meant by words of the command line.
 *
 * A folder stands for all images in it and in the folders below, known by their names' ends (.jpg,
 * .PNG, ...), in the order of their paths; what begins with a dot, and the overlays and masks that
 * an earlier run left there, are none. Any other word is one image, whatever it is called.
 */
#ifndef GISD_CMD_DETECT_INPUTS_H
#define GISD_CMD_DETECT_INPUTS_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

typedef struct {
    size_t count, capacity;
    char **paths;    /* count */
    size_t unusable; /* folders that cannot be read or hold no image; each has been told */
} ImageList;

/* Lists the images of all words in their order. `program` wrote the pictures that are left aside.
 * To be cleared whatever comes of it. */
Status image_list_init(size_t count, char *const *words, const char *program, FILE *notes,
                       ImageList *list);
void image_list_clear(ImageList *list);

#endif

/* What an image's results are called: a name for each image, and the paths made of it.
 *
 * Two images of one name, as may come from two folders, must not write over each other's files, nor
 * x-mask.png over the mask of x.png. Letters may have no case where the files are.
 */
#ifndef GISD_CMD_DETECT_NAMES_H
#define GISD_CMD_DETECT_NAMES_H

#include <stddef.h>

#include "base/status.h"
#include "base/text_map.h"

typedef struct {
    char **names; /* count; unique */
    size_t count;
    TextMap taken; /* names of the files so far, without suffix and in small letters */
} ImageNames;

/* Each file's name without folder and suffix, with -2, -3, ... behind it where the files of an
 * earlier image would have the same names. To be cleared whatever comes of it. */
Status image_names_init(size_t count, char *const *paths, ImageNames *names);
void image_names_clear(ImageNames *names);

/* FOLDER/NAME.png and FOLDER/NAME-mask.png in *path, released with free(). */
Status image_overlay_path(const char *folder, const char *name, char **path);
Status image_mask_path(const char *folder, const char *name, char **path);

#endif

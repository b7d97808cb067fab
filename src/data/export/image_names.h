/* Names for images that come from many folders into one. */
#ifndef GISD_DATA_EXPORT_IMAGE_NAMES_H
#define GISD_DATA_EXPORT_IMAGE_NAMES_H

#include <stddef.h>

#include "store/new_folder.h"

/* The last parts of `paths` in names (count), each released with free(); where two have the same
 * stem, whatever the case, all of these get their number in front. */
Status image_names_make(size_t count, char *const *paths, char **names);

/* Links the image at `path` as `place` ("images/NAME") into the folder, by a relative path that
 * holds once the folder is under its final name. */
Status image_names_link(const NewFolder *folder, const char *path, const char *place);

#endif

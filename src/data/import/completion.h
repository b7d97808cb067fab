/* From what a layout says of images to what a manifest holds. */
#ifndef GISD_DATA_IMPORT_COMPLETION_H
#define GISD_DATA_IMPORT_COMPLETION_H

#include "data/import/collection.h"
#include "store/new_folder.h"

/* Opens every image, on all threads: checks its size, draws its lesions' areas, completes boxes and
 * label, and writes the masks that have to be made as masks/NUMBER.png of `folder`. Images that
 * cannot be used are refused; errors are those of this machine alone. */
Status completion_run(Collection *all, const NewFolder *folder);

/* The name of the mask made for the image of that index. */
enum { COMPLETION_NAME_BYTES = 40 };
void completion_mask_name(size_t index, char name[COMPLETION_NAME_BYTES]);

#endif

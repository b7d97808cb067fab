/* The folder of one part of a divided manifest; see divide.h. */
#ifndef GISD_DATA_DIVIDE_FILES_H
#define GISD_DATA_DIVIDE_FILES_H

#include "base/status.h"
#include "data/manifest.h"
#include "data/split.h"
#include "store/new_folder.h"

/* Writes NAME/manifest.csv into the folder, of the rows that `parts` puts into `part`, and what
 * stands beside the manifest. */
Status divide_write_part(const Manifest *manifest, const Split *parts /* manifest->count */,
                         Split part, const char *name, const NewFolder *folder);

#endif

/* The files that a manifest's row names, as the manifest of another folder names them. */
#ifndef GISD_DATA_MOVED_PATHS_H
#define GISD_DATA_MOVED_PATHS_H

#include "base/status.h"
#include "data/manifest.h"

/* `name`, a file of the manifest at that path, as seen from the folder `target` (absolute, without
 * links or dots; it need not be there yet), in *moved, released with free(). The file's folder must
 * be there. */
Status moved_path(const char *target, const char *manifest, const char *name, char **moved);

/* The same of a row's masks, parted by semicolons; NULL where it has none. STATUS_FORMAT: the new
 * name of one has a semicolon in it. */
Status moved_masks(const char *target, const char *manifest, const ManifestRow *row, char **moved);

#endif

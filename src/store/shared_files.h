/* Files that come with the program: published tables, the detector of overlays. They are looked for
 * beside the program (bin/../share/gisd), where it was to be installed, and in the source tree.
 */
#ifndef GISD_STORE_SHARED_FILES_H
#define GISD_STORE_SHARED_FILES_H

#include <limits.h>

#include "base/status.h"

/* The path of a file or folder by its name below share/gisd, such as "published" or
 * "detectors/overlays.h5". STATUS_MISSING, naming where it was to be installed, if it is nowhere.
 */
Status shared_files_find(const char *name, char path[PATH_MAX]);

#endif

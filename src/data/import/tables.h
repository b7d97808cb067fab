/* What an import leaves behind: manifest.csv, skipped.csv and a summary. */
#ifndef GISD_DATA_IMPORT_TABLES_H
#define GISD_DATA_IMPORT_TABLES_H

#include <stdio.h>

#include "data/import/collection.h"
#include "store/new_folder.h"

/* Writes both tables. Paths are as seen from `target`, the absolute name that the folder will have.
 * STATUS_FORMAT: no image was imported, or no manifest can say what was. */
Status tables_write(const Collection *all, const char *target, const NewFolder *folder);

/* Counts on `summary`; on `notes` how things were understood and what was left out. `out` is the
 * folder as the user calls it. */
Status tables_tell(const Collection *all, const char *out, FILE *summary, FILE *notes);

#endif

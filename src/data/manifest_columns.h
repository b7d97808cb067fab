/* The header of a manifest: which column is which.
 *
 * Columns that the program does not know are kept for tables by subgroup. A name that is a slip of
 * the pen away from a known one is refused if that one is missing ("pateint" would split by image),
 * and is worth a warning if it is there, or if it is missing and a name begins with it
 * ("patient_id").
 */
#ifndef GISD_DATA_MANIFEST_COLUMNS_H
#define GISD_DATA_MANIFEST_COLUMNS_H

#include <stdbool.h>

#include "base/status.h"
#include "data/findings.h"
#include "store/csv.h"

typedef enum {
    COLUMN_IMAGE,
    COLUMN_MASK,
    COLUMN_LABEL,
    COLUMN_PATIENT,
    COLUMN_LESION,
    COLUMN_FORM,
    COLUMN_SPLIT,
    COLUMN_BOXES,
    COLUMNS_WRITTEN, /* those above, which manifests of our own always have */
    COLUMN_MASK_VALUES = COLUMNS_WRITTEN,
    COLUMN_CENTRE,
    COLUMNS
} ManifestColumn;

extern const char *const manifest_column_names[COLUMNS];

/* Where each known column stands in the table; table->columns: it does not. */
typedef struct {
    size_t known[COLUMNS];
} ManifestColumns;

/* STATUS_FORMAT: a required column is missing, a name stands there twice or is misspelt. Of frames
 * without labels `image` alone is required, and whatever columns annotate are taken for missing. */
Status manifest_find_columns(const CsvTable *table, bool unlabelled, Findings *findings,
                             ManifestColumns *columns);

#endif

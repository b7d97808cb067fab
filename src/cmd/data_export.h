/* The sources of gisd-data export beside a manifest. */
#ifndef GISD_CMD_DATA_EXPORT_H
#define GISD_CMD_DATA_EXPORT_H

#include "data/export/export.h"

typedef struct {
    const char *cell; /* folder of a cell, results/NAME/cells/ID */
    const char *data; /* manifest that the image names are relative to; NULL: as the result says */
    double score;     /* boxes from here on; NaN: the operating point */
    bool masks;       /* run the network for its masks; else boxes come from result.h5 */
} CellExport;

/* Opens a cell's test predictions as a source; released with cell_export_close(). */
typedef struct CellSource CellSource;
Status cell_export_open(const CellExport *settings, CellSource **cell, ExportSource *source);
void cell_export_close(CellSource *cell);

/* Whether the folder is one of a cell. */
bool cell_export_is_cell(const char *folder);

#endif

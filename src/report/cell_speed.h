/* What the report reads of a cell's seconds.h5, which gisd-eval --seconds writes beside its result.
 */
#ifndef GISD_REPORT_CELL_SPEED_H
#define GISD_REPORT_CELL_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "store/hdf5_reader.h"

/* Owned through cell_speed_clear(); count 0: not measured. */
typedef struct {
    size_t count;
    Hdf5Texts classes;            /* count: of the images */
    double *end_to_end, *network; /* count: seconds */
    double others_busy;           /* processors; NaN where not known */
    int64_t threads;
    bool half;
    char *processor;
} CellSpeed;

/* Errors name the file and the dataset, and leave *speed without a measurement. */
Status cell_speed_read(const char *path, CellSpeed *speed);
void cell_speed_clear(CellSpeed *speed);

#endif

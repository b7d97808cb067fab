/* The cells of an experiment: every combination of its axes, each with a name and an identity.
 *
 * The identity is a hash of all that can change a cell's result, and of nothing else: the resolved
 * settings, the data's fingerprint, whether the validation split stands for the test split, and
 * the version of the arithmetic. So the same cell in two experiments has one identity, and a
 * changed setting or a changed image makes another cell.
 */
#ifndef GISD_GRID_CELLS_H
#define GISD_GRID_CELLS_H

#include "grid/experiment_file.h"

enum { CELL_ID_BYTES = 13, CELL_NAME_BYTES = 128 };

typedef struct {
    char id[CELL_ID_BYTES];     /* 12 hexadecimal digits */
    char name[CELL_NAME_BYTES]; /* "r50x1-global", with every other axis as "-key=value" */
    CellSettings settings;
    char *config; /* the resolved settings as YAML, one "key: value" a line; owned */
} GridCell;

typedef struct {
    size_t count;
    GridCell *cells; /* count; the last axis of setting_keys.h varies fastest */
} GridCells;

/* Makes the cells. `fingerprints` are the data set's, one for each value of `size` (the stored
 * pixels depend on it). Errors: a combination that cannot run (see setting_check()), with the
 * file's line of the setting where that helps. */
Status grid_cells_init(const ExperimentFile *experiment, const char *path,
                       const char *const *fingerprints, GridCells *cells);
void grid_cells_clear(GridCells *cells);

#endif

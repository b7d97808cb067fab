/* The cells of an experiment: every combination of its axes, or of its variants and seeds, each
 * with a name and an identity.
 *
 * Cells come first, then the data that they need, then the identities. The identity is a hash of
 * all that can change a cell's result, and of nothing else: its architecture, the settings that
 * matter for it, the content of the parameters that it starts from, the data's fingerprint, whether
 * the validation split stands for the test split, and the version of the arithmetic. So the same
 * cell in two experiments has one identity, and a changed setting, image or initial weight makes
 * another cell. A setting that was added later is left out while it is what it was before, so
 * that it disowns no older result.
 *
 * Where the experiment pretrains, a cell for each network comes after those of the grid, its
 * pretraining, from whose parameters the network's cells start. Its identity stands in theirs for
 * the content of initial weights.
 */
#ifndef GISD_GRID_EXPERIMENT_CELLS_H
#define GISD_GRID_EXPERIMENT_CELLS_H

#include "base/hash.h"
#include "grid/experiment/experiment_file.h"
#include "results/records.h"

enum { CELL_ID_BYTES = 13, CELL_NAME_BYTES = RECORD_NAME_BYTES };

typedef struct {
    char identity[CELL_ID_BYTES]; /* 12 hexadecimal digits; "" until grid_cells_identify() */
    char id[CELL_ID_BYTES]; /* of its folder and records: the identity, or what the folder of an
                               earlier version calls the same cell */
    char former_id[CELL_ID_BYTES]; /* as versions without architectures computed it; "" where they
                                      had no such cell */
    char weights[HASH_TEXT_BYTES]; /* of the parameters that it starts from; "": random ones, or a
                                      pretraining's */
    bool pretrains;                /* it is a pretraining, and none of the grid */
    size_t source;                 /* 1 + the cell from whose parameters it starts; 0: none */
    char name[CELL_NAME_BYTES];    /* "r50x1-global", then "-variant=NAME", with every other axis as
                                      "-key=value" */
    const char *variant; /* its name, borrowed from the experiment; NULL: there are none */
    size_t number;       /* in the count over all axes: see grid_cell_digit() */
    CellSettings settings;
    char *config; /* the resolved settings as YAML, one "key: value" a line; owned */
} GridCell;

typedef struct {
    size_t count;
    GridCell *cells; /* count; the last axis of setting_table.h varies fastest; pretrainings last */
} GridCells;

/* Makes the cells, without identities. A setting that does not matter for a cell is no axis for it.
 * Errors: a combination that cannot run (see setting_check()), with its cell's name; a name that is
 * too long. */
Status grid_cells_init(const ExperimentFile *experiment, const char *path, GridCells *cells);
void grid_cells_clear(GridCells *cells);

/* Which of a setting's values cell number `number` has. */
size_t grid_cell_digit(const ExperimentFile *experiment, size_t number, size_t setting);

/* A cell's value of a setting as the experiment file writes it: in canonical text, and a path as it
 * stands there; "" if the setting does not apply. */
void grid_cell_text(const ExperimentFile *experiment, const GridCell *cell, size_t setting,
                    char text[SETTING_TEXT_BYTES]);

/* Sets the identities. fingerprints: cells->count, each of the cell's data. Reads the initial
 * weights; errors name their file, or two that hold the same parameters; or two variants that are
 * the same cell. */
Status grid_cells_identify(const ExperimentFile *experiment, const char *path,
                           const char *const *fingerprints, GridCells *cells);

/* The identity of a cell of these settings. `weights`: as GridCell's. */
Status cell_identity(const CellSettings *settings, const char *weights, const char *fingerprint,
                     char id[CELL_ID_BYTES]);

/* The same as versions without architectures computed it; "" where they had no such cell.
 * `initial`: the path of the initial weights as written. */
Status cell_former_identity(const CellSettings *settings, const char *initial,
                            const char *fingerprint, char id[CELL_ID_BYTES]);

#endif

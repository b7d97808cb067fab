/* Which cells an experiment has and how far each one got, from its journal.
 *
 * Records of the journal that matter here: {"event": "planned", "cell": ID, "settings": {...}},
 * then "started", "finished", "failed" with a "cause"; the last one of a cell decides its state.
 * Other events are passed over.
 */
#ifndef GISD_REPORT_CELLS_H
#define GISD_REPORT_CELLS_H

#include <stddef.h>

#include "base/status.h"

typedef enum {
    CELL_STATE_PLANNED,
    CELL_STATE_STARTED,
    CELL_STATE_DONE,
    CELL_STATE_FAILED
} CellState;

enum { REPORT_NAME_BYTES = 48, REPORT_CAUSE_BYTES = 512 };

/* A cell of the grid. Settings that the journal does not tell are empty or NaN. */
typedef struct {
    char id[REPORT_NAME_BYTES];
    char backbone[REPORT_NAME_BYTES]; /* "r50x1" */
    char tuning[REPORT_NAME_BYTES];   /* "local" or "global" */
    double focal_alpha, focal_gamma;
    double seed; /* only shown: whole numbers up to 2^53 */
    CellState state;
    char cause[REPORT_CAUSE_BYTES]; /* of the failure */
} ReportCell;

/* In the order of their planning; owned through report_cells_clear(). */
typedef struct {
    size_t count, room;
    ReportCell *cells;
} ReportCells;

/* Reads the journal. A record about a cell that was never planned is STATUS_FORMAT with its line.
 */
Status report_cells_read(const char *journal_path, ReportCells *cells);
void report_cells_clear(ReportCells *cells);

#endif

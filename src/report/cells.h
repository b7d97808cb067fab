/* Which cells an experiment has and how far each one got, from its journal.
 *
 * Records of the journal that matter here: {"event": "planned", "cell": ID, "settings": {...}},
 * then "started", "finished", "failed" with a "cause"; the last one of a cell decides its state.
 * {"event": "decided", "dropped": [{"cell": ID}...]} tells which cells a search gave up.
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
    CELL_STATE_FAILED,
    CELL_STATE_DROPPED, /* by a search: trained for some epochs only */
    CELL_STATE_COUNT
} CellState;

enum { REPORT_NAME_BYTES = 48, REPORT_CAUSE_BYTES = 512, REPORT_OTHERS_BYTES = 256 };

/* A cell of the grid. Settings that the journal does not tell are empty or NaN. */
typedef struct {
    char id[REPORT_NAME_BYTES];
    char backbone[REPORT_NAME_BYTES]; /* "r50x1" */
    char tuning[REPORT_NAME_BYTES];   /* "local" or "global" */
    double focal_alpha, focal_gamma;
    double seed;                      /* only shown: whole numbers up to 2^53 */
    char others[REPORT_OTHERS_BYTES]; /* "key=value, ...": settings besides the above that are not
                                         the same in all cells */
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
/* Fills what the journal did not tell (an empty backbone and what goes with it) from a cell's
 * resolved settings, one "key: value" a line. */
void report_cell_complete(ReportCell *cell, const char *config);

void report_cells_clear(ReportCells *cells);

#endif

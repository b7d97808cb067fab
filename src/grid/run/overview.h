/* How far a results folder is, for somebody who looks from outside: collected once, and shown as
 * text (status_view.h) or as JSON (status_json.h). Only the journal is read.
 */
#ifndef GISD_GRID_RUN_OVERVIEW_H
#define GISD_GRID_RUN_OVERVIEW_H

#include "results/axes.h"

/* Cells by what they are: a partial one is running if a job is at it now. */
typedef struct {
    size_t done, running, partial, failed, dropped, fresh;
} CellCounts;

/* Finished cells by how far they are with a test set. */
typedef struct {
    char name[RECORD_KIND_BYTES];
    size_t tested, failed,
        left; /* failed: it could not be tested, and the next start tries again */
} TestCounts;

/* Owned through overview_clear(). */
typedef struct {
    const char *folder; /* borrowed */
    Records records;
    Axes axes;
    time_t now, sign; /* when this was read; last sign of life of a master */
    bool alive;       /* a job is running */
    CellCounts all;   /* of all cells of the grid */
    CellCounts *runs; /* axes.run_count: of each run */
    size_t test_count;
    TestCounts *tests;        /* test_count: of each test set of the last job */
    double seconds;           /* of work left, over the ranks of the job; NaN: no pace is known */
    double images_per_second; /* of all running cells; 0: not known */
} Overview;

/* `folder`: of the results, or STATUS_MISSING. Errors as records_read(). */
Status overview_read(const char *folder, Overview *overview);
void overview_clear(Overview *overview);

/* Whether a job is at the cell now. */
bool overview_is_running(const Overview *overview, const CellRecord *cell);

#endif

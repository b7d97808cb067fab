/* What the person at the terminal sees of a running grid: one line kept up to date on a terminal,
 * plain lines elsewhere (a log, or mpirun, which passes output on through pipes). */
#ifndef GISD_GRID_RUN_PROGRESS_H
#define GISD_GRID_RUN_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

enum { DURATION_BYTES = 24 };

typedef struct {
    size_t done, running, failed, left; /* cells; left: neither these nor dropped */
    size_t dropped;                     /* by a search */
    double images_per_second;           /* of all groups */
    double seconds_left;                /* to the end of the grid; NaN: not known */
} ProgressState;

typedef struct {
    bool terminal;
    bool shown; /* the terminal's line holds something */
    double last;
} Progress;

void progress_init(Progress *progress);

/* Shows the state, not too often; `now` in seconds. */
void progress_update(Progress *progress, const ProgressState *state, double now);

/* Prints a line of its own: a cell that ended, a rank that died. */
void progress_say(Progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Shows the state a last time and ends the line. */
void progress_end(Progress *progress, const ProgressState *state);

/* "12 s", "3 min", "2 h 05 min", "3 d 4 h"; "?" for NaN. */
void duration_text(double seconds, char text[DURATION_BYTES]);

#endif

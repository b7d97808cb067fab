/* Signals that ask for an orderly end: TERM, INT and USR1 set a flag, and no more.
 *
 * A group looks at it before each step, the master in each turn of its loop. A second INT (an
 * impatient Ctrl-C) ends the process at once.
 */
#ifndef GISD_GRID_RUN_SIGNALS_H
#define GISD_GRID_RUN_SIGNALS_H

#include <stdbool.h>

void signals_catch(void);

/* Whether one has come. */
bool signals_asked_to_stop(void);

/* Its name, "SIGTERM"; "" if none has come. */
const char *signals_name(void);

#endif

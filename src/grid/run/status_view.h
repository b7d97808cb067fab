/* What a results folder tells somebody who looks from outside, on any host, while a job runs or
 * after it, as text: only the journal and the cells' files are read. */
#ifndef GISD_GRID_RUN_STATUS_VIEW_H
#define GISD_GRID_RUN_STATUS_VIEW_H

#include <stdio.h>

#include "grid/run/overview.h"

/* A table of cells by backbone and tuning, the running ones' progress, failures with their causes,
 * and when all will be done. */
void status_view(const Overview *overview, FILE *stream);

/* The story of one cell, named by its identity, the start of it, or its name: every attempt, how it
 * ended, the last lines of its log, and what to do. */
Status status_why(const char *folder, const char *cell, FILE *stream);

#endif

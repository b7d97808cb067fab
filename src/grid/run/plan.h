/* What a run would do, before it does anything: the cells that are left, their predicted hours and
 * groups, and how many of them fit the time. Writes nothing. */
#ifndef GISD_GRID_RUN_PLAN_H
#define GISD_GRID_RUN_PLAN_H

#include <stdio.h>

#include "grid/run/run.h"

/* Prints the plan for `ranks` ranks (of which the first only leads, if there are several). Times
 * are from cells measured in the folder, else from a guess of the processor's speed; the plan says
 * which. Errors as run_experiment(). */
Status plan_print(const RunSettings *settings, size_t ranks, FILE *stream);

#endif

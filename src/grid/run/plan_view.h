/* A plan as text: a table of the selected cells, and what they come to. */
#ifndef GISD_GRID_RUN_PLAN_VIEW_H
#define GISD_GRID_RUN_PLAN_VIEW_H

#include <stdio.h>

#include "grid/run/plan.h"

void plan_print(const Plan *plan, FILE *stream);

#endif

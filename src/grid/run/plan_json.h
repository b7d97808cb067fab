/* A plan as JSON, for other programs: all that plan_view.h shows, and what is left out and why.
 * docs/automation.md lists the members. */
#ifndef GISD_GRID_RUN_PLAN_JSON_H
#define GISD_GRID_RUN_PLAN_JSON_H

#include <stdio.h>

#include "grid/run/plan.h"

/* Prints one object on one line. */
Status plan_json(const Plan *plan, FILE *stream);

#endif

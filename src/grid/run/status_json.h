/* An overview of a results folder as JSON, for other programs: all that status_view.h shows, and
 * every cell. docs/automation.md lists the members. */
#ifndef GISD_GRID_RUN_STATUS_JSON_H
#define GISD_GRID_RUN_STATUS_JSON_H

#include <stdio.h>

#include "grid/run/overview.h"

/* Prints one object on one line. */
Status status_json(const Overview *overview, FILE *stream);

#endif

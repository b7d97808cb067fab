/* Which cells of a grid are meant: "backbone=r50x1,r100x1 tuning=global". */
#ifndef GISD_GRID_EXPERIMENT_SELECTION_H
#define GISD_GRID_EXPERIMENT_SELECTION_H

#include <stdbool.h>

#include "grid/experiment/cells.h"

/* Reads "KEY=VALUE[,VALUE...]" terms, separated by blanks; a cell must satisfy all of them. KEY is
 * a setting's or "variant", and values are compared as settings, so that alpha=.25 means 0.25; a
 * path as the file writes it. Pretrainings are meant if a cell is that starts from them. selected:
 * cells->count. STATUS_ARGUMENT: unknown key, wrong value, or no cell is left. */
Status selection_read(const char *text, const ExperimentFile *experiment, const GridCells *cells,
                      bool *selected);

#endif

/* What the parts of a draft (draft.h) share. */
#ifndef GISD_GRID_RUN_DRAFT_PARTS_H
#define GISD_GRID_RUN_DRAFT_PARTS_H

#include "grid/run/draft.h"

/* Sets a setting that the architecture may lack; a value that it does not take changes nothing. */
void draft_set(CellSettings *settings, const char *section, const char *key, const char *text);

/* The rows: the draft's cell with networks of several sizes, smallest first, those that exist; one
 * at least. */
Status draft_list_networks(Draft *draft);

/* Adds rows of the chosen cell with every other backbone, where there are any. */
void draft_list_backbones(Draft *draft);

#endif

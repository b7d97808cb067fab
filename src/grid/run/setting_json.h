/* Settings as JSON: what --status and --plan tell other programs of cells. */
#ifndef GISD_GRID_RUN_SETTING_JSON_H
#define GISD_GRID_RUN_SETTING_JSON_H

#include "store/json.h"
#include "train/setting_table.h"

/* Versions of what is printed: members may be added within a version, none is taken away or means
 * something else. docs/automation.md and docs/schema/ list them. */
enum { STATUS_SCHEMA = 1, PLAN_SCHEMA = 1 };

/* Adds a setting to an object, by its name: a number with all its digits, a flag, or a text. A key
 * that this version does not know is taken for what its text looks like. */
void setting_put_json(bool *fine, cJSON *object, size_t setting, const char *name,
                      const char *text);

/* Adds a setting's value to a list. */
void setting_list_json(bool *fine, cJSON *list, size_t setting, const char *text);

#endif

/* Paths in an experiment file: relative to it, with ${NAME} for what the environment says. */
#ifndef GISD_GRID_EXPERIMENT_EXPERIMENT_PATH_H
#define GISD_GRID_EXPERIMENT_EXPERIMENT_PATH_H

#include "base/setting.h"
#include "store/yaml_tree.h"

/* Replaces ${NAME} by the environment's value. Errors name the node's line. */
Status experiment_path_expand(YamlNode node, const char *text, char expanded[SETTING_PATH_BYTES]);

/* The absolute path of what `file` writes, as other ranks may stand in other folders; "" stays "".
 * Released with free(). Errors name the node's line: also a path that no resolved file can hold. */
Status experiment_path_resolve(const char *file, YamlNode node, const char *written, char **text);

#endif

/* Settings of a cell from "KEY=VALUE" texts, as an experiment file would give them. */
#ifndef GISD_TESTS_CELL_SETTINGS_H
#define GISD_TESTS_CELL_SETTINGS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train/setting_table.h"

/* `text`: pairs separated by blanks; a setting that is not named has its default. A wrong one ends
 * the test program. */
static inline CellSettings cell_settings(const char *text)
{
    CellSettings settings = setting_defaults(0);
    char *copy = strdup(text), *rest = NULL;
    for (char *key = strtok_r(copy, " ", &rest); key; key = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(key, '=');
        *value++ = '\0';
        size_t setting = setting_find_name(key);
        if (setting == setting_count() || !setting_applies(&settings, setting) ||
            setting_read(&settings, setting, value) != STATUS_OK) {
            fprintf(stderr, "cell_settings: %s=%s\n", key, value);
            abort();
        }
    }
    free(copy);
    return settings;
}

#endif

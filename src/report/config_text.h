/* The settings of a cell as its result has them: one "key: value" a line. */
#ifndef GISD_REPORT_CONFIG_TEXT_H
#define GISD_REPORT_CONFIG_TEXT_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    char *key, *value;
} ConfigPair;

/* All of them; owned through config_pairs_clear(). */
typedef struct {
    size_t count, room;
    ConfigPair *items; /* count; texts lie in `text` */
    char *text;
} ConfigPairs;

Status config_pairs_read(const char *config, ConfigPairs *pairs);
void config_pairs_clear(ConfigPairs *pairs);

/* The value of a key, or NULL. */
const char *config_pairs_find(const ConfigPairs *pairs, const char *key);

#endif

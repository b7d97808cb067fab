/* A map from texts to numbers: a hash table with open addressing, half of it always free. So what
 * many cells have in common is found in one pass over them. */
#ifndef GISD_BASE_TEXT_MAP_H
#define GISD_BASE_TEXT_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef struct TextMapSlot TextMapSlot;

/* Empty if zeroed; owned through text_map_clear(). */
typedef struct {
    size_t count, room; /* room: 0 or a power of two, and 2 count at least */
    TextMapSlot *slots; /* room */
} TextMap;

/* Adds a copy of `text`, which is to stand for *value; if it is there already, *value becomes what
 * it stands for. A caller that passes the map's count numbers the texts from 0 in the order in
 * which they first come, and knows a new one by its number. */
Status text_map_add(TextMap *map, const char *text, size_t *value);

/* What a text stands for; false if it is not there. */
bool text_map_find(const TextMap *map, const char *text, size_t *value);

void text_map_clear(TextMap *map);

#endif

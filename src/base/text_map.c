/* See text_map.h. */
#include "base/text_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

struct TextMapSlot {
    char *text; /* owned; NULL: the slot is free */
    size_t value;
};

/* The slot of a text, or the free one that it would take. */
static TextMapSlot *find_slot(const TextMap *map, const char *text)
{
    size_t i = hash_bytes(text, strlen(text), 0) & (map->room - 1);
    while (map->slots[i].text && strcmp(map->slots[i].text, text) != 0)
        i = (i + 1) & (map->room - 1);
    return &map->slots[i];
}

static Status grow(TextMap *map)
{
    TextMap larger = {.count = map->count, .room = map->room ? 2 * map->room : 64};
    TRY(MEMORY_NEW(&larger.slots, larger.room));
    for (size_t i = 0; i < map->room; ++i)
        if (map->slots[i].text)
            *find_slot(&larger, map->slots[i].text) = map->slots[i];
    free(map->slots);
    *map = larger;
    return STATUS_OK;
}

Status text_map_add(TextMap *map, const char *text, size_t *value)
{
    if (text_map_find(map, text, value))
        return STATUS_OK;
    if (2 * (map->count + 1) > map->room)
        TRY(grow(map));
    TextMapSlot *slot = find_slot(map, text);
    TRY(memory_copy_text(text, &slot->text));
    slot->value = *value;
    ++map->count;
    return STATUS_OK;
}

bool text_map_find(const TextMap *map, const char *text, size_t *value)
{
    const TextMapSlot *slot = map->room ? find_slot(map, text) : NULL;
    if (!slot || !slot->text)
        return false;
    *value = slot->value;
    return true;
}

void text_map_clear(TextMap *map)
{
    for (size_t i = 0; i < map->room; ++i)
        free(map->slots[i].text);
    free(map->slots);
    *map = (TextMap){0};
}

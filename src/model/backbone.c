/* The table of backbones; see backbone.h. */
#include "model/backbone.h"

#include <string.h>

static const struct {
    const char *name;
    Backbone backbone;
} table[] = {
    {"r50x1", {50, 1}}, {"r100x1", {100, 1}}, {"r50x2", {50, 2}},   {"r100x2", {100, 2}},
    {"r50x3", {50, 3}}, {"r100x3", {100, 3}}, {"r150x3", {150, 3}},
};

enum { TABLE_COUNT = sizeof table / sizeof *table };

const size_t *backbone_units(size_t depth)
{
    static const size_t units[3][4] = {{3, 4, 6, 3}, {3, 4, 23, 3}, {3, 8, 36, 3}};
    switch (depth) {
    case 50:
        return units[0];
    case 100:
        return units[1];
    case 150:
        return units[2];
    default:
        return NULL;
    }
}

const char *backbone_name(size_t number)
{
    return number < TABLE_COUNT ? table[number].name : NULL;
}

Status backbone_parse(const char *name, Backbone *backbone)
{
    for (size_t i = 0; i < TABLE_COUNT; ++i)
        if (strcmp(name, table[i].name) == 0) {
            *backbone = table[i].backbone;
            return STATUS_OK;
        }
    FAIL(STATUS_ARGUMENT,
         "unknown backbone '%s' (expected r50x1, r100x1, r50x2, r100x2, r50x3, r100x3 or r150x3)",
         name);
}

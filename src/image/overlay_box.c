/* See overlay_box.h. */
#include "image/overlay_box.h"

#include <string.h>

static const char *const names[OVERLAY_KINDS] = {"text", "digits", "tube", "border"};

const char *overlay_name(OverlayKind kind)
{
    return names[kind];
}

bool overlay_parse(const char *name, OverlayKind *kind)
{
    for (size_t i = 0; i < OVERLAY_KINDS; ++i)
        if (strcmp(name, names[i]) == 0) {
            *kind = (OverlayKind)i;
            return true;
        }
    return false;
}

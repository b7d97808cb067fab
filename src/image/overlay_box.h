/* What was laid over a frame: its kinds, and one found or drawn. */
#ifndef GISD_IMAGE_OVERLAY_BOX_H
#define GISD_IMAGE_OVERLAY_BOX_H

#include <stdbool.h>

#include "image/box.h"

typedef enum {
    OVERLAY_TEXT,   /* words and symbols */
    OVERLAY_DIGITS, /* dates, times, numbers */
    OVERLAY_TUBE,   /* an inset, such as the scope's position, and the square that it was painted
                       out with */
    OVERLAY_BORDER, /* the black surround: its bands and its corners */
    OVERLAY_KINDS
} OverlayKind;

typedef struct {
    OverlayKind kind;
    Box box;     /* pixels of the frame */
    float score; /* 1: certain */
} OverlayBox;

/* The boxes of one kind on one frame. Place and area are shares of the frame. */
typedef struct {
    double boxes;
    double area; /* their sum: boxes over each other count twice */
    double x, y; /* mean of their centres by area; 0 where there is none */
} OverlaySummary;

/* "text", "digits", "tube" or "border"; static storage. */
const char *overlay_name(OverlayKind kind);

/* The kind called `name`; false if there is none. */
bool overlay_parse(const char *name, OverlayKind *kind);

#endif

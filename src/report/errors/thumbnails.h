/* Small pictures of frames for a page that shows what went wrong: of as many as there is room for,
 * the most wanted first.
 *
 * Frames are read from where the manifest says that they are, when the report is made; a results
 * folder holds none. A picture that cannot be read, or that is none of the tested one's size as far
 * as that is known, is left out: a report is made without it.
 */
#ifndef GISD_REPORT_ERRORS_THUMBNAILS_H
#define GISD_REPORT_ERRORS_THUMBNAILS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { THUMBNAIL_SIDE = 160 }; /* pixels of the longer side */

/* A frame to be shown. */
typedef struct {
    const char *name; /* as the manifest writes it; borrowed */
    double area;      /* pixels of the frame that was tested; NaN: not known */
} ThumbnailWish;

typedef struct {
    size_t frame_width, frame_height; /* of the frame */
    uint8_t *jpeg;                    /* bytes, owned; NULL: there is none */
    size_t bytes;
} Thumbnail;

/* Owned through thumbnails_clear(). */
typedef struct {
    size_t count;
    Thumbnail *items;  /* count: one a wish */
    size_t shown;      /* of them */
    size_t unreadable; /* wished for, and not to be had */
    size_t no_room;    /* left out, as the page would grow too large */
} Thumbnails;

/* Of the frames of a manifest in the order of the wishes, until the pictures take `room` bytes. A
 * pack has none. */
Status thumbnails_make(const char *manifest, size_t count, const ThumbnailWish *wishes, size_t room,
                       Thumbnails *thumbnails);
void thumbnails_clear(Thumbnails *thumbnails);

#endif

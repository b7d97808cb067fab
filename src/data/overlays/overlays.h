/* Pictures with drawn overlays, from which a network learns to find overlays on real frames: text
 * and digits, insets, black surrounds, on frames of the phantom or of the user's own.
 *
 * Picture k is a function of the settings, the backgrounds and k alone, whatever the number of
 * threads; of the installed fonts too (lettering.h). Boxes are those of what is seen: the ink of
 * letters, as far as nothing lies over it, an inset as a whole, the bands and corners of a surround
 * (black_surround.h). One in ten pictures has no overlay.
 */
#ifndef GISD_DATA_OVERLAYS_H
#define GISD_DATA_OVERLAYS_H

#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"
#include "image/image.h"
#include "image/overlay_box.h"

enum { OVERLAYS_MOST = 64 }; /* on one picture */

typedef struct {
    size_t images; /* 1 to 1000000 */
    uint64_t seed;
    size_t width, height;    /* of each picture, 64 to 4096 */
    const char *backgrounds; /* a manifest; NULL: frames of the phantom */
} OverlaySettings;

/* 1000 pictures of 480 x 400, seed 1, on frames of the phantom. */
OverlaySettings overlays_defaults(void);

typedef struct {
    Image image; /* RGB */
    Image ink;   /* one channel, as large: other than 0 where letters are seen; while it is drawn */
    size_t count;
    OverlayBox boxes[OVERLAYS_MOST];
} OverlayPicture;

void overlay_picture_clear(OverlayPicture *picture);

/* Draws overlays on picture->image, which is a bare frame, and notes their boxes. */
Status overlay_picture_draw(RandomStream *stream, OverlayPicture *picture);

/* What a frame has of its own that looks like letters or hides them: light too bright to be seen
 * through, and groups of gleams. No boxes. */
void overlay_gleams(RandomStream *stream, Image *image);

/* The parts of a picture, each of which adds its boxes (overlay_add()): the surround; an inset;
 * blocks of lines of text. A surround and an inset hide the ink that is there (overlay_hide()). */
Status overlay_surround(RandomStream *stream, OverlayPicture *picture);
Status overlay_inset(RandomStream *stream, OverlayPicture *picture);
Status overlay_lines(RandomStream *stream, OverlayPicture *picture);

/* Notes a box, cut to the picture; one of less than 3 pixels a side is not seen and left out, as
 * are those beyond OVERLAYS_MOST. */
void overlay_add(OverlayPicture *picture, OverlayKind kind, Box box);

/* Notes that something was laid over a pixel. */
void overlay_hide(OverlayPicture *picture, size_t x, size_t y);

/* Writes images/, manifest.csv and the property "synthetic" into the folder `path`, which must be
 * new or empty, on all OpenMP threads; *skipped background frames had no part to draw on. A picture
 * has its background's patient, and its split where the manifest gives one; other patients are
 * split 70 : 15 : 15. */
Status overlays_write(const OverlaySettings *settings, const char *path, size_t *skipped);

#endif

/* Frames of the user's own that phantom lesions are drawn into. */
#ifndef GISD_DATA_PHANTOM_FRAMES_H
#define GISD_DATA_PHANTOM_FRAMES_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    char *path;    /* of the image */
    char *patient; /* NULL: not known */
} PhantomFrame;

typedef struct PhantomFrames {
    size_t count, capacity;
    PhantomFrame *items; /* count */
    size_t left_out;     /* rows of the manifest that are not fit, see below */
} PhantomFrames;

/* Lists the frames of a manifest, or the image files in a folder without one and below it. Of a
 * manifest's rows are left out those that are not normal, which have lesions already, and those of
 * the splits val and test, on which nothing may learn. To be cleared whatever comes of it.
 * STATUS_ARGUMENT: nothing is left; else as manifest_read() has it. */
Status phantom_frames_read(const char *path, PhantomFrames *frames);
void phantom_frames_clear(PhantomFrames *frames);

#endif

/* Phantom gastroscopy: a synthetic data set whose truth is known to the pixel.
 *
 * Patients have one class each and one to six images: the same mucosa and the same lesion, seen
 * another way. About 18 % of the images show early cancer (GC; raised, flat and sunken ones in
 * equal parts), 22 % an ulcer (GU), 25 % gastritis (CG) and 35 % nothing. It is made to exercise
 * every part of the program and to be learnt within minutes, not to say anything about patients.
 * Easy images show one lesion of the class's colours. Hard ones show one to PHANTOM_LESIONS lesions
 * of one class, small ones too, which their structure alone tells.
 *
 * Image k is a function of the settings and k alone, whatever the number of threads. (Another
 * processor may round the last bit of a pixel differently.)
 */
#ifndef GISD_DATA_PHANTOM_H
#define GISD_DATA_PHANTOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/phantom/disturb.h"
#include "data/phantom/frames.h"
#include "data/phantom/overlay.h"
#include "data/phantom/scene.h"
#include "image/box.h"
#include "image/image.h"

typedef struct {
    size_t images; /* 1 to 1000000 */
    uint64_t seed;
    size_t width, height; /* of each image, 64 to 4096 */
    double overlays;      /* share of images with burned-in overlays */
    PhantomLevel level;
    /* Not NULL: frames that hard lesions are drawn into, one after the other and again from the
     * first, in place of walls; reduced to fit into width x height. They keep overlays of their
     * own. Borrowed. */
    const PhantomFrames *frames;
    NoiseKind noise; /* laid over the finished images as phantom_write() writes them */
} PhantomSettings;

/* 400 easy images of 320 x 256, seed 1, overlays on half of them. */
PhantomSettings phantom_defaults(void);

/* What an image is to show. */
typedef struct {
    LesionKind kind;
    uint32_t patient; /* from 0 */
} PhantomCase;

/* "easy" or "hard"; false: another text. */
const char *phantom_level_name(PhantomLevel level);
bool phantom_level_parse(const char *text, PhantomLevel *level);

/* "normal", "GC", "GU" or "CG"; and "uplift", "flat", "depression" or "". */
const char *phantom_label(LesionKind kind);
const char *phantom_form(LesionKind kind);

/* Assigns patients and what they have to all images. */
void phantom_plan(const PhantomSettings *settings, PhantomCase *cases /* images */);

enum { PHANTOM_LESIONS = 3, PHANTOM_SIDE_LEAST = 64, PHANTOM_SIDE_MOST = 4096 };

/* One finished image and its truth. */
typedef struct {
    Image image;      /* RGB */
    Image mask;       /* 0 or 255; all 0 for a normal image */
    size_t box_count; /* lesions */
    Box boxes[PHANTOM_LESIONS];
    OverlayPlan overlays;
} PhantomImage;

/* Makes image `index` in the scene (of the settings' size); release with phantom_image_clear(). */
Status phantom_image(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                     Scene *scene, PhantomImage *result);
void phantom_image_clear(PhantomImage *result);

/* The same in a frame of the settings': the lesions of image `index` depend on the settings, the
 * index and the frame alone. The case's patient is not looked at. STATUS_ARGUMENT: a frame of less
 * than 64 pixels each way, once it is reduced. */
Status phantom_frame_image(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                           PhantomImage *result);

/* Writes images/, masks/, manifest.csv, overlays.csv and the property "synthetic" (properties.h)
 * into the folder `path`, on all OpenMP threads.
 * With noise the images are PNG, and those without it lie in clean/ under the same names.
 * The folder must be new or empty: everything is written beside it under a temporary name, which
 * is renamed at the end. The split is by patient, 60 : 15 : 25.
 * With frames there is no overlays.csv and no split; patients are theirs, a frame without one is a
 * patient of its own; and where a frame has no room the image is normal. *with_lesions (unless
 * NULL) is the number of images that show any. */
Status phantom_write(const PhantomSettings *settings, const char *path, size_t *with_lesions);

#endif

/* What the parts of the phantom generator share: the wall as layers of floats, before light falls
 * on it. Mucosa lays down relief and colour, lesions change both, rendering lights and films them,
 * overlays are burned into the finished picture.
 */
#ifndef GISD_DATA_PHANTOM_SCENE_H
#define GISD_DATA_PHANTOM_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/status.h"
#include "image/image.h"

/* Layers of height x width floats, in one block. Positions: u, v are 0 in the picture's middle and
 * -1, 1 at its upper and lower edge. */
typedef struct {
    size_t width, height;
    float unit;                /* pixels in a length of 1: half the height */
    float *wall_x, *wall_y;    /* place on the wall, denser towards the lumen */
    float *radius, *angle;     /* from the lumen's centre */
    float *relief;             /* height of the wall towards the viewer, pixels */
    float *red, *green, *blue; /* colour of the wall in white light, 0 to 1 */
    float *gloss;              /* strength of highlights */
    float *light, *spare;      /* for the parts' own use */
    uint8_t *mask;             /* 255 on the lesion */
    float *block;              /* owned storage of the layers */
} Scene;

/* Allocates the layers, all 0; scene_clear() releases them. */
Status scene_init(Scene *scene, size_t width, size_t height);
void scene_clear(Scene *scene);

/* The same of all images of one patient. */
typedef struct {
    float red, green, blue; /* colour of the mucosa */
    float blotches;         /* strength of low-frequency redness */
    float vessels;          /* strength of visible vessels */
    float folds;            /* height of rugae, pixels at 256 rows */
    float grain;            /* strength of the fine relief */
    float rings;            /* share of ring folds (antrum) against long ones (corpus) */
    float wetness;
    uint32_t seed; /* of its noise */
} Mucosa;

/* One look at the wall. */
typedef struct {
    float lumen_u, lumen_v, lumen_size;
    float roll;             /* of the folds, radians */
    float light_u, light_v; /* where the lamp stands beside the lens */
    float exposure, warmth;
    float blur;  /* pixels at 256 rows */
    float noise; /* standard deviation, of 255 */
    uint32_t seed;
} Look;

/* How hard lesions are to find. In easy pictures each class has its colours, and one large lesion;
 * in hard ones the mean colour of a lesion is that of the wall under it, lesions are small and
 * several, and healthy mucosa is of many colours. */
typedef enum { PHANTOM_EASY, PHANTOM_HARD } PhantomLevel;

/* Draws the properties; `stream` is keyed by the patient, or the image. */
Mucosa mucosa_draw(RandomStream *stream);
Look look_draw(RandomStream *stream);

/* Lays down healthy mucosa: all layers but the mask, which becomes 0. */
void mucosa_lay(Scene *scene, const Mucosa *mucosa, const Look *look);

/* Widens what was drawn to the many colours of hard pictures (colours.c). */
void colours_widen(RandomStream *stream, Mucosa *mucosa, Look *look);

/* Lays bile, mucus, red and pale spots on the wall and turns its white: the same for every class.
 */
void colours_lay(Scene *scene, RandomStream *stream);

typedef enum {
    LESION_NONE,
    LESION_CANCER_UPLIFT,
    LESION_CANCER_FLAT,
    LESION_CANCER_DEPRESSION,
    LESION_ULCER,
    LESION_GASTRITIS,
} LesionKind;

enum { LESION_WAVES = 7 };

/* One lesion, the same in all images of its patient. */
typedef struct {
    LesionKind kind;
    float share;                 /* of the frame's area that it covers from the usual distance */
    float aspect;                /* long to short axis */
    float wave[LESION_WAVES][2]; /* cosine and sine part of the outline's waves 1, 2, ... */
    float jagged;                /* roughness of the outline */
    float strength;              /* of its colours and relief */
    float paleness;              /* -1 red to 1 pale */
    uint32_t seed;               /* of its noise */
    PhantomLevel level;
} LesionShape;

/* Where it lies in one image. */
typedef struct {
    float x, y;                  /* centre, pixels */
    float long_axis, short_axis; /* pixels */
    float turn;                  /* radians */
    bool mirrored;
} LesionPlace;

LesionShape lesion_draw(LesionKind kind, RandomStream *stream);

/* The same for a hard picture: told by its structure alone, and smaller. */
LesionShape lesion_draw_hard(LesionKind kind, RandomStream *stream);

/* Finds a lit place for the lesion where nothing in `blocked` (one channel, 255: hidden, or NULL)
 * lies on it; the lesion shrinks if need be. */
LesionPlace lesion_place(const LesionShape *shape, const Look *look, size_t width, size_t height,
                         const Image *blocked, RandomStream *stream);

/* Whether something in `blocked` lies under the lesion: lesion_place() looks at its outline alone.
 */
bool lesion_covers(const LesionShape *shape, const LesionPlace *place, const Image *blocked);

/* Changes relief, colours, gloss and mask of the wall. The mask must be 0 before. */
void lesion_lay(Scene *scene, const LesionShape *shape, const LesionPlace *place);

/* One pixel in a lesion's own terms: rho is the distance from the centre in units of the outline, p
 * and q that in units of the axes, coarse and fine are noise, size is the short axis in pixels. */
typedef struct {
    float rho, angle, p, q, size, coarse, fine;
} LesionPoint;

/* Lays the structure of a hard lesion at pixel i (structure.c). */
void structure_lay(Scene *scene, size_t i, const LesionShape *shape, const LesionPoint *at);

/* The light that falls on each pixel of the wall in `light`, highlights in `spare`. */
void scene_light(Scene *scene, const Mucosa *mucosa, const Look *look);

/* How red, green and blue follow the light: to this power. Blood makes dark mucosa redder. */
extern const float scene_powers[3];

/* Blurs a layer by a Gaussian of that standard deviation in pixels. */
void scene_blur(float *layer, float *line /* width */, size_t width, size_t height,
                float deviation);

/* Lights the wall and films it into an RGB picture of the scene's size. */
void scene_render(Scene *scene, const Mucosa *mucosa, const Look *look, uint8_t *pixels);

#endif

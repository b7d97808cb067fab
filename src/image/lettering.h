/* Text as a video processor burns it into a picture: in one of several fonts, stretched, of single
 * pixels or smooth, outlined or on a plate, opaque or not.
 *
 * Fonts are those that are installed (through fontconfig), by their families' names; one that is
 * not there gives way to another, so pictures are the same only where the same fonts are.
 */
#ifndef GISD_IMAGE_LETTERING_H
#define GISD_IMAGE_LETTERING_H

#include <stdbool.h>

#include "image/box.h"
#include "image/draw.h"
#include "image/image.h"

typedef struct {
    const char *family; /* of the font, such as "DejaVu Sans Mono" */
    bool bold;
    float height;  /* of a capital, pixels */
    float stretch; /* width, 1: as the font has it */
    bool coarse;   /* pixels are set or not, without smooth edges */
    Colour colour;
    float opacity; /* 0 to 1 */
    float outline; /* width of a dark line around the letters, pixels; 0: none */
} Lettering;

/* Letters as coverage, 0 to 255, cut to the ink that there is. */
typedef struct {
    Image ink, outline; /* one channel; no pixels where there is nothing to be seen */
    size_t margin;      /* by which the outline is larger than the ink on each side */
    float before;       /* from where the pen was to the left of the ink, pixels */
    float above;        /* from the base line to the top of the ink, negative above, pixels */
    float advance;      /* how far the pen moved, pixels */
} Letters;

/* Sets text (UTF-8); letters_clear() releases it. */
Status letters_set(const Lettering *style, const char *text, Letters *letters);
void letters_clear(Letters *letters);

/* Lays letters over an RGB picture with the upper left pixel of their ink at (x, y); what lies
 * beyond the picture is left out. */
void letters_lay(const Letters *letters, const Lettering *style, long x, long y, Image *image);

#endif

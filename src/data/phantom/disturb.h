/* Noise on a finished picture, to see what a filter makes of it.
 *
 *   impulse   one in twenty numbers (of a colour of a pixel) is 0 or 255
 *   gaussian  a normal number of standard deviation 10 is added to each
 *   mixed     both, the impulses last
 */
#ifndef GISD_DATA_PHANTOM_DISTURB_H
#define GISD_DATA_PHANTOM_DISTURB_H

#include <stdbool.h>

#include "base/random.h"
#include "image/image.h"

typedef enum { NOISE_NONE, NOISE_IMPULSE, NOISE_GAUSSIAN, NOISE_MIXED, NOISES } NoiseKind;

/* "none", "impulse", "gaussian" or "mixed"; false: another text. */
bool noise_parse(const char *name, NoiseKind *kind);

void noise_disturb(RandomStream *stream, NoiseKind kind, Image *image);

#endif

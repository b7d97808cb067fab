/* What is done to every frame before a network sees it: the chain of data/denoise, or nothing. A
 * property of the network, as what it was trained on is what it must be shown. */
#ifndef GISD_IMAGE_DENOISE_CHOICE_H
#define GISD_IMAGE_DENOISE_CHOICE_H

#include <stdbool.h>

typedef enum {
    DENOISE_NONE,        /* frames as they are */
    DENOISE_CROP,        /* overlays are found, cropped away where that is possible, else filled */
    DENOISE_CROP_FILTER, /* and noise is filtered out */
    DENOISE_CHOICES
} DenoiseChoice;

/* Their names in experiment files and checkpoints: "none", "crop", "crop+filter", NULL. */
extern const char *const denoise_choice_names[DENOISE_CHOICES + 1];

/* The choice of that name; false if there is none. */
bool denoise_choice_parse(const char *name, DenoiseChoice *choice);

#endif

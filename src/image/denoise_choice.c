/* See denoise_choice.h. */
#include "image/denoise_choice.h"

#include <string.h>

const char *const denoise_choice_names[DENOISE_CHOICES + 1] = {"none", "crop", "crop+filter", 0};

bool denoise_choice_parse(const char *name, DenoiseChoice *choice)
{
    for (int i = 0; i < DENOISE_CHOICES; ++i)
        if (strcmp(name, denoise_choice_names[i]) == 0) {
            *choice = (DenoiseChoice)i;
            return true;
        }
    return false;
}

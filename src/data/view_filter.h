/* What happens to a training view after it is rendered: an exponent of its channels, and blur. Both
 * work in place on size x size pixels of 3 channels in the network's range. */
#ifndef GISD_DATA_VIEW_FILTER_H
#define GISD_DATA_VIEW_FILTER_H

#include <stddef.h>

#include "image/input_form.h"

/* Every channel, as a share of 255, to the power `gamma`. */
void view_gamma(float gamma, size_t size, const InputForm *form,
                float *input /* size x size x 3 */);

/* A Gaussian blur of `sigma` pixels, above 0; beyond its border the view goes on as at it. */
void view_blur(double sigma, size_t size, float *input /* size x size x 3 */,
               float *line /* size x 3: scratch */);

#endif

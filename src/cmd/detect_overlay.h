/* gisd-detect --overlay: what was found, drawn into the picture. */
#ifndef GISD_CMD_DETECT_OVERLAY_H
#define GISD_CMD_DETECT_OVERLAY_H

#include "cmd/detect_found.h"
#include "image/image.h"

/* Draws the verdict, and on an image that is called lesion the mask and the boxes that a person
 * should look at (the rule's `all` means lists), the best on top. */
Status overlay_draw(const GisdDetector *detector, const GisdResult *result, const FoundRule *rule,
                    Image *image);

/* The mask as a picture, 255 on lesion, whatever the verdict; the result has one. */
Status overlay_mask(const GisdResult *result, Image *mask);

#endif

/* Masks from files: which pixels are set, told from the values that the file stores.
 *
 * People keep masks as 0 and 255, as 0 and 1, as one bit, as indices of a palette, in 16 bits, and
 * as JPEG, whose values only come near the two. Each of these is read, and how is told. What leaves
 * a doubt is refused with what was found in the file, unless a rule (mask_rule.h) says how to read
 * it: a wrong guess would give an empty mask, or a full one, and numbers that look right.
 *
 * Without a rule a mask is read if its values, as stored, are
 *   one alone                    0; 1 or one of the upper half: nothing, or everything, is set
 *   0 and 1                      in any number of bits
 *   0 and one of the upper half  set is the upper half, from 128 of 255 on, as for the next
 *   near two levels              one far below the middle and one far above, few between them and
 *                                those at edges: JPEG, resized masks
 *   0 and 255, 4095, ...         in 16 bits that use only the lower ones
 *   palette indices 0 and 1      where colour 0 is black; a palette of greys is looked up instead
 * Colours that differ from grey by no more than JPEG makes them are grey; alpha is dropped.
 */
#ifndef GISD_DATA_MASK_READING_H
#define GISD_DATA_MASK_READING_H

#include <stdbool.h>

#include "base/status.h"
#include "data/mask_rule.h"
#include "image/image.h"
#include "image/image_file.h"

enum { MASK_READING_BYTES = MASK_RULE_BYTES + 16 };

/* How the values were read. */
typedef struct {
    char text[MASK_READING_BYTES]; /* "0/255", "palette index 0/1", "mask_values red" */
    bool told;                     /* a rule said so */
} MaskReading;

/* Reads the mask at `path` as one channel of 0 and 255, upright, to be released with image_clear();
 * `info` may be NULL. STATUS_FORMAT: no image, or values that leave a doubt or that the rule does
 * not cover; the message has what was found and the rule that would take it. Other errors as
 * image_read()'s. */
Status mask_read(const char *path, const MaskRule *rule, Image *mask, MaskReading *reading,
                 ImageFileInfo *info);

/* STATUS_FORMAT: all values are the same and alpha is not, so the shape is in the alpha channel,
 * which is dropped. */
Status mask_check_alpha(const char *path, const ImageValues *values);

#endif

/* Masks of one channel: two levels found in the stored values, or cut as a rule says. What is read
 * and what is refused stands in mask_reading.h, whose part this is. */
#ifndef GISD_DATA_MASK_LEVELS_H
#define GISD_DATA_MASK_LEVELS_H

#include "data/mask_reading.h"

enum { MASK_SET = 255 };

/* Sets the pixels of `mask` (zero, as large as the values) by values of one channel. */
Status mask_levels_read(const char *path, const ImageValues *values, const MaskRule *rule,
                        Image *mask, MaskReading *reading);

/* Whether a file's format may have changed values a little. */
bool mask_is_lossy(const ImageFileInfo *info);

/* A text that is put together piece by piece, and cut where it is full. */
typedef struct {
    char text[256];
    size_t used;
} MaskLine;

void mask_say(MaskLine *line, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

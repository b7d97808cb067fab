/* What a manifest's images are split by, from its rows: labels in which the sides are to be alike,
 * and the patients that are kept together. */
#ifndef GISD_DATA_SPLIT_INPUT_H
#define GISD_DATA_SPLIT_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/manifest.h"
#include "data/split.h"

enum { SPLIT_INPUT_KINDS = 3 };

typedef struct {
    size_t kinds;                       /* class, form, and centre where there are several */
    int32_t *labels[SPLIT_INPUT_KINDS]; /* manifest->count each; of kinds that count or not */
    uint32_t *units;                    /* manifest->count: patients; may be joined further */
    Split *splits;                      /* manifest->count: as given */
} SplitInput;

/* To be cleared after an error too. */
Status split_input_init(const Manifest *manifest, SplitInput *input);
void split_input_clear(SplitInput *input);

#endif

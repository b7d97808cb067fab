/* See split_input.h. */
#include "data/split_input.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { OF_CLASS, OF_FORM, OF_CENTRE };

/* Numbers for the rows' centres, in the order of their first rows; returns how many there are. */
static Status number_centres(const Manifest *manifest, int32_t *centres, size_t *count)
{
    const char **names;
    TRY(MEMORY_NEW(&names, manifest->count));
    *count = 0;
    for (size_t i = 0; i < manifest->count; ++i) {
        const char *centre = manifest->rows[i].centre;
        size_t known = 0;
        while (known < *count && strcmp(names[known], centre) != 0)
            ++known;
        if (known == *count)
            names[(*count)++] = centre;
        centres[i] = (int32_t)known;
    }
    free(names);
    return STATUS_OK;
}

Status split_input_init(const Manifest *manifest, SplitInput *input)
{
    size_t centres;
    *input = (SplitInput){0};
    for (size_t k = 0; k < SPLIT_INPUT_KINDS; ++k)
        TRY(MEMORY_NEW(&input->labels[k], manifest->count));
    TRY(MEMORY_NEW(&input->units, manifest->count));
    TRY(MEMORY_NEW(&input->splits, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i) {
        input->labels[OF_CLASS][i] = manifest->rows[i].label_index;
        input->labels[OF_FORM][i] = manifest->rows[i].form_index;
        input->units[i] = manifest->rows[i].patient_index;
        input->splits[i] = manifest->rows[i].split;
    }
    TRY(number_centres(manifest, input->labels[OF_CENTRE], &centres));
    input->kinds = centres > 1 ? SPLIT_INPUT_KINDS : OF_CENTRE;
    return STATUS_OK;
}

void split_input_clear(SplitInput *input)
{
    for (size_t k = 0; k < SPLIT_INPUT_KINDS; ++k)
        free(input->labels[k]);
    free(input->units);
    free(input->splits);
    *input = (SplitInput){0};
}

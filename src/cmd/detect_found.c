/* See detect_found.h. */
#include "cmd/detect_found.h"

#include <stdlib.h>

#include "base/memory.h"

Status found_init(const FoundRule *rule, const GisdResult *result, Found *found)
{
    *found = (Found){0};
    TRY(MEMORY_NEW(&found->boxes, result->box_count));
    const bool lesion = result->predicted_class != GISD_NORMAL;
    for (size_t i = 0; i < result->box_count; ++i) {
        const double score = result->boxes[i].score;
        const bool reaches = lesion && result->places[i] == i && score >= rule->threshold;
        if (rule->all || (reaches && score >= rule->share_of_best * result->boxes[0].score &&
                          found->count < FOUND_MOST))
            found->boxes[found->count++] = i;
        else
            found->reaching += reaches;
    }
    found->not_listed = result->box_count - found->count;
    return STATUS_OK;
}

void found_clear(Found *found)
{
    free(found->boxes);
    *found = (Found){0};
}

double found_other(const FoundRule *rule, const GisdResult *result, size_t box, int class_index)
{
    if (rule->all || result->boxes[box].class_index == class_index)
        return 0;
    for (size_t i = box + 1; i < result->box_count; ++i)
        if (result->places[i] == box && result->boxes[i].class_index == class_index)
            return result->boxes[i].score;
    return 0;
}

/* See classes.h. */
#include "report/tables/classes.h"

#include <string.h>

ClassColumns classes_choose(const Experiment *experiment)
{
    ClassColumns classes = {0};
    size_t first = SIZE_MAX; /* in the order of planning */
    for (size_t i = 0; i < experiment->variant_count && first == SIZE_MAX; ++i)
        if (experiment->variants[i].chosen &&
            experiment->results[experiment->variants[i].best].class_names.count)
            first = experiment->variants[i].best;
    if (first == SIZE_MAX)
        return classes;
    const Hdf5Texts *names = &experiment->results[first].class_names;
    for (size_t j = 0; j < names->count && j < CLASSES_MOST; ++j)
        classes.names[classes.count++] = names->items[j];
    return classes;
}

/* The position of a class in the result's class_names, or their count. */
static size_t find(const CellResult *result, const char *name)
{
    size_t i = 0;
    while (i < result->class_names.count && strcmp(result->class_names.items[i], name) != 0)
        ++i;
    return i;
}

ClassCount classes_count(const Experiment *experiment, const Run *run, const char *name)
{
    ClassCount count = {0};
    size_t at = 0;
    for (const CellResult *result; (result = experiment_next_seed(experiment, run, &at)) != NULL;) {
        const size_t classes = result->class_names.count, position = find(result, name);
        if (position == classes)
            continue;
        for (size_t i = 0; i < classes; ++i)
            count.images += result->confusion[position * classes + i];
        count.right += result->confusion[position * classes + position];
        for (size_t i = 0; result->seconds && result->truth && i < result->images; ++i)
            if (result->truth[i] + 1 == (int64_t)position) {
                count.seconds += result->seconds[i];
                ++count.timed;
            }
    }
    return count;
}

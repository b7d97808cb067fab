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

size_t classes_find(const CellResult *result, const char *name)
{
    size_t i = 0;
    while (i < result->class_names.count && strcmp(result->class_names.items[i], name) != 0)
        ++i;
    return i;
}

/* Adds the seconds of a class's images, as measured alone or of the test. */
static void add_seconds(const CellResult *result, size_t position, bool alone, ClassCount *count)
{
    const CellSpeed *speed = &result->speed;
    const char *name = result->class_names.items[position];
    for (size_t i = 0; alone && i < speed->count; ++i)
        if (strcmp(speed->classes.items[i], name) == 0) {
            count->seconds += speed->end_to_end[i];
            ++count->timed;
        }
    for (size_t i = 0; !alone && result->seconds && result->truth && i < result->images; ++i)
        if (result->truth[i] + 1 == (int64_t)position) {
            count->seconds += result->seconds[i];
            ++count->timed;
        }
}

ClassCount classes_count(const Experiment *experiment, const Run *run, const char *name)
{
    ClassCount count = {.alone = experiment_result(experiment, run)->speed.count > 0};
    size_t at = 0;
    for (const CellResult *result; (result = experiment_next_seed(experiment, run, &at)) != NULL;) {
        const size_t classes = result->class_names.count, position = classes_find(result, name);
        if (position == classes)
            continue;
        for (size_t i = 0; i < classes; ++i)
            count.images += result->confusion[position * classes + i];
        count.right += result->confusion[position * classes + position];
        add_seconds(result, position, count.alone, &count);
    }
    return count;
}

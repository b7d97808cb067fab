/* See classes.h. */
#include "report/tables/classes.h"

#include <math.h>
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

uint64_t classes_images(const CellResult *result, size_t position)
{
    uint64_t total = 0;
    for (size_t i = 0; i < result->class_names.count; ++i)
        total += result->confusion[position * result->class_names.count + i];
    return total;
}

double classes_right(const CellResult *result, size_t position)
{
    uint64_t total = classes_images(result, position);
    if (total == 0)
        return (double)NAN;
    return 100 * (double)result->confusion[position * result->class_names.count + position] /
           (double)total;
}

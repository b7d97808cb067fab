/* See dataset_classes.h. */
#include "data/dataset_classes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { NONE = -2, LIST_BYTES = 512 };

/* Of a class that the network does not have. */
static Status refuse(const Dataset *dataset, const char *path, size_t class_index, size_t count,
                     const char *const *names)
{
    char list[LIST_BYTES] = "";
    size_t used = 0;
    for (size_t k = 0; k < count && used < sizeof list; ++k)
        used += (size_t)snprintf(list + used, sizeof list - used, ", \"%s\"", names[k]);
    FAIL(STATUS_ARGUMENT,
         "%s: has lesions of class \"%s\", which the network does not know (expected \"normal\"%s: "
         "give the classes of a copy of the manifest these names)",
         path, dataset->class_names[class_index], list);
}

/* places[k]: where the data set's class k stands in names, or NONE. */
static void find_places(const Dataset *dataset, size_t count, const char *const *names,
                        int32_t *places)
{
    for (size_t k = 0; k < dataset->class_count; ++k) {
        places[k] = NONE;
        for (size_t other = 0; other < count; ++other)
            if (strcmp(dataset->class_names[k], names[other]) == 0)
                places[k] = (int32_t)other;
    }
}

/* Every class that is used has a place. */
static Status check_places(const Dataset *dataset, const char *path, size_t count,
                           const char *const *names, const int32_t *places)
{
    for (size_t i = 0; i < dataset->count; ++i) {
        const Example *example = &dataset->examples[i];
        if (example->label != LABEL_NORMAL && places[example->label] == NONE)
            return refuse(dataset, path, (size_t)example->label, count, names);
        for (size_t k = 0; k < example->lesion_count; ++k)
            if (places[example->lesions[k].class_index] == NONE)
                return refuse(dataset, path, example->lesions[k].class_index, count, names);
    }
    return STATUS_OK;
}

static void move_labels(Dataset *dataset, const int32_t *places)
{
    for (size_t i = 0; i < dataset->count; ++i) {
        Example *example = &dataset->examples[i];
        if (example->label != LABEL_NORMAL)
            example->label = places[example->label];
        for (size_t k = 0; k < example->lesion_count; ++k)
            example->lesions[k].class_index = (uint32_t)places[example->lesions[k].class_index];
    }
}

static void free_names(size_t count, char **names)
{
    for (size_t k = 0; names && k < count; ++k)
        free(names[k]);
    free(names);
}

static Status copy_names(size_t count, const char *const *names, char ***copies)
{
    TRY(MEMORY_NEW(copies, count));
    Status status = STATUS_OK;
    for (size_t k = 0; k < count && status == STATUS_OK; ++k)
        status = memory_copy_text(names[k], &(*copies)[k]);
    if (status != STATUS_OK)
        free_names(count, *copies);
    return status;
}

Status dataset_take_classes(Dataset *dataset, const char *path, size_t count,
                            const char *const *names)
{
    int32_t *places;
    char **copies;
    TRY(MEMORY_NEW(&places, dataset->class_count));
    find_places(dataset, count, names, places);
    Status status = check_places(dataset, path, count, names, places);
    if (status == STATUS_OK)
        status = copy_names(count, names, &copies);
    if (status == STATUS_OK) {
        move_labels(dataset, places);
        free_names(dataset->class_count, dataset->class_names);
        dataset->class_names = copies;
        dataset->class_count = count;
    }
    free(places);
    return status;
}

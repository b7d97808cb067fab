/* See relative_pace.h. */
#include "grid/run/relative_pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { LEAST_LIKE = 3 };

/* Of settings that are not named here it is not known. */
static bool costs_nothing(const char *key)
{
    static const char *const keys[] = {
        "alpha",         "gamma",        "segmentation_weight", "learning_rate",
        "momentum",      "weight_decay", "clip_norm",           "schedule",
        "warmup_epochs", "step_epochs",  "step_factor",         "epochs",
        "initial",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; ++i)
        if (strcmp(key, keys[i]) == 0)
            return true;
    return false;
}

static bool are_alike(const Records *records, const Axes *axes, size_t one, size_t other)
{
    if (axes->runs[one] != axes->runs[other])
        return false;
    for (size_t i = 0; i < axes->other_count; ++i)
        if (!costs_nothing(axes->others[i]) &&
            strcmp(axes_value(&records->cells[one], axes->others[i]),
                   axes_value(&records->cells[other], axes->others[i])) != 0)
            return false;
    return true;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

double relative_pace(const Records *records, const Axes *axes, size_t cell)
{
    double own = records->cells[cell].step_seconds, *like, pace = (double)NAN;
    size_t count = 0;
    if (!(own > 0) || MEMORY_NEW(&like, records->count) != STATUS_OK)
        return (double)NAN;
    for (size_t i = 0; i < records->count; ++i)
        if (i != cell && records->cells[i].step_seconds > 0 && are_alike(records, axes, cell, i))
            like[count++] = records->cells[i].step_seconds;
    qsort(like, count, sizeof *like, compare);
    if (count >= LEAST_LIKE)
        pace = own / like[count / 2];
    free(like);
    return pace;
}

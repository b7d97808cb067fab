/* The classes of tables with a column for each: those of the first chosen run that has any; a run
 * with others keeps to the columns that it shares. */
#ifndef GISD_REPORT_CLASSES_H
#define GISD_REPORT_CLASSES_H

#include "report/experiment.h"

enum { CLASSES_MOST = 24 };

/* Normal included; names are borrowed. */
typedef struct {
    size_t count;
    const char *names[CLASSES_MOST];
} ClassColumns;

ClassColumns classes_choose(const Experiment *experiment);

/* The position of a class in the result's class_names, or their count. */
size_t classes_find(const CellResult *result, const char *name);

/* Over the finished seeds of a run: the images annotated with a class (normal included), how many
 * of them were given it, and the sum of their seconds: end to end as measured alone if a seed has
 * that, else of the test. None where it has no such class. */
typedef struct {
    uint64_t images, right;
    double seconds;
    uint64_t timed;
    bool alone;
} ClassCount;
ClassCount classes_count(const Experiment *experiment, const Run *run, const char *name);

#endif

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

/* Images annotated with the class at a position, and the percentage of them that were given it: NaN
 * without images. */
uint64_t classes_images(const CellResult *result, size_t position);
double classes_right(const CellResult *result, size_t position);

#endif

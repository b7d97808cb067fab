/* The numbers that the source paper printed, read from the tables that come with the program. They
 * do not all agree with each other; results/published/README.md says which do not. */
#ifndef GISD_REPORT_PUBLISHED_H
#define GISD_REPORT_PUBLISHED_H

#include <stddef.h>

#include "base/status.h"
#include "store/csv.h"

enum { PUBLISHED_NAME_BYTES = 16, PUBLISHED_FORMS_MOST = 8 };

/* A row of Table 2 with the area of Table 3; percentages, the area a share; NaN where not printed.
 */
typedef struct {
    char backbone[PUBLISHED_NAME_BYTES], tuning[PUBLISHED_NAME_BYTES];
    double accuracy, f1, sensitivity, specificity, auc;
} PublishedRun;

/* A row of Table 6, the last of which is its total: images of a form, and those whose region
 * overlaps the annotated one by at least 60, 70, 80 and 90 percent. */
typedef struct {
    char form[PUBLISHED_NAME_BYTES];
    double images, overlap[4];
} PublishedForm;

/* A class and the images that the paper has of it. */
typedef struct {
    char name[PUBLISHED_NAME_BYTES];
    double images;
} PublishedClass;

/* Owned through published_clear(). */
typedef struct {
    size_t count;
    PublishedRun *runs; /* count: in the paper's order */
    size_t form_count;
    PublishedForm forms[PUBLISHED_FORMS_MOST];
    size_t class_count;
    PublishedClass classes[PUBLISHED_FORMS_MOST]; /* normal last */
    CsvTable confusion; /* Table 4 as printed: model, row (annotated), a column of counts a class */
    CsvTable readers;   /* Table 5: reader, CLASS_seconds, CLASS_accuracy */
} Published;

/* Reads the tables in `folder`; NULL finds the folder beside the installed program, else where it
 * was installed, else in the source tree it was built from. */
Status published_read(const char *folder, Published *published);
void published_clear(Published *published);

/* The published row of a backbone ("r50x1") and a tuning ("local"), or NULL. */
const PublishedRun *published_run(const Published *published, const char *backbone,
                                  const char *tuning);

#endif

/* What is found in a data set: errors and warnings, each with the line of the manifest it is about.
 *
 * Whoever reads a manifest and its files hands errors to findings_settle() and warnings to
 * findings_warn(). A list that keeps errors takes them, so that reading goes on and all are shown
 * at once (gisd-data check); one that does not passes the first one up (a run, a pack). Warnings
 * are kept by both: they leave the data usable and deserve a look. NULL stands for a list that
 * keeps nothing. All functions but findings_clear() may be called by several threads.
 */
#ifndef GISD_DATA_FINDINGS_H
#define GISD_DATA_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

typedef enum { FINDING_ERROR, FINDING_WARNING, FINDING_LEVELS } FindingLevel;

typedef struct {
    FindingLevel level;
    size_t line;  /* in the manifest; 0: of the data set as a whole */
    size_t order; /* in which it was found */
    char *text;   /* whole, beginning with the manifest's path */
    size_t what;  /* where in the text it says what: behind path, line and file */
    bool alone;   /* not to be gathered with others of its kind */
} Finding;

/* {0} is an empty list that keeps no errors. */
typedef struct {
    bool keep_errors;
    size_t count, capacity;
    Finding *findings; /* count */
    size_t levels[FINDING_LEVELS];
} Findings;

void findings_clear(Findings *findings);

/* Takes an error in this thread's message, of the manifest's line, if the list keeps errors and it
 * is one of the data (not lack of memory): STATUS_OK then, else `status`. */
Status findings_settle(Findings *findings, size_t line, Status status);

/* Adds "PATH:LINE: FILE: " and the formatted text; line 0 and file NULL are left out. */
Status findings_warn(Findings *findings, const char *path, size_t line, const char *file,
                     const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for a warning that is of use only by itself, such as one of a pair of pictures. */
Status findings_warn_alone(Findings *findings, const char *path, size_t line, const char *file,
                           const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Sorts by line. */
void findings_sort(Findings *findings);

/* Warnings that differ in numbers only, gathered: *texts (*count of them, by line, each and the
 * list to be released with free()) has the first of each kind, and how many rows more have it. */
Status findings_gather(const Findings *findings, char ***texts, size_t *count);

#endif

/* The test images of an experiment with what its chosen runs said of them, the worst first, and
 * their pictures where they may be shown. */
#ifndef GISD_REPORT_ERRORS_ERROR_CASES_H
#define GISD_REPORT_ERRORS_ERROR_CASES_H

#include "report/errors/error_kinds.h"
#include "report/errors/thumbnails.h"

/* Owned through error_cases_clear(). */
typedef struct {
    size_t run_count;
    const EvidenceRun **runs; /* run_count: those tested on the same images as the first; the runs
                                 are borrowed */
    size_t left_out;          /* runs that were tested on others */
    size_t images;
    ErrorKind *kinds;    /* run_count x images */
    size_t *first_marks; /* run_count x images: error_marks_index() */
    size_t *wrong;       /* images: how many runs are wrong about it */
    size_t *order; /* images: those that most runs are wrong about first, of equals the worst */
    bool pictures; /* they may be shown */
    Thumbnails thumbnails; /* in that order */
} ErrorCases;

/* `pictures`: whether frames may be shown, of the data of the first run. */
Status error_cases_make(const Evidence *evidence, bool pictures, ErrorCases *cases);
void error_cases_clear(ErrorCases *cases);

/* What a run got wrong about an image. */
ErrorKind error_cases_kind(const ErrorCases *cases, size_t run, size_t image);

/* Every image and run: what it is, what it was called, and how that is wrong. Only numbers is
 * filled. */
Status error_cases_table(const ErrorCases *cases, ResultsTable *table);

/* How many images a run got wrong in each way. */
Status error_cases_summary(const Evidence *evidence, const ErrorCases *cases, ResultsTable *table);

#endif

/* The cases as JSON inside a page, for the script that shows them. */
#ifndef GISD_REPORT_ERRORS_ERROR_DATA_H
#define GISD_REPORT_ERRORS_ERROR_DATA_H

#include <stdio.h>

#include "report/errors/error_cases.h"

/* Writes one object: `classes`, `kinds`; `images`, the worst first, each with its name n, patient
 * p, truth t (-1 normal), and where there is a picture its address s, width w, height h and
 * annotated boxes a; `models`, each with its name n, threshold o, and of every image in that order
 * kind k, called class c, score s; and the boxes b of the images with pictures: position, corners,
 * score. No "<" is in it, so that a page can hold it whatever names say. */
void error_data_write(const ErrorCases *cases, FILE *stream);

/* The marks of a run on an image that are shown: those that reach the operating point, or, where
 * none does, the best one. Calls `show` for each. */
typedef void ErrorMark(void *context, const Box *box, double score);
void error_data_marks(const ErrorCases *cases, size_t run, size_t image, ErrorMark *show,
                      void *context);

#endif

/* The part of the page that shows what networks got wrong: a browser over every test image, and a
 * plate of the worst for print. */
#ifndef GISD_REPORT_ERRORS_ERROR_PAGE_H
#define GISD_REPORT_ERRORS_ERROR_PAGE_H

#include <stdio.h>

#include "report/errors/error_cases.h"

/* The browser: needs a script, and says so where none runs. */
void error_page_browser(const ErrorCases *cases, FILE *html);

/* What a run missed, the lowest scores first, and its false alarms, the highest first: a list each,
 * with pictures where there are any. Plain HTML that prints. */
Status error_page_plate(const ErrorCases *cases, const EvidenceRun *run, FILE *html);

#endif

/* What a reader with a minute reads: what was compared, which run is the best and how sure that is,
 * what differs from it by more than chance, what global tuning brings, what is missing. Everything
 * is written in the part of the document that is chosen. */
#ifndef GISD_REPORT_SUMMARY_H
#define GISD_REPORT_SUMMARY_H

#include "report/document.h"
#include "report/experiment.h"

/* The axes with their values, how many cells there are, and on what they were tested. */
Status summary_compared(const Experiment *experiment, Document *document);

/* The run with the best validation, and its numbers of the test with their intervals. */
void summary_best(const Experiment *experiment, Document *document);

/* What the table of comparisons with that run comes to; `comparisons` is its form for programs. */
void summary_differences(const Table *comparisons, Document *document);

/* The mean areas of local and global tuning in DeLong's table, given as for programs; nothing where
 * it has no row. */
void summary_tunings(const Table *delong, Document *document);

/* Cells without a result, and why. */
void summary_missing(const Experiment *experiment, Document *document);

#endif

/* A report on two experiments: how they differ, on the same images (paired) or on others. */
#ifndef GISD_REPORT_COMPARISON_H
#define GISD_REPORT_COMPARISON_H

#include "report/report.h"

/* Writes comparison.html and comparison.md, and comparison.csv (a row a pair of runs) and
 * comparison_metrics.csv (a row a metric), of options->results (A) and `other` (B) into
 * options->output, or A/comparison. Other formats and the other options do not matter. *made tells
 * of the folder, the pairs of runs (cells), and how many of them are of the same images (finished).
 */
Status comparison_write(const ReportOptions *options, const char *other, ReportMade *made);

#endif

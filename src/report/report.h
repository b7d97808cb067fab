/* From a results folder to a report: tables, figures, one document. */
#ifndef GISD_REPORT_REPORT_H
#define GISD_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Whether frames are shown in small. They are patients' data, so a report has none unless it is
 * told to; those of a phantom are nobody's. */
typedef enum { REPORT_PICTURES_OF_PHANTOMS, REPORT_PICTURES, REPORT_NO_PICTURES } ReportPictures;

typedef struct {
    const char *results;   /* the folder of an experiment */
    const char *output;    /* folder to write to, made if missing; NULL: results/report */
    const char *published; /* folder of the published tables; NULL: those of the program, unless
                              the experiment has none of their classes */
    bool no_paper;         /* nothing of the published tables */
    const char *readers;   /* CSV of a reader study, see experiment_read(); NULL: none */
    double prevalence;     /* share of frames with a lesion where the networks are to be used, in
                              (0, 1); 0: that of the test images */
    ReportPictures pictures;
    bool html, csv, markdown, latex;
} ReportOptions;

/* A file in the report's folder by which it is known for one, so that the next report may replace
 * the files in it. */
#define REPORT_MARK "gisd-report.txt"

/* What a report shows, for a line about it. */
typedef struct {
    char *folder; /* where it lies; owned: free() */
    size_t cells, finished;
} ReportMade;

/* Writes the report, and fills *made, also where it then fails. A finished cell whose result cannot
 * be read is shown as failed in an otherwise complete report, and then is an error. Formats: CSV
 * tables, Markdown (report.md and a file for each table), HTML (report.html), LaTeX (a file for
 * each table); figures come as PNG and SVG with Markdown and HTML. */
Status report_write(const ReportOptions *options, ReportMade *made);

#endif

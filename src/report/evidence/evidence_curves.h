/* Curves of a figure of the section of evidence while they are collected: one a run, with what its
 * legend says. */
#ifndef GISD_REPORT_EVIDENCE_CURVES_H
#define GISD_REPORT_EVIDENCE_CURVES_H

#include "report/chart.h"
#include "report/evidence/evidence.h"

enum { EVIDENCE_LABEL_BYTES = LABEL_BYTES + 64 };

/* Empty if zeroed; owned through evidence_curves_clear(). */
typedef struct {
    size_t count, room;
    ChartSeries *series; /* count: own their labels and points */
} EvidenceCurves;

/* Adds a curve: copies of the points and of the label, in the run's colour; NULL: for what no run
 * is, with a dash of its own. */
Status evidence_curves_add(EvidenceCurves *curves, const EvidenceRun *run, size_t count,
                           const double *x, const double *y, const char *label, ...)
    __attribute__((format(printf, 6, 7)));
void evidence_curves_clear(EvidenceCurves *curves);

#endif

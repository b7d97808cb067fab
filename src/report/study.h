/* What a study reports besides how well networks do: the flow of patients and images, what went
 * wrong, what it cost, how it was made, and the answers that reporting standards ask for. */
#ifndef GISD_REPORT_STUDY_H
#define GISD_REPORT_STUDY_H

#include "report/cell_provenance.h"
#include "report/document.h"
#include "report/errors/error_cases.h"
#include "report/evidence/evidence.h"
#include "report/flow/flow_counts.h"
#include "report/report.h"

/* Everything is borrowed but what study_write() makes of it. */
typedef struct {
    const ReportOptions *options;
    const char *folder; /* of the report */
    const Experiment *experiment;
    const Evidence *evidence;
    const EvidenceRun *best;    /* of its runs the one with the best validation; NULL: none */
    CellProvenance *provenance; /* one a cell */
    FlowCounts flow;
    ErrorCases cases;
} Study;

/* Adds the sections to the document and their files to the report's folder. Nothing if no cell has
 * finished. */
Status study_write(const ReportOptions *options, const char *folder, const Experiment *experiment,
                   const Evidence *evidence, Document *document);

#endif

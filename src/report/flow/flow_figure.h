/* The flow diagram of a study, as STARD asks for: from all images over the splits to what one
 * network called the tested ones, and what they were. */
#ifndef GISD_REPORT_FLOW_FLOW_FIGURE_H
#define GISD_REPORT_FLOW_FLOW_FIGURE_H

#include "report/evidence/evidence.h"
#include "report/flow/flow_counts.h"

/* Writes stem.png and stem.svg. `run`: whose answers are shown; NULL: none's. */
Status flow_figure_save(const char *stem, const FlowCounts *counts, const EvidenceRun *run);

#endif

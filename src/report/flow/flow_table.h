/* The table of splits, beside the flow diagram, and of further test sets. */
#ifndef GISD_REPORT_FLOW_FLOW_TABLE_H
#define GISD_REPORT_FLOW_FLOW_TABLE_H

#include "report/flow/flow_counts.h"
#include "report/tables/results_table.h"

/* A row a split, then one of all, then one a further test set. */
Status flow_table(const Experiment *experiment, const FlowCounts *counts, ResultsTable *table);

#endif

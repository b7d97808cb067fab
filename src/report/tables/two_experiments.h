/* Tables of two experiments, A and B, beside each other. */
#ifndef GISD_REPORT_TWO_EXPERIMENTS_H
#define GISD_REPORT_TWO_EXPERIMENTS_H

#include "report/run_pairs.h"
#include "report/tables/results_table.h"

/* A row a pair of runs: areas with their difference and its test, right answers with theirs. */
Status two_experiments_runs(const RunPairs *pairs, ResultsTable *table);

/* A row a pair and metric that both have, as means over their seeds: the difference with its
 * interval over patients (drawn together for both if paired; else, and for seconds, recovered from
 * the two intervals, as of other images), and for several seeds the interval that holds for other
 * seeds, too. */
Status two_experiments_metrics(const RunPairs *pairs, ResultsTable *table);

#endif

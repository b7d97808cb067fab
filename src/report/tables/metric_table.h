/* Tables with a row for each variant and columns of metrics: what Table 2, Table 3 and the table of
 * detection have in common. */
#ifndef GISD_REPORT_METRIC_TABLE_H
#define GISD_REPORT_METRIC_TABLE_H

#include "report/tables/results_table.h"

#define METRIC_NOT_PUBLISHED SIZE_MAX
enum { METRIC_COLUMNS_MOST = 8 };

/* A reported metric: where it comes from and how it is shown. */
typedef struct {
    const char *name;    /* in result.h5 */
    const char *heading; /* with the unit */
    double scale;        /* 100 for percentages */
    int decimals;
    size_t published;      /* offset of the double in PublishedRun, or METRIC_NOT_PUBLISHED */
    const char *undefined; /* why a result may have no number of it; NULL: nothing to say */
} MetricColumn;

/* Which variants get a row. */
typedef enum {
    METRIC_ROWS_ALL,    /* each, and what only the paper has */
    METRIC_ROWS_CHOSEN, /* the chosen one of each run, if any of it is finished */
} MetricRowsKind;

/* Fills the table, which the caller releases with results_table_clear(). A metric that no result
 * gives and that is not published has no column. Rows are in the order of the experiment's runs; a
 * run that only the paper has gets one if the first metric was published for it. */
Status metric_table_fill(const Experiment *experiment, const MetricColumn *metrics, size_t count,
                         MetricRowsKind rows, ResultsTable *table);

#endif

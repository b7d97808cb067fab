/* Table 2: accuracy, F1, sensitivity, specificity; see results_table.h. */
#include "report/tables/metric_table.h"

Status results_table2(const Experiment *experiment, ResultsTable *table)
{
    static const MetricColumn metrics[] = {
        {"accuracy", "accuracy, %", 100, 2, offsetof(PublishedRun, accuracy), NULL},
        {"f1", "F1, %", 100, 2, offsetof(PublishedRun, f1), NULL},
        {"sensitivity", "sensitivity, %", 100, 2, offsetof(PublishedRun, sensitivity), NULL},
        {"specificity", "specificity, %", 100, 2, offsetof(PublishedRun, specificity), NULL},
    };
    return metric_table_fill(experiment, metrics, 4, METRIC_ROWS_ALL, table);
}

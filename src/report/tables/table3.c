/* Table 3: the area under the ROC curve; see results_table.h. */
#include "report/tables/metric_table.h"

Status results_table3(const Experiment *experiment, ResultsTable *table)
{
    static const MetricColumn metrics[] = {
        {"auc", "AUC", 1, 3, offsetof(PublishedRun, auc)},
        {"class_auc", "AUC, mean over classes", 1, 3, METRIC_NOT_PUBLISHED},
    };
    return metric_table_fill(experiment, metrics, 2, table);
}

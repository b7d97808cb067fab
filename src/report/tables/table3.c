/* Table 3: the area under the ROC curve; see results_table.h. */
#include "report/tables/metric_table.h"

Status results_table3(const Experiment *experiment, ResultsTable *table)
{
    static const char *const one_kind = "images of one kind only";
    const MetricColumn metrics[] = {
        {"auc", "AUC", 1, 3, offsetof(PublishedRun, auc), one_kind},
        {"class_auc", "AUC, mean over classes", 1, 3, METRIC_NOT_PUBLISHED, one_kind},
    };
    return metric_table_fill(experiment, metrics, 2, METRIC_ROWS_ALL, table);
}

/* Lesion or none: what clinicians ask first; see results_table.h. */
#include "report/tables/metric_table.h"

Status results_lesions(const Experiment *experiment, ResultsTable *table)
{
    static const char *const no_normal = "no image without a lesion";
    static const char *const no_lesion = "no image with a lesion";
    const MetricColumn metrics[] = {
        {"lesion_sensitivity", "sensitivity, %", 100, 1, METRIC_NOT_PUBLISHED, no_lesion},
        {"lesion_specificity", "specificity, %", 100, 1, METRIC_NOT_PUBLISHED, no_normal},
        {"auc", "AUC", 1, 3, METRIC_NOT_PUBLISHED, "images of one kind only"},
    };
    return metric_table_fill(experiment, metrics, 3, METRIC_ROWS_CHOSEN, table);
}

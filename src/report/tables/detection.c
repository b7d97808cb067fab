/* Detection, segmentation and time; see results_table.h. */
#include "report/tables/metric_table.h"

Status results_detection(const Experiment *experiment, ResultsTable *table)
{
    static const MetricColumn metrics[] = {
        {"ap_50", "AP at 0.5", 1, 3, METRIC_NOT_PUBLISHED},
        {"ap_50_95", "AP at 0.5:0.95", 1, 3, METRIC_NOT_PUBLISHED},
        {"dice", "Dice", 1, 3, METRIC_NOT_PUBLISHED},
        {"mask_iou", "mask IoU", 1, 3, METRIC_NOT_PUBLISHED},
        {"mask_specificity", "normal images without mask, %", 100, 1, METRIC_NOT_PUBLISHED},
        {"median_seconds", "seconds an image", 1, 4, METRIC_NOT_PUBLISHED},
    };
    return metric_table_fill(experiment, metrics, 6, table);
}

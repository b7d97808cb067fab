/* Detection, segmentation and time; see results_table.h. */
#include "report/tables/metric_table.h"

Status results_detection(const Experiment *experiment, ResultsTable *table)
{
    static const char *const no_box = "no box is annotated";
    static const char *const no_mask = "no lesion mask is annotated";
    const MetricColumn metrics[] = {
        {"ap_50", "AP at 0.5", 1, 3, METRIC_NOT_PUBLISHED, no_box},
        {"ap_50_95", "AP at 0.5:0.95", 1, 3, METRIC_NOT_PUBLISHED, no_box},
        {"dice", "Dice", 1, 3, METRIC_NOT_PUBLISHED, no_mask},
        {"mask_iou", "mask IoU", 1, 3, METRIC_NOT_PUBLISHED, no_mask},
        {"mask_specificity", "normal images without mask, %", 100, 1, METRIC_NOT_PUBLISHED,
         "no image without a lesion"},
        {"median_seconds", "seconds an image", 1, 4, METRIC_NOT_PUBLISHED, NULL},
    };
    return metric_table_fill(experiment, metrics, 6, METRIC_ROWS_ALL, table);
}

/* The tables of a report, from an experiment.
 *
 * Each comes in two forms: one for reading, with "93.2 (90.1 to 95.6)" in a cell, and one for
 * other programs, with a number in each. A row is a variant; backbones and tunings of the paper
 * that the grid did not plan have a row that says so, and so do cells that did not finish.
 */
#ifndef GISD_REPORT_RESULTS_TABLES_H
#define GISD_REPORT_RESULTS_TABLES_H

#include "base/status.h"
#include "report/experiment.h"
#include "report/table.h"

/* Owned through results_table_clear(). */
typedef struct {
    Table text, numbers;
} ResultsTable;
void results_table_clear(ResultsTable *table);

/* Table 2: accuracy, F1, sensitivity, specificity in percent beside the published ones. */
Status results_table2(const Experiment *experiment, ResultsTable *table);

/* Table 3: the area under the ROC curve beside the published one. */
Status results_table3(const Experiment *experiment, ResultsTable *table);

/* Detection, segmentation and time: AP, Dice, IoU, seconds. */
Status results_detection(const Experiment *experiment, ResultsTable *table);

/* Table 6: for the chosen runs, the share of images of each form of lesion whose best box (and
 * whose mask) overlaps the annotated one by at least 60, 70, 80, 90 percent. The published counts,
 * over their images, come first. No rows but those if no run has overlaps. */
Status results_overlap(const Experiment *experiment, ResultsTable *table);

/* DeLong's test of local against global tuning, backbone by backbone. */
Status results_delong(const Experiment *experiment, ResultsTable *table);

/* Table 4: the confusion matrices of the chosen runs, row by row, and the published ones whose
 * classes the experiment has. Defined in results_classes.c. */
Status results_confusion(const Experiment *experiment, ResultsTable *table);

/* Table 5: seconds an image and percent right, class by class, of the chosen runs beside the
 * published models and endoscopists, and beside the readers of a file of one's own if the
 * experiment has one. Defined in results_classes.c. */
Status results_readers(const Experiment *experiment, ResultsTable *table);

/* Every planned cell with its settings, state, cause and validation. Only numbers is filled. */
Status results_cells(const Experiment *experiment, ResultsTable *table);

#endif

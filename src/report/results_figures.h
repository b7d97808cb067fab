/* The figures of a report, from an experiment. Each is saved as PNG and SVG. */
#ifndef GISD_REPORT_RESULTS_FIGURES_H
#define GISD_REPORT_RESULTS_FIGURES_H

#include "base/status.h"
#include "report/experiment.h"

/* folder/roc_TUNING: the curves of all backbones' chosen runs of one tuning. */
Status results_figure_roc(const Experiment *experiment, const char *tuning, const char *folder);

/* folder/confusion_ID and folder/curves_ID: the confusion matrix of a finished cell, and its losses
 * and validation metrics over the epochs. */
Status results_figure_confusion(const Experiment *experiment, size_t cell, const char *folder);
Status results_figure_curves(const Experiment *experiment, size_t cell, const char *folder);

/* "r50x1, local tuning, alpha 0.25, gamma 2, seed 1": what tells a cell from others. */
void results_cell_title(const ReportCell *cell, char *text, size_t room);

#endif

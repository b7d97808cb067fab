/* The figures of a report, from an experiment. Each is saved as PNG and SVG. */
#ifndef GISD_REPORT_RESULTS_FIGURES_H
#define GISD_REPORT_RESULTS_FIGURES_H

#include "base/status.h"
#include "report/experiment.h"

/* folder/roc_TUNING (folder/roc for runs without a tuning): the curves of the chosen variants of
 * all runs of one tuning whose results have one. */
Status results_figure_roc(const Experiment *experiment, const char *tuning, const char *folder);

/* folder/confusion_ID and folder/curves_ID: the confusion matrix of a finished cell, and its losses
 * and validation metrics over the epochs. */
Status results_figure_confusion(const Experiment *experiment, size_t cell, const char *folder);
Status results_figure_curves(const Experiment *experiment, size_t cell, const char *folder);

#endif

/* The figures of a report, from an experiment. Each is saved as PNG and SVG. */
#ifndef GISD_REPORT_RESULTS_FIGURES_H
#define GISD_REPORT_RESULTS_FIGURES_H

#include <stdio.h>

#include "base/status.h"
#include "report/experiment.h"

/* folder/roc_TUNING (folder/roc for runs without a tuning): the curves of the chosen variants of
 * all runs of one tuning whose results have one. Also for the page, which `html` is. */
Status results_figure_roc(const Experiment *experiment, const char *tuning, const char *folder,
                          FILE *html);

/* Which figures a finished cell has: folder/confusion_ID, the confusion matrix of its test, and
 * folder/curves_ID, its losses and validation metrics over the epochs. */
bool results_figure_has_confusion(const CellResult *result);
bool results_figure_has_lesion_confusion(const CellResult *result); /* of two classes or more */
bool results_figure_has_curves(const CellResult *result);

/* Draws those of all finished cells; threads share them. */
Status results_figures_cells(const Experiment *experiment, const char *folder);

/* The same figures for the page, each if the cell has it. `normal`: the matrix with normal images,
 * not that of the lesion classes alone. */
void results_figure_show_confusion(const Experiment *experiment, size_t cell, bool normal,
                                   FILE *html);
Status results_figure_show_curves(const Experiment *experiment, size_t cell, FILE *html);

#endif

/* Figures of the paper's tables, made of the tables themselves, with the published ones beside. */
#ifndef GISD_REPORT_PAPER_FIGURES_H
#define GISD_REPORT_PAPER_FIGURES_H

#include "report/experiment.h"

/* Figures 6 to 9: the confusion matrices of the lesion classes, of the runs that stand for their
 * models and below them the published ones. Writes stem.png and stem.svg, as does the other; *drawn
 * tells whether there was anything to draw. */
Status paper_figure_matrices(const Experiment *experiment, const char *stem, bool *drawn);

/* Figure 10: accuracy as bars and seconds an image as lines, class by class, of those runs, of
 * readers, and as published. */
Status paper_figure_readers(const Experiment *experiment, const char *stem, bool *drawn);

#endif

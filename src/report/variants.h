/* The grouping of an experiment's cells into variants and runs, and the choice among them; see
 * experiment.h. */
#ifndef GISD_REPORT_VARIANTS_H
#define GISD_REPORT_VARIANTS_H

#include "report/experiment.h"

/* Fills the variants, runs and tunings of an experiment whose records, axes, results and published
 * tables are there. What they hold is released with the experiment, also after an error. */
Status variants_make(Experiment *experiment);

/* Chooses again among the variants, after the cells' validations have changed. */
void variants_choose(Experiment *experiment);

/* Whether one validation is better than another; any number is better than none. */
bool variants_better(double one, double other);

#endif

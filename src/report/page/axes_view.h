/* The grid at a glance: a matrix over two of its axes, each place the mean of the cells that lie
 * there. The page's script lets a reader choose the axes and the number, from all cells, which
 * stand in the page as JSON; without it the two axes with the most values are there, and the
 * validation.
 */
#ifndef GISD_REPORT_AXES_VIEW_H
#define GISD_REPORT_AXES_VIEW_H

#include "report/experiment.h"

/* Whether there is something to lay out: two finished cells, and an axis. */
bool axes_view_has(const Experiment *experiment);

/* Writes the matrix and the cells as HTML. */
Status axes_view_write(const Experiment *experiment, FILE *stream);

#endif

/* Bars and lines over one another: groups along the sheet, a bar and a point of a line for each
 * series in every group, each on a scale of its own. */
#ifndef GISD_REPORT_BAR_LINE_FIGURE_H
#define GISD_REPORT_BAR_LINE_FIGURE_H

#include <stddef.h>

#include "base/status.h"

/* Bars are percentages, on the left; lines are of positive numbers, on the right, where a step is a
 * power of ten. What is NaN is left out. Everything is borrowed. */
typedef struct {
    const char *title, *bar_label, *line_label;
    const char *const *groups; /* group_count */
    const char *const *series; /* series_count */
    const double *bars;        /* group_count x series_count: 0 to 100 */
    const double *lines;       /* group_count x series_count */
    size_t group_count, series_count;
} BarLineFigure;

/* Writes stem.png and stem.svg. */
Status bar_line_figure_save(const char *stem, const BarLineFigure *figure);

#endif

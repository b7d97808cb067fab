/* Line charts: axes with round ticks, a light grid, lines that are told apart by colour and dash,
 * and a legend beside the frame, where it hides nothing. */
#ifndef GISD_REPORT_CHART_H
#define GISD_REPORT_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* A line through `count` points; one that is not finite breaks it. Everything is borrowed. */
typedef struct {
    const char *label;
    const double *x, *y; /* count */
    size_t count;
    size_t colour; /* number in the palette */
    size_t dash;   /* 0 solid, 1 dashed, 2 dotted */
} ChartSeries;

typedef struct {
    double low, high; /* equal: the range of the data, widened to round numbers */
} ChartRange;

/* Everything is borrowed. */
typedef struct {
    const char *title, *x_label, *y_label;
    ChartRange x_range, y_range;
    bool whole_x;        /* ticks of x at whole numbers only */
    bool markers;        /* dots on the points of short lines */
    bool diagonal;       /* a dashed grey line from corner to corner: the curve of a coin */
    double legend_width; /* room for the legend to the right of the frame, points; 0: none */
    const ChartSeries *series;
    size_t series_count;
} Chart;

/* Writes stem.png and stem.svg with the charts side by side. A chart without any finite point says
 * so in its frame. */
Status chart_save(const char *stem, const Chart *charts, size_t count);

#endif

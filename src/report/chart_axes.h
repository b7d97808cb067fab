/* The ranges and round ticks of a chart's axes, whatever draws them. */
#ifndef GISD_REPORT_CHART_AXES_H
#define GISD_REPORT_CHART_AXES_H

#include "report/chart.h"

enum { CHART_TICKS_MOST = 32, CHART_TICK_BYTES = 32 };

typedef struct {
    double step;
    size_t count;
    double values[CHART_TICKS_MOST]; /* count, rising */
} ChartTicks;

typedef struct {
    ChartRange x, y; /* low < high */
    ChartTicks x_ticks, y_ticks;
    bool empty; /* no point is finite */
} ChartAxes;

/* Given ranges stay; those of the data widen to whole steps in y, and stay tight in x. */
void chart_axes_choose(const Chart *chart, ChartAxes *axes);

/* Where a value lies in a range: 0 at its low end, 1 at its high end. */
double chart_axes_share(ChartRange range, double value);

/* A tick's number with just the digits that its step needs. */
void chart_tick_text(char text[CHART_TICK_BYTES], double value, double step);

/* The step of round ticks (1, 2 or 5 times a power of ten) that cuts `span` > 0 into at most
 * `parts` parts. */
double chart_tick_step(double span, int parts);

#endif

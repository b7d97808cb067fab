/* See chart_axes.h. */
#include "report/chart_axes.h"

#include <float.h>
#include <math.h>
#include <stdio.h>

double chart_tick_step(double span, int parts)
{
    double rough = span / parts;
    double power = pow(10, floor(log10(rough)));
    static const double steps[] = {1, 2, 5, 10};
    for (size_t i = 0; i < 4; ++i)
        if (steps[i] * power >= rough * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

/* The range of all finite points in one direction, low > high if there is none. */
static ChartRange data_range(const Chart *chart, bool of_y)
{
    ChartRange range = {DBL_MAX, -DBL_MAX};
    for (size_t i = 0; i < chart->series_count; ++i)
        for (size_t j = 0; j < chart->series[i].count; ++j) {
            double x = chart->series[i].x[j], y = chart->series[i].y[j];
            if (!isfinite(x) || !isfinite(y))
                continue;
            range.low = fmin(range.low, of_y ? y : x);
            range.high = fmax(range.high, of_y ? y : x);
        }
    return range;
}

static ChartRange choose_range(ChartRange given, ChartRange data, bool widen, bool whole,
                               double *step)
{
    ChartRange range = given.low < given.high ? given : data;
    if (!(range.low <= range.high))
        range = (ChartRange){0, 1};
    if (range.low == range.high) {
        double margin = whole || range.low == 0 ? 1 : fabs(range.low) * 0.1;
        range = (ChartRange){range.low - margin, range.high + margin};
    }
    *step = chart_tick_step(range.high - range.low, 6);
    if (whole)
        *step = fmax(1, round(*step));
    if (widen && given.low >= given.high) {
        range.low = floor(range.low / *step + 1e-9) * *step;
        range.high = ceil(range.high / *step - 1e-9) * *step;
    }
    return range;
}

static void set_ticks(ChartRange range, ChartTicks *ticks)
{
    const double step = ticks->step;
    /* counted in steps: adding a step again and again would drift */
    for (double i = ceil(range.low / step - 1e-9); i * step <= range.high + 1e-9 * step; ++i)
        if (ticks->count < CHART_TICKS_MOST)
            ticks->values[ticks->count++] = i * step;
}

void chart_axes_choose(const Chart *chart, ChartAxes *axes)
{
    const ChartRange x = data_range(chart, false), y = data_range(chart, true);
    *axes = (ChartAxes){.empty = y.low > y.high};
    axes->x = choose_range(chart->x_range, x, false, chart->whole_x, &axes->x_ticks.step);
    axes->y = choose_range(chart->y_range, y, true, false, &axes->y_ticks.step);
    set_ticks(axes->x, &axes->x_ticks);
    set_ticks(axes->y, &axes->y_ticks);
}

double chart_axes_share(ChartRange range, double value)
{
    return (value - range.low) / (range.high - range.low);
}

void chart_tick_text(char text[CHART_TICK_BYTES], double value, double step)
{
    double size = fmax(fabs(value), step);
    if (size >= 1e6 || step < 1e-5)
        snprintf(text, CHART_TICK_BYTES, "%.3g", value);
    else {
        int digits = (int)fmax(0, -floor(log10(step) + 1e-9));
        snprintf(text, CHART_TICK_BYTES, "%.*f", digits, fabs(value) < step / 2 ? 0.0 : value);
    }
}

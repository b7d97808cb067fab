/* Charts as the page shows them: lines and axes as SVG that follows the page's colours, titles and
 * legends as text beside it, which can be read at any width and by a screen reader. The page's
 * script makes a line stand out while its place in the legend, or the line, is pointed at. */
#ifndef GISD_REPORT_CHART_VIEW_H
#define GISD_REPORT_CHART_VIEW_H

#include <stdio.h>

#include "report/chart.h"

/* Writes the charts as HTML, side by side where there is room. */
void chart_view_write(const Chart *charts, size_t count, FILE *stream);

/* Where a figure goes: its files, and its form for the page. */
typedef struct {
    const char *stem; /* of the files: see chart_save() */
    FILE *html;       /* NULL: there is no page */
} FigurePlaces;
Status chart_show(const FigurePlaces *places, const Chart *charts, size_t count);

#endif

/* A confusion matrix as the page shows it: a table with counts, percent of the row, and shades. */
#ifndef GISD_REPORT_MATRIX_VIEW_H
#define GISD_REPORT_MATRIX_VIEW_H

#include <stdio.h>

#include "report/matrix_figure.h"

void matrix_view_write(const MatrixFigure *figure, FILE *stream);

#endif

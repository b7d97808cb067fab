/* A confusion matrix as a picture: counts, percentages of the row, and a shade for the eye. */
#ifndef GISD_REPORT_MATRIX_FIGURE_H
#define GISD_REPORT_MATRIX_FIGURE_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Rows are annotated, columns predicted. Everything is borrowed. */
typedef struct {
    const char *title;
    const char *const *names; /* classes */
    const uint64_t *counts;   /* classes x classes */
    size_t classes;
} MatrixFigure;

/* Writes stem.png and stem.svg. Percentages of an empty row are left out. */
Status matrix_figure_save(const char *stem, const MatrixFigure *figure);

/* The same of several side by side, `columns` > 0 in a line. */
Status matrix_figures_save(const char *stem, const MatrixFigure *figures, size_t count,
                           size_t columns);

#endif

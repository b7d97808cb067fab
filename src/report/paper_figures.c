/* See paper_figures.h. */
#include "report/paper_figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/bar_line_figure.h"
#include "report/matrix_figure.h"
#include "report/tables/classes.h"
#include "report/tables/results_table.h"

/* ---- Figures 6 to 9 ---- */

enum { MATRICES_ACROSS = 4 };

/* Columns of the table of confusion: run, annotated, a column a class, images, right, seeds,
 * chosen. */
enum { RUN, ANNOTATED, FIRST_CLASS, COLUMNS_AFTER = 4 };

typedef struct {
    size_t count;
    MatrixFigure figures[2 * CLASSES_MOST];
    uint64_t counts[2 * CLASSES_MOST][CLASSES_MOST * CLASSES_MOST];
    const char *names[CLASSES_MOST];
} Matrices;

static size_t class_columns(const Table *table)
{
    return table->columns - FIRST_CLASS - COLUMNS_AFTER;
}

/* Published rows have no seeds and are never called chosen. */
static bool is_drawn(const Table *table, size_t row)
{
    return strcmp(table_cell(table, row, table->columns - 1), "yes") == 0 ||
           !*table_cell(table, row, table->columns - 2);
}

/* The class whose row it is; the number of classes if there is none of the name. */
static size_t class_of_row(const Table *table, const Matrices *matrices, size_t row)
{
    size_t i = 0;
    while (i < class_columns(table) &&
           strcmp(matrices->names[i], table_cell(table, row, ANNOTATED)) != 0)
        ++i;
    return i;
}

static void add_row(const Table *table, size_t row, Matrices *matrices)
{
    const char *run = table_cell(table, row, RUN);
    const size_t classes = class_columns(table), annotated = class_of_row(table, matrices, row);
    if (matrices->count == 0 || strcmp(matrices->figures[matrices->count - 1].title, run) != 0) {
        if (matrices->count == sizeof matrices->figures / sizeof *matrices->figures)
            return;
        matrices->figures[matrices->count] =
            (MatrixFigure){.title = run,
                           .names = matrices->names,
                           .counts = matrices->counts[matrices->count],
                           .classes = classes};
        ++matrices->count;
    }
    for (size_t i = 0; annotated < classes && i < classes; ++i)
        matrices->counts[matrices->count - 1][annotated * classes + i] =
            strtoull(table_cell(table, row, FIRST_CLASS + i), NULL, 10);
}

static void collect_matrices(const Experiment *experiment, const Table *table, Matrices *matrices)
{
    const ClassColumns classes = classes_choose(experiment);
    for (size_t i = 0; i < class_columns(table); ++i)
        matrices->names[i] = classes.names[i + 1];
    for (size_t row = 0; row < table_rows(table); ++row)
        if (is_drawn(table, row))
            add_row(table, row, matrices);
}

Status paper_figure_matrices(const Experiment *experiment, const char *stem, bool *drawn)
{
    Matrices *matrices;
    ResultsTable table;
    *drawn = false;
    if (classes_choose(experiment).count < 3)
        return STATUS_OK;
    TRY(results_confusion(experiment, &table));
    Status status = MEMORY_NEW(&matrices, 1);
    if (status == STATUS_OK)
        collect_matrices(experiment, &table.numbers, matrices);
    if (status == STATUS_OK && matrices->count > 0) {
        *drawn = true;
        status = matrix_figures_save(stem, matrices->figures, matrices->count, MATRICES_ACROSS);
    }
    free(matrices);
    results_table_clear(&table);
    return status;
}

/* ---- Figure 10 ---- */

/* The table of readers: a label, then seconds and percent right of each class. */
static Status draw_readers(const ClassColumns *classes, const Table *table, size_t rows,
                           const char *stem)
{
    const char **groups = NULL;
    double *numbers = NULL;
    const size_t cells = rows * classes->count;
    Status status = STATUS_OK;
    TRY_GOTO(status, end, MEMORY_NEW(&groups, rows));
    TRY_GOTO(status, end, MEMORY_NEW(&numbers, 2 * cells));
    for (size_t row = 0; row < rows; ++row) {
        groups[row] = table_cell(table, row, 0);
        for (size_t i = 0; i < 2 * classes->count; ++i) {
            const char *text = table_cell(table, row, i + 1);
            double *const of = i % 2 ? numbers : numbers + cells;
            of[row * classes->count + i / 2] = *text ? strtod(text, NULL) : (double)NAN;
        }
    }
    const BarLineFigure figure = {.title = "Accuracy and seconds an image, by class",
                                  .bar_label = "bars: percent right",
                                  .line_label = "lines: seconds an image",
                                  .groups = groups,
                                  .series = classes->names,
                                  .bars = numbers,
                                  .lines = numbers + cells,
                                  .group_count = rows,
                                  .series_count = classes->count};
    status = bar_line_figure_save(stem, &figure);
end:
    free(groups);
    free(numbers);
    return status;
}

Status paper_figure_readers(const Experiment *experiment, const char *stem, bool *drawn)
{
    const ClassColumns classes = classes_choose(experiment);
    ResultsTable table;
    *drawn = false;
    TRY(results_readers(experiment, &table));
    const size_t rows = table.text.fold ? table.text.fold : table_rows(&table.text);
    Status status = STATUS_OK;
    if (classes.count > 0 && rows > 0) {
        *drawn = true;
        status = draw_readers(&classes, &table.numbers, rows, stem);
    }
    results_table_clear(&table);
    return status;
}

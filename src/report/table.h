/* A small table of texts, built cell by cell and written as CSV or Markdown. */
#ifndef GISD_REPORT_TABLE_H
#define GISD_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

/* What the cells of a column are. */
typedef enum { TABLE_GAPS, TABLE_NUMBERS, TABLE_TEXTS } TableKind;

/* The first row holds the headings. After an allocation has failed the table takes no more cells
 * and table_check() says so; building one needs no checks in between. */
typedef struct {
    size_t columns;
    size_t count, room; /* cells, row after row */
    size_t *starts;     /* room, owned: where each cell's text begins */
    size_t text_bytes, text_room;
    char *text;       /* text_room, owned: all cells' texts, each with a zero byte behind it */
    TableKind *kinds; /* columns, owned */
    bool *filled;     /* columns, owned: something stands in it */
    bool *worded;     /* columns, owned: something that is no number, with a sign or without */
    size_t fold;      /* rows before the fold; 0: there is none */
    size_t *row_sources, row_source_room; /* owned, by row: where its source's text begins; 0: it
                                             has none. Rows from the room on have none either */
    size_t *column_sources;               /* columns, owned: the same */
    Status status;
} Table;

/* An empty table with these headings; table_clear() releases it. */
void table_init(Table *table, size_t columns, const char *const *headings /* columns */);
void table_clear(Table *table);

/* Adds the next cell, left to right, row after row. */
void table_add(Table *table, const char *text);
void table_addf(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The number with `decimals` decimals; an empty cell if it is not defined. */
void table_add_number(Table *table, double value, int decimals);

/* The number with 15 digits, for other programs; an empty cell if it is not defined. */
void table_add_exact(Table *table, double value);

/* Puts the rows that are added from here on behind a fold, which a reader of HTML opens; in other
 * forms they follow. Of no effect before the first row. */
void table_fold(Table *table);

/* Where numbers come from: of the row that the next cell belongs to the file, "cells/ID/result.h5",
 * and of a column what of it, "/test/metrics/value, auc". HTML tells it beside them. */
void table_row_source(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
void table_column_source(Table *table, size_t column, const char *source);

/* Whether everything was stored, and all rows are full (asserted). */
Status table_check(const Table *table);

/* Rows without the headings, and a cell of one of them; the text moves when cells are added. */
size_t table_rows(const Table *table);
const char *table_cell(const Table *table, size_t row, size_t column);
const char *table_heading(const Table *table, size_t column);
bool table_is_numeric(const Table *table, size_t column);

/* Whether anything stands in a column; and whether that is numbers, also with a plus sign, or gaps
 * among them. */
bool table_is_filled(const Table *table, size_t column);
bool table_has_numbers(const Table *table, size_t column);

/* Letters of the number that a text begins with, of "+0.151 (+0.088 to +0.213)" 6; 0: it does not,
 * or goes on otherwise than with a space. */
size_t table_number_length(const char *text);

/* The sources, or NULL. */
const char *table_source_of_row(const Table *table, size_t row);
const char *table_source_of_column(const Table *table, size_t column);

/* Writers to an open stream; texts are escaped for the format. A text that starts with a digit,
 * and an empty one, count as numbers and are set flush right where a format can do that. LaTeX:
 * table_latex.h; HTML: page/table_view.h. */
void table_write_markdown(const Table *table, FILE *stream);

/* Writes a text with a backslash before every sign by which Markdown, or the HTML in it, would make
 * something of it; on one line. */
void table_escape_markdown(const char *text, FILE *stream);

/* Replaces the CSV file at `path`. It is for spreadsheets too: a text that one would compute as a
 * formula (it begins with =, +, - or @ and is no number) gets an apostrophe in front. */
Status table_save_csv(const Table *table, const char *path);

#endif

/* Comma-separated values (RFC 4180): a header line and rows of as many fields.
 *
 * Reading takes quoted fields with commas, line ends and doubled quotes in them, LF or CRLF line
 * ends, a UTF-8 byte-order mark, and skips empty lines; every row remembers the line it starts on,
 * for messages. Writing quotes where needed, ends lines with LF, and replaces the file as a whole.
 */
#ifndef GISD_STORE_CSV_H
#define GISD_STORE_CSV_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"

typedef struct {
    char *path;     /* for messages */
    size_t columns; /* fields of the header and of each row */
    size_t rows;    /* without the header */
    char **cells;   /* (1 + rows) x columns; the first `columns` are the header; into `text` */
    size_t *lines;  /* 1 + rows: number of the line on which each row starts, from 1 */
    char *text;     /* owns the characters of all fields */
} CsvTable;

/* Reads a whole file. Errors name the file, the line, and what was expected; `table` then holds
 * nothing. */
Status csv_read(const char *path, CsvTable *table);

/* The same from text in memory, of which `bytes` characters and a zero byte stand at `text`; it is
 * copied. `name` stands for the path in messages. */
Status csv_parse(const char *name, const char *text, size_t bytes, CsvTable *table);

void csv_clear(CsvTable *table);

/* The text of a field; row 0 is the first one after the header. Borrowed from the table. */
const char *csv_cell(const CsvTable *table, size_t row, size_t column);

/* The line of the file on which a row starts, from 1. */
size_t csv_line(const CsvTable *table, size_t row);

/* The number of the column with that header, or `table->columns` if there is none. */
size_t csv_find_column(const CsvTable *table, const char *name);

/* As csv_find_column(), but a column that is not there is an error that lists those that are. */
Status csv_column(const CsvTable *table, const char *name, size_t *column);

/* A table being written: fields are gathered in memory and the file appears at the commit. Call
 * csv_writer_clear() whatever happened. */
typedef struct {
    FILE *stream;
    char *text;
    size_t bytes;
    size_t fields; /* in the row being written */
} CsvWriter;

Status csv_writer_init(CsvWriter *writer);
void csv_writer_clear(CsvWriter *writer);

/* Adds a field to the row. Numbers are written with the fewest digits that read back the same. */
void csv_write_text(CsvWriter *writer, const char *text);
void csv_write_integer(CsvWriter *writer, long long value);
void csv_write_number(CsvWriter *writer, double value);
void csv_end_row(CsvWriter *writer);

/* Replaces the file at `path` by the rows so far; see files_write(). */
Status csv_writer_commit(CsvWriter *writer, const char *path);

#endif

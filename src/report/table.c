/* Tables of texts and their writers; see table.h. */
#include "report/table.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/csv.h"

void table_init(Table *table, size_t columns, const char *const *headings)
{
    *table = (Table){.columns = columns};
    table->status = MEMORY_NEW(&table->kinds, columns);
    if (table->status == STATUS_OK)
        table->status = MEMORY_NEW(&table->filled, columns);
    if (table->status == STATUS_OK)
        table->status = MEMORY_NEW(&table->worded, columns);
    if (table->status == STATUS_OK)
        table->status = MEMORY_NEW(&table->column_sources, columns);
    for (size_t i = 0; i < columns; ++i)
        table_add(table, headings[i]);
}

void table_clear(Table *table)
{
    free(table->starts);
    free(table->text);
    free(table->kinds);
    free(table->filled);
    free(table->worded);
    free(table->row_sources);
    free(table->column_sources);
    *table = (Table){0};
}

/* What a column is with one more cell. A gap, "" or "missing", may stand among numbers. */
static TableKind kind_with(TableKind kind, const char *text)
{
    if (isdigit((unsigned char)text[0]) || (text[0] == '-' && isdigit((unsigned char)text[1])))
        return kind == TABLE_TEXTS ? kind : TABLE_NUMBERS;
    bool gap = text[0] == '\0' || text[0] == '<' || strncmp(text, "missing", 7) == 0;
    return gap ? kind : TABLE_TEXTS;
}

size_t table_number_length(const char *text)
{
    const size_t length = strspn(text, "0123456789.-+e");
    const size_t before = strcspn(text, "0123456789");
    return before < length && (!text[length] || text[length] == ' ') ? length : 0;
}

/* Notes what one more cell makes of its column. */
static void note_cell(Table *table, size_t column, const char *text)
{
    const bool gap = !*text || *text == '<' || strncmp(text, "missing", 7) == 0 ||
                     strncmp(text, "undefined", 9) == 0;
    table->kinds[column] = kind_with(table->kinds[column], text);
    table->filled[column] |= *text != '\0';
    table->worded[column] |= !gap && table_number_length(text) == 0;
}

/* Keeps a copy of a text; where it begins, or 0 and a status. */
static size_t keep_text(Table *table, const char *text)
{
    const size_t bytes = strlen(text) + 1, start = table->text_bytes;
    if (table->status == STATUS_OK)
        table->status = MEMORY_GROW(&table->text, start + bytes, &table->text_room);
    if (table->status != STATUS_OK)
        return 0;
    memcpy(table->text + start, text, bytes);
    table->text_bytes += bytes;
    return start;
}

void table_add(Table *table, const char *text)
{
    if (table->status == STATUS_OK)
        table->status = MEMORY_GROW(&table->starts, table->count + 1, &table->room);
    const size_t start = keep_text(table, text);
    if (table->status != STATUS_OK)
        return;
    table->starts[table->count] = start;
    if (table->count >= table->columns) /* no heading */
        note_cell(table, table->count % table->columns, text);
    ++table->count;
}

void table_addf(Table *table, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    table_add(table, text);
}

void table_add_number(Table *table, double value, int decimals)
{
    if (isnan(value))
        table_add(table, "");
    else
        table_addf(table, "%.*f", decimals, value);
}

void table_add_exact(Table *table, double value)
{
    if (isnan(value))
        table_add(table, "");
    else
        table_addf(table, "%.15g", value);
}

void table_fold(Table *table)
{
    if (table->status == STATUS_OK)
        table->fold = table_rows(table);
}

void table_row_source(Table *table, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const size_t row = table->count / table->columns - 1;
    if (table->status == STATUS_OK)
        table->status = MEMORY_GROW(&table->row_sources, row + 1, &table->row_source_room);
    const size_t start = keep_text(table, text);
    if (table->status == STATUS_OK)
        table->row_sources[row] = start;
}

void table_column_source(Table *table, size_t column, const char *source)
{
    const size_t start = keep_text(table, source);
    if (table->status == STATUS_OK)
        table->column_sources[column] = start;
}

Status table_check(const Table *table)
{
    assert(table->status != STATUS_OK || table->count % table->columns == 0);
    if (table->status != STATUS_OK)
        FAIL(table->status, "a table of the report does not fit into memory");
    return STATUS_OK;
}

static const char *text_of(const Table *table, size_t cell)
{
    return table->text + table->starts[cell];
}

size_t table_rows(const Table *table)
{
    return table->count / table->columns - 1;
}

const char *table_cell(const Table *table, size_t row, size_t column)
{
    assert(row < table_rows(table) && column < table->columns);
    return text_of(table, (row + 1) * table->columns + column);
}

const char *table_heading(const Table *table, size_t column)
{
    return text_of(table, column);
}

bool table_is_numeric(const Table *table, size_t column)
{
    return table->kinds[column] == TABLE_NUMBERS;
}

bool table_is_filled(const Table *table, size_t column)
{
    return table->filled[column];
}

bool table_has_numbers(const Table *table, size_t column)
{
    return table_is_numeric(table, column) || (table->filled[column] && !table->worded[column]);
}

const char *table_source_of_row(const Table *table, size_t row)
{
    const size_t start = row < table->row_source_room ? table->row_sources[row] : 0;
    return start ? table->text + start : NULL;
}

const char *table_source_of_column(const Table *table, size_t column)
{
    const size_t start = table->column_sources[column];
    return start ? table->text + start : NULL;
}

void table_escape_markdown(const char *text, FILE *stream)
{
    for (; *text; ++text) {
        if (strchr("\\`*_<>[]#|", *text) != NULL)
            fputc('\\', stream);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, stream);
    }
}

static void write_markdown_cell(const char *text, FILE *stream)
{
    fputs(" ", stream);
    table_escape_markdown(text, stream);
    fputs(" |", stream);
}

void table_write_markdown(const Table *table, FILE *stream)
{
    fputs("|", stream);
    for (size_t column = 0; column < table->columns; ++column)
        write_markdown_cell(table_heading(table, column), stream);
    fputs("\n|", stream);
    for (size_t column = 0; column < table->columns; ++column)
        fputs(table_is_numeric(table, column) ? " ---: |" : " --- |", stream);
    fputs("\n", stream);
    for (size_t row = 0; row < table_rows(table); ++row) {
        fputs("|", stream);
        for (size_t column = 0; column < table->columns; ++column)
            write_markdown_cell(table_cell(table, row, column), stream);
        fputs("\n", stream);
    }
}

/* Whether a spreadsheet would take a cell for a formula. */
static bool is_formula(const char *text)
{
    char *end;
    if (text[0] == '\0' || !strchr("=+-@\t\r", text[0]))
        return false;
    strtod(text, &end);
    return *end != '\0' && text[1] != '\0'; /* "-" stands for nothing */
}

static void write_csv_cell(const char *text, CsvWriter *writer)
{
    char guarded[1024];
    snprintf(guarded, sizeof guarded, "'%s", text);
    csv_write_text(writer, is_formula(text) ? guarded : text);
}

Status table_save_csv(const Table *table, const char *path)
{
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    for (size_t i = 0; i < table->count; ++i) {
        write_csv_cell(text_of(table, i), &writer);
        if ((i + 1) % table->columns == 0)
            csv_end_row(&writer);
    }
    Status status = csv_writer_commit(&writer, path);
    csv_writer_clear(&writer);
    return status;
}

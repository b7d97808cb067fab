/* CSV in one pass: the file's text is split in place, since an unquoted field never grows. A first
 * pass only counts fields and rows (an upper bound: commas and line ends), so that one allocation
 * holds all field pointers. */
#include "store/csv.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/files.h"

typedef struct {
    const char *path;
    char *from; /* next character to read */
    char *to;   /* where the next character of a field goes; never beyond `from` */
    size_t line;
    bool row_ended;
} Scanner;

static const char *without_mark(const char *text)
{
    return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

/* Steps over the comma or the line end after a field. */
static Status end_field(Scanner *scan, bool quoted)
{
    char next = *scan->from;
    scan->row_ended = next != ',';
    if (next == '\r' && scan->from[1] == '\n')
        next = *++scan->from;
    if (next == '\n')
        ++scan->line;
    else if (next != ',' && next != '\0')
        FAIL(STATUS_FORMAT, "%s:%zu: %s", scan->path, scan->line,
             quoted ? "text after a closing quote, expected a comma or the end of the line"
                    : "a quote or carriage return inside a field that is not quoted");
    if (next != '\0')
        ++scan->from;
    *scan->to++ = '\0';
    return STATUS_OK;
}

static Status scan_quoted(Scanner *scan)
{
    size_t start = scan->line;
    for (++scan->from;; ++scan->from) {
        if (*scan->from == '\0')
            FAIL(STATUS_FORMAT, "%s:%zu: the quoted field that starts here has no closing quote",
                 scan->path, start);
        if (*scan->from == '"' && *++scan->from != '"')
            return end_field(scan, true);
        if (*scan->from == '\n')
            ++scan->line;
        *scan->to++ = *scan->from;
    }
}

/* Splits off one field and returns its text in *field. */
static Status scan_field(Scanner *scan, char **field)
{
    *field = scan->to;
    if (*scan->from == '"')
        return scan_quoted(scan);
    while (!strchr(",\r\n\"", *scan->from)) /* matches the terminator too */
        *scan->to++ = *scan->from++;
    /* the comma or line end must be read before the terminator of the field overwrites it */
    return end_field(scan, false);
}

static void skip_empty_lines(Scanner *scan)
{
    for (;; ++scan->from) {
        if (*scan->from == '\r' && scan->from[1] == '\n')
            ++scan->from;
        if (*scan->from != '\n')
            return;
        ++scan->line;
    }
}

static Status scan_table(Scanner *scan, CsvTable *table)
{
    size_t filled = 0, rows = 0;
    for (skip_empty_lines(scan); *scan->from; skip_empty_lines(scan)) {
        size_t fields = 0;
        table->lines[rows] = scan->line;
        do {
            TRY(scan_field(scan, &table->cells[filled++]));
            ++fields;
        } while (!scan->row_ended);
        if (rows == 0)
            table->columns = fields;
        if (fields != table->columns)
            FAIL(STATUS_FORMAT, "%s:%zu: row has %zu fields, expected %zu as in the header",
                 scan->path, table->lines[rows], fields, table->columns);
        ++rows;
    }
    if (rows == 0)
        FAIL(STATUS_FORMAT, "%s:1: the file is empty, expected a header line", scan->path);
    table->rows = rows - 1;
    return STATUS_OK;
}

/* Splits table->text, which has `bytes` bytes and a zero byte. */
static Status split_text(const char *path, size_t bytes, CsvTable *table)
{
    TRY(memory_copy_text(path, &table->path));
    size_t length = strlen(table->text);
    size_t fields = 1, lines = 1;
    for (size_t i = 0; i < length; ++i) {
        fields += table->text[i] == ',' || table->text[i] == '\n';
        lines += table->text[i] == '\n';
    }
    if (length != bytes)
        FAIL(STATUS_FORMAT, "%s:%zu: a zero byte, expected text", path, lines);
    TRY(MEMORY_NEW(&table->cells, fields));
    TRY(MEMORY_NEW(&table->lines, lines));
    Scanner scan = {.path = path, .to = table->text, .line = 1};
    scan.from = table->text + (without_mark(table->text) - table->text);
    return scan_table(&scan, table);
}

Status csv_read(const char *path, CsvTable *table)
{
    *table = (CsvTable){0};
    size_t bytes;
    Status status = files_read(path, &table->text, &bytes);
    if (status == STATUS_OK)
        status = split_text(path, bytes, table);
    if (status != STATUS_OK)
        csv_clear(table);
    return status;
}

Status csv_parse(const char *name, const char *text, size_t bytes, CsvTable *table)
{
    *table = (CsvTable){0};
    Status status = MEMORY_NEW(&table->text, bytes + 1);
    if (status == STATUS_OK) {
        memcpy(table->text, text, bytes);
        status = split_text(name, bytes, table);
    }
    if (status != STATUS_OK)
        csv_clear(table);
    return status;
}

void csv_clear(CsvTable *table)
{
    free(table->path);
    free(table->cells);
    free(table->lines);
    free(table->text);
    *table = (CsvTable){0};
}

const char *csv_cell(const CsvTable *table, size_t row, size_t column)
{
    return table->cells[(1 + row) * table->columns + column];
}

size_t csv_line(const CsvTable *table, size_t row)
{
    return table->lines[1 + row];
}

size_t csv_find_column(const CsvTable *table, const char *name)
{
    size_t column = 0;
    while (column < table->columns && strcmp(table->cells[column], name) != 0)
        ++column;
    return column;
}

Status csv_column(const CsvTable *table, const char *name, size_t *column)
{
    *column = csv_find_column(table, name);
    if (*column < table->columns)
        return STATUS_OK;
    char known[512] = "";
    for (size_t i = 0, used = 0; i < table->columns && used < sizeof known; ++i)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? "," : "",
                                 table->cells[i]);
    FAIL(STATUS_FORMAT, "%s:%zu: no column \"%s\"; the header is: %s", table->path, table->lines[0],
         name, known);
}

Status csv_writer_init(CsvWriter *writer)
{
    *writer = (CsvWriter){0};
    writer->stream = open_memstream(&writer->text, &writer->bytes);
    if (!writer->stream)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot buffer a table");
    return STATUS_OK;
}

void csv_writer_clear(CsvWriter *writer)
{
    if (writer->stream)
        fclose(writer->stream);
    free(writer->text);
    *writer = (CsvWriter){0};
}

static void start_field(CsvWriter *writer)
{
    if (writer->fields++ > 0)
        fputc(',', writer->stream);
}

void csv_write_text(CsvWriter *writer, const char *text)
{
    start_field(writer);
    /* the only field of a row would otherwise be an empty line, which readers skip, and a text that
     * begins with a byte-order mark would lose it as the first of the file */
    if (text[0] != '\0' && !strpbrk(text, ",\"\r\n") && without_mark(text) == text) {
        fputs(text, writer->stream);
        return;
    }
    if (text[0] == '\0' && writer->fields > 1)
        return;
    fputc('"', writer->stream);
    for (; *text; ++text) {
        if (*text == '"')
            fputc('"', writer->stream);
        fputc(*text, writer->stream);
    }
    fputc('"', writer->stream);
}

void csv_write_integer(CsvWriter *writer, long long value)
{
    start_field(writer);
    fprintf(writer->stream, "%lld", value);
}

void csv_write_number(CsvWriter *writer, double value)
{
    start_field(writer);
    fputs(TEXT_NUMBER(value), writer->stream);
}

void csv_end_row(CsvWriter *writer)
{
    fputc('\n', writer->stream);
    writer->fields = 0;
}

Status csv_writer_commit(CsvWriter *writer, const char *path)
{
    if (fflush(writer->stream) != 0 || ferror(writer->stream))
        FAIL(STATUS_NO_MEMORY, "%s: out of memory while the table was gathered", path);
    return files_write(path, writer->text, writer->bytes);
}

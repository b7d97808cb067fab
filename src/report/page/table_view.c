/* See table_view.h. */
#include "report/page/table_view.h"

#include <ctype.h>
#include <string.h>

#include "store/html.h"

/* Letters that a sheet of paper has room for beside each other, upright and turned. A table that
 * wants more gets smaller letters and breaks its intervals too, or it would be cut. */
enum { LETTERS_UPRIGHT = 100, LETTERS_TURNED = 160, LETTERS_OF_A_GAP = 2 };

/* A longer word, a path or a hash, may break anywhere. */
enum { LETTERS_OF_A_WORD = 24 };

static size_t longest_word(const char *text)
{
    size_t longest = 0;
    while (*text) {
        const size_t word = strcspn(text, " \t\n-/,=");
        longest = word > longest ? word : longest;
        text += word;
        text += *text != '\0';
    }
    return longest;
}

/* The widest line of a cell, as columns break between words, but numbers and intervals do not. */
static size_t widest_line(const char *text, bool number)
{
    const size_t length = number ? table_number_length(text) : 0;
    const size_t word = longest_word(text);
    if (length == 0)
        return word < LETTERS_OF_A_WORD ? word : LETTERS_OF_A_WORD;
    const size_t interval = strlen(text) - length;
    return interval > length ? interval - 1 : length;
}

/* What a table is not narrower than, in letters. */
static size_t least_width(const Table *table)
{
    size_t width = 0;
    for (size_t column = 0; column < table->columns; ++column) {
        const bool number = table_has_numbers(table, column);
        size_t most = longest_word(table_heading(table, column));
        if (!table_is_filled(table, column))
            continue;
        for (size_t row = 0; row < table_rows(table); ++row) {
            const size_t line = widest_line(table_cell(table, row, column), number);
            most = line > most ? line : most;
        }
        width += most + LETTERS_OF_A_GAP;
    }
    return width;
}

static void write_text(const char *text, FILE *stream)
{
    html_write_text(stream, text);
}

/* A number's interval stands below it, or tables of many numbers grow too wide. */
static void write_number(const char *text, FILE *stream)
{
    const size_t length = table_number_length(text);
    if (length > 0 && strncmp(text + length, " (", 2) == 0) {
        fprintf(stream, "%.*s<br>", (int)length, text);
        text += length + 1;
    }
    html_write_text(stream, text);
}

static void write_cell(const Table *table, size_t row, size_t column, FILE *stream)
{
    const char *text = table_cell(table, row, column);
    const bool number = table_has_numbers(table, column);
    const bool names_row = column == 0 && *text && !number;
    const char *kind = number                                   ? " class=\"number\""
                       : longest_word(text) > LETTERS_OF_A_WORD ? " class=\"long\""
                                                                : "";
    fprintf(stream, names_row ? "<th scope=\"row\"%s>" : "<td%s>", kind);
    (number ? write_number : write_text)(text, stream);
    fputs(names_row ? "</th>" : "</td>", stream);
}

static void write_attribute(const char *name, const char *value, FILE *stream)
{
    if (!value)
        return;
    fprintf(stream, " %s=\"", name);
    html_write_text(stream, value);
    fputc('"', stream);
}

static void write_headings(const Table *table, FILE *stream)
{
    fputs("<thead><tr>", stream);
    for (size_t column = 0; column < table->columns; ++column) {
        if (!table_is_filled(table, column))
            continue;
        fprintf(stream, "<th scope=\"col\"%s",
                table_has_numbers(table, column) ? " class=\"number\"" : "");
        write_attribute("title", table_source_of_column(table, column), stream);
        fputs(">", stream);
        html_write_text(stream, table_heading(table, column));
        fputs("</th>", stream);
    }
    fputs("</tr></thead>\n", stream);
}

/* Rows from `first` to before `end`, below the headings; `more`: what tells their table from the
 * first one. */
static void write_rows(const Table *table, const char *caption, const char *more, size_t first,
                       size_t end, FILE *stream)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", stream);
    html_write_text(stream, caption);
    fprintf(stream, "%s\"><table>\n<caption>", more);
    html_write_text(stream, caption);
    fprintf(stream, "%s</caption>\n", more);
    write_headings(table, stream);
    fputs("<tbody>\n", stream);
    for (size_t row = first; row < end; ++row) {
        fputs("<tr", stream);
        write_attribute("title", table_source_of_row(table, row), stream);
        fputs(">", stream);
        for (size_t column = 0; column < table->columns; ++column)
            if (table_is_filled(table, column))
                write_cell(table, row, column, stream);
        fputs("</tr>\n", stream);
    }
    fputs("</tbody>\n</table></div>\n", stream);
}

/* ---- where the numbers come from ---- */

/* The texts by which a row is known: those that stand before its first number. */
static void write_row_name(const Table *table, size_t row, FILE *stream)
{
    const char *before = "";
    for (size_t column = 0; column < table->columns && !table_is_numeric(table, column); ++column)
        if (*table_cell(table, row, column)) {
            fputs(before, stream);
            html_write_text(stream, table_cell(table, row, column));
            before = ", ";
        }
}

static bool has_sources(const Table *table)
{
    for (size_t row = 0; row < table_rows(table); ++row)
        if (table_source_of_row(table, row))
            return true;
    return false;
}

static void write_row_sources(const Table *table, FILE *stream)
{
    for (size_t row = 0; row < table_rows(table); ++row) {
        const char *source = table_source_of_row(table, row);
        const char *before = row > 0 ? table_source_of_row(table, row - 1) : NULL;
        if (!source || (before && strcmp(before, source) == 0))
            continue;
        fputs("<li>", stream);
        write_row_name(table, row, stream);
        fputs(": ", stream);
        html_write_text(stream, source);
        fputs("</li>\n", stream);
    }
}

static void write_sources(const Table *table, FILE *stream)
{
    if (!has_sources(table))
        return;
    fputs("<details class=\"sources\"><summary>Where the numbers come from</summary>\n<ul>\n",
          stream);
    write_row_sources(table, stream);
    for (size_t column = 0; column < table->columns; ++column) {
        const char *source = table_source_of_column(table, column);
        if (!source)
            continue;
        fputs("<li>Column ", stream);
        html_write_text(stream, table_heading(table, column));
        fputs(": ", stream);
        html_write_text(stream, source);
        fputs("</li>\n", stream);
    }
    fputs("</ul></details>\n", stream);
}

void table_view_write(const Table *table, const char *caption, size_t number, FILE *stream)
{
    const size_t rows = table_rows(table), width = least_width(table);
    const bool folded = table->fold > 0 && table->fold < rows;
    if (rows == 0) {
        fputs("<p>No rows.</p>\n", stream);
        return;
    }
    fprintf(stream, "<div class=\"table%s\" id=\"table-%zu\">\n",
            width > LETTERS_TURNED    ? " turned tight"
            : width > LETTERS_UPRIGHT ? " turned"
                                      : "",
            number);
    write_rows(table, caption, "", 0, folded ? table->fold : rows, stream);
    if (folded) {
        fprintf(stream, "<details><summary>The other runs: %zu rows</summary>\n",
                rows - table->fold);
        write_rows(table, caption, ", the other runs", table->fold, rows, stream);
        fputs("</details>\n", stream);
    }
    write_sources(table, stream);
    fputs("</div>\n", stream);
}

/* See table_view.h. */
#include "report/page/table_view.h"

#include <ctype.h>
#include <string.h>

#include "store/html.h"

/* Letters that a sheet of paper has room for beside each other: upright, and turned, where letters
 * may also be smaller. A table that wants more is printed so that it fits, or it would be cut. */
enum { LETTERS_UPRIGHT = 100, LETTERS_TURNED = 170, LETTERS_OF_A_GAP = 2 };

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

/* What a table cannot be narrower than, in letters, as columns break between words. */
static size_t least_width(const Table *table)
{
    size_t width = 0;
    for (size_t column = 0; column < table->columns; ++column) {
        size_t most = longest_word(table_heading(table, column));
        for (size_t row = 0; row < table_rows(table); ++row) {
            const size_t word = longest_word(table_cell(table, row, column));
            most = word > most ? word : most;
        }
        width += most + LETTERS_OF_A_GAP;
    }
    return width;
}

static void write_text_cell(const char *text, FILE *stream)
{
    html_write_text(stream, text);
}

/* A number's interval stands below it, or tables of many numbers grow too wide. */
static void write_number_cell(const char *text, FILE *stream)
{
    size_t digits = strspn(text, "0123456789.-+e");
    if (strncmp(text + digits, " (", 2) == 0) {
        fprintf(stream, "%.*s<br>", (int)digits, text);
        text += digits + 1;
    }
    html_write_text(stream, text);
}

static void write_cell(const Table *table, size_t row, size_t column, FILE *stream)
{
    const char *text = table_cell(table, row, column);
    const bool numeric = table_is_numeric(table, column);
    const bool names_row = column == 0 && *text && !numeric;
    fputs(names_row ? "<th scope=\"row\">" : numeric ? "<td class=\"number\">" : "<td>", stream);
    (numeric ? write_number_cell : write_text_cell)(text, stream);
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
        fprintf(stream, "<th scope=\"col\"%s",
                table_is_numeric(table, column) ? " class=\"number\"" : "");
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

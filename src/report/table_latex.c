/* See table_latex.h. */
#include "report/table_latex.h"

#include <string.h>

enum { PART_LINES = 42, SENTENCE_BYTES = 60, LINE_BYTES = 55 }; /* a line of a sentence, about */

static const char *escaped(char sign)
{
    switch (sign) {
    case '\\':
        return "\\textbackslash{}";
    case '~':
        return "\\textasciitilde{}";
    case '^':
        return "\\textasciicircum{}";
    case '<':
        return "\\textless{}";
    case '>':
        return "\\textgreater{}";
    case '|':
        return "\\textbar{}";
    case '[': /* behind the end of a row it would begin an option */
        return "{[}";
    default:
        return NULL;
    }
}

void table_escape_latex(const char *text, FILE *stream)
{
    for (; *text; ++text) {
        const char *own = escaped(*text);
        if (own) {
            fputs(own, stream);
            continue;
        }
        if (strchr("&%$#_{}", *text))
            fputc('\\', stream);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, stream);
    }
}

/* Whether any cell of the column is too long for one line. */
static bool has_sentences(const Table *table, size_t column)
{
    for (size_t row = 0; row < table_rows(table); ++row)
        if (strlen(table_cell(table, row, column)) > SENTENCE_BYTES)
            return true;
    return false;
}

static size_t lines_of(const Table *table, size_t row)
{
    size_t most = 1;
    for (size_t column = 0; column < table->columns; ++column) {
        const size_t lines = strlen(table_cell(table, row, column)) / LINE_BYTES + 1;
        most = lines > most ? lines : most;
    }
    return most;
}

static void begin_part(const Table *table, const char *caption, bool first, FILE *stream)
{
    fputs("\\begin{table}\n\\centering\n", stream);
    if (!first)
        fputs("\\addtocounter{table}{-1}\n", stream);
    fputs("\\caption{", stream);
    table_escape_latex(caption, stream);
    fputs(first ? "}\n" : " (continued)}\n", stream);
    fputs("\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%\n"
          "\\begin{tabular}{",
          stream);
    for (size_t column = 0; column < table->columns; ++column)
        fputs(table_is_numeric(table, column) ? "r"
              : has_sentences(table, column)  ? "p{26em}"
                                              : "l",
              stream);
    fputs("}\n\\toprule\n", stream);
    for (size_t column = 0; column < table->columns; ++column) {
        fputs(column ? " & " : "", stream);
        table_escape_latex(table_heading(table, column), stream);
    }
    fputs(" \\\\\n\\midrule\n", stream);
}

static void add_row(const Table *table, size_t row, FILE *stream)
{
    for (size_t column = 0; column < table->columns; ++column) {
        fputs(column ? " & " : "", stream);
        table_escape_latex(table_cell(table, row, column), stream);
    }
    fputs(" \\\\\n", stream);
}

void table_write_latex(const Table *table, const char *caption, FILE *stream)
{
    size_t row = 0;
    fputs("% \\usepackage{booktabs,graphicx}\n", stream);
    do {
        begin_part(table, caption, row == 0, stream);
        for (size_t lines = 0; row < table_rows(table) && lines < PART_LINES; ++row) {
            lines += lines_of(table, row);
            add_row(table, row, stream);
        }
        fputs("\\bottomrule\n\\end{tabular}}\n\\end{table}\n", stream);
    } while (row < table_rows(table));
}

/* See matrix_view.h. */
#include "report/page/matrix_view.h"

#include <math.h>

#include "store/html.h"

enum { SHADES = 10 }; /* of page.css, from none */

static void write_names(const MatrixFigure *figure, FILE *stream)
{
    fputs("<thead><tr><td>annotated, predicted</td>", stream);
    for (size_t i = 0; i < figure->classes; ++i) {
        fputs("<th scope=\"col\">", stream);
        html_write_text(stream, figure->names[i]);
        fputs("</th>", stream);
    }
    fputs("</tr></thead>\n", stream);
}

static void write_row(const MatrixFigure *figure, size_t row, FILE *stream)
{
    const uint64_t *counts = figure->counts + row * figure->classes;
    uint64_t total = 0;
    for (size_t i = 0; i < figure->classes; ++i)
        total += counts[i];
    fputs("<tr><th scope=\"row\">", stream);
    html_write_text(stream, figure->names[row]);
    fputs("</th>", stream);
    for (size_t i = 0; i < figure->classes; ++i) {
        const double share = total ? (double)counts[i] / (double)total : 0;
        fprintf(stream, "<td class=\"s%d\"><b>%llu</b>", (int)round(SHADES * share),
                (unsigned long long)counts[i]);
        if (total)
            fprintf(stream, "<span>%.1f %%</span>", 100 * share);
        fputs("</td>", stream);
    }
    fputs("</tr>\n", stream);
}

void matrix_view_write(const MatrixFigure *figure, FILE *stream)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Confusion matrix: ",
          stream);
    html_write_text(stream, figure->title);
    fprintf(stream, ", %zu classes\"><table class=\"confusion\">\n<caption>", figure->classes);
    html_write_text(stream, figure->title);
    fputs("</caption>\n", stream);
    write_names(figure, stream);
    fputs("<tbody>\n", stream);
    for (size_t row = 0; row < figure->classes; ++row)
        write_row(figure, row, stream);
    fputs("</tbody></table></div>\n", stream);
}

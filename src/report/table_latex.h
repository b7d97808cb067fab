/* A table as LaTeX, for a paper: it wants the packages booktabs and graphicx.
 *
 * It is made as narrow as the page where it would be wider, and has as many parts as pages need,
 * one a float of its own; sentences are broken into lines.
 */
#ifndef GISD_REPORT_TABLE_LATEX_H
#define GISD_REPORT_TABLE_LATEX_H

#include "report/table.h"

void table_write_latex(const Table *table, const char *caption, FILE *stream);

/* Writes a text with LaTeX's signs escaped, on one line. */
void table_escape_latex(const char *text, FILE *stream);

#endif

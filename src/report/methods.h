/* The methods paragraph of a study, from what the results recorded: data, settings, seeds, versions
 * and hashes. What a program cannot know is not in it. */
#ifndef GISD_REPORT_METHODS_H
#define GISD_REPORT_METHODS_H

#include <stdio.h>

#include "report/study.h"

enum { METHODS_PARTS = 6, METHODS_BYTES = 4000 };

/* Paragraphs of plain text. */
typedef struct {
    size_t count;
    char parts[METHODS_PARTS][METHODS_BYTES]; /* count */
} Methods;

/* Of all finished cells: settings that all have in common, and those that differ with their values.
 */
Status methods_make(const Study *study, Methods **methods);
void methods_free(Methods *methods);

/* The paragraphs for LaTeX, with \\section*{Methods} before them. */
void methods_write_latex(const Methods *methods, FILE *stream);

#endif

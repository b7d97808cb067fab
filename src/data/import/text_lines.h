/* The lines of a list that people or programs on any system wrote. */
#ifndef GISD_DATA_IMPORT_TEXT_LINES_H
#define GISD_DATA_IMPORT_TEXT_LINES_H

#include <stddef.h>

#include "base/status.h"

typedef struct {
    const char *text; /* without the blanks around it, never empty; into the list's text */
    size_t number;    /* in the file, from 1 */
} TextLine;

typedef struct {
    size_t count;
    TextLine *lines; /* count */
    char *text;
} TextLines;

/* Reads all lines that are not empty. A UTF-8 byte-order mark is skipped, lines end with LF, CRLF
 * or CR. STATUS_FORMAT: zero bytes, or text in UTF-16. */
Status text_lines_read(const char *path, TextLines *lines);
void text_lines_clear(TextLines *lines);

#endif

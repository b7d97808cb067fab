/* A table as the page shows it: with a caption and headings that a screen reader follows, in a box
 * of its own that scrolls where it is too wide, with a note of where its numbers come from. The
 * page's script adds sorting, a filter and columns to hide; nothing needs it.
 */
#ifndef GISD_REPORT_TABLE_VIEW_H
#define GISD_REPORT_TABLE_VIEW_H

#include "report/table.h"

/* Writes HTML; `number` keeps tables of one page apart. Rows behind the table's fold are in a
 * second table, which a reader opens. */
void table_view_write(const Table *table, const char *caption, size_t number, FILE *stream);

#endif

/* Saving a table of the report as files: CSV, Markdown and LaTeX, as far as they are wanted. */
#ifndef GISD_REPORT_TABLE_FILES_H
#define GISD_REPORT_TABLE_FILES_H

#include <stdbool.h>

#include "report/report.h"
#include "report/tables/results_table.h"

/* Writes folder/name.csv of the numbers, and name.md and name.tex of the texts. */
Status table_files_save(const ReportOptions *options, const char *folder, const char *name,
                        const char *title, const ResultsTable *table);

#endif

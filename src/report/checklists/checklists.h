/* Checklists with what is known filled in: a table each. */
#ifndef GISD_REPORT_CHECKLISTS_CHECKLISTS_H
#define GISD_REPORT_CHECKLISTS_CHECKLISTS_H

#include "report/checklists/checklist_answers.h"
#include "report/tables/results_table.h"

/* A row an item: number, what it asks, the answer or "for the author", where it is, its hash. Both
 * forms of the table are the same. *answered: how many items have an answer. */
Status checklist_table(const Checklist *checklist, const ChecklistAnswers *answers,
                       ResultsTable *table, size_t *answered);

#endif

/* What an experiment says to the items of reporting standards: a value, and the file and its hash
 * in which that can be looked up. */
#ifndef GISD_REPORT_CHECKLISTS_CHECKLIST_ANSWERS_H
#define GISD_REPORT_CHECKLISTS_CHECKLIST_ANSWERS_H

#include "base/hash.h"
#include "report/checklists/checklist_items.h"
#include "report/study.h"

enum { ANSWER_BYTES = 512 };

typedef struct {
    char value[ANSWER_BYTES];   /* "": nothing is known */
    char where[ANSWER_BYTES];   /* files and datasets, below the results folder */
    char hash[HASH_TEXT_BYTES]; /* XXH3-128 of the first of these files, or the fingerprint of the
                                   data; "" of files of the report itself */
} ChecklistAnswer;

/* Released with checklist_answers_free(). */
typedef struct {
    ChecklistAnswer items[ANSWERS];
} ChecklistAnswers;

/* All answers of a study, of its best run. */
Status checklist_answers_make(const Study *study, ChecklistAnswers **answers);
void checklist_answers_free(ChecklistAnswers *answers);

#endif

/* Reporting standards as lists of items, and what of an experiment answers each.
 *
 * Items are in words of our own, under the numbers of the published lists; who submits a study
 * fills in the publisher's own form. QUAIDE's wording stands in no open text that we could check,
 * so that of it only the domains are here, without numbers.
 */
#ifndef GISD_REPORT_CHECKLISTS_CHECKLIST_ITEMS_H
#define GISD_REPORT_CHECKLISTS_CHECKLIST_ITEMS_H

#include <stddef.h>

/* What answers an item, made by checklist_answers.c. */
typedef enum {
    ANSWER_AUTHOR, /* nothing that a program knows */
    ANSWER_DATA,
    ANSWER_SPLITS,
    ANSWER_SPLIT_LEVEL,
    ANSWER_NEAR_PAIRS,
    ANSWER_CHARACTERISTICS,
    ANSWER_REFERENCE,
    ANSWER_PREPARATION,
    ANSWER_MISSING,
    ANSWER_MODEL,
    ANSWER_SOFTWARE,
    ANSWER_START,
    ANSWER_TRAINING,
    ANSWER_SEARCH,
    ANSWER_CHOICE,
    ANSWER_ENSEMBLE,
    ANSWER_THRESHOLD,
    ANSWER_METRICS,
    ANSWER_UNCERTAINTY,
    ANSWER_SUBGROUPS,
    ANSWER_EXTERNAL,
    ANSWER_FLOW,
    ANSWER_CROSS_TABLE,
    ANSWER_PERFORMANCE,
    ANSWER_FAILURES,
    ANSWER_IMBALANCE,
    ANSWER_WEIGHTS,
    ANSWER_CODE,
    ANSWER_SEEDS,
    ANSWER_COST,
    ANSWERS
} AnswerKind;

enum { ITEM_ANSWERS_MOST = 3 };

typedef struct {
    const char *number, *text;
    AnswerKind answers[ITEM_ANSWERS_MOST]; /* the first is ANSWER_AUTHOR: there is none; a later
                                              ANSWER_AUTHOR ends them */
} ChecklistItem;

typedef struct {
    const char *name; /* of its files */
    const char *title;
    const char *source;
    size_t count;
    const ChecklistItem *items; /* count */
} Checklist;

size_t checklist_count(void);
const Checklist *checklist_at(size_t position);

#endif

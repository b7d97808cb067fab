/* See checklists.h. */
#include "report/checklists/checklists.h"

#include <stdio.h>
#include <string.h>

static void add_both(ResultsTable *table, const char *text)
{
    table_add(&table->text, text);
    table_add(&table->numbers, text);
}

static void append(char *text, size_t room, const char *more)
{
    const size_t used = strlen(text);
    if (*more)
        snprintf(text + used, room - used, "%s%s", used ? ". " : "", more);
}

/* Whether there was an answer. */
static bool add_item(const ChecklistItem *item, const ChecklistAnswers *answers,
                     ResultsTable *table)
{
    char value[ITEM_ANSWERS_MOST * ANSWER_BYTES] = "", where[ITEM_ANSWERS_MOST * ANSWER_BYTES] = "";
    const char *hash = "";
    for (size_t i = 0; i < ITEM_ANSWERS_MOST && item->answers[i] != ANSWER_AUTHOR; ++i) {
        const ChecklistAnswer *answer = &answers->items[item->answers[i]];
        if (!*answer->value)
            continue;
        append(value, sizeof value, answer->value);
        append(where, sizeof where, answer->where);
        hash = *hash ? hash : answer->hash;
    }
    add_both(table, item->number);
    add_both(table, item->text);
    add_both(table, *value ? value : "for the author");
    add_both(table, where);
    add_both(table, hash);
    return *value != '\0';
}

Status checklist_table(const Checklist *checklist, const ChecklistAnswers *answers,
                       ResultsTable *table, size_t *answered)
{
    static const char *const names[] = {"item", "asks for", "answer", "where", "hash"};
    table_init(&table->text, 5, names);
    table_init(&table->numbers, 5, names);
    *answered = 0;
    for (size_t i = 0; i < checklist->count; ++i)
        *answered += add_item(&checklist->items[i], answers, table);
    return results_table_check(table);
}

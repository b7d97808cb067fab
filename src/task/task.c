/* The table of tasks; see task.h. */
#include "task/task.h"

#include <assert.h>
#include <string.h>

extern const Task lesion_detection_task, classification_task, overlay_detection_task;

static const Task *const table[] = {&lesion_detection_task, &classification_task,
                                    &overlay_detection_task};

enum { TASKS = sizeof table / sizeof *table };

size_t task_count(void)
{
    return TASKS;
}

const Task *task_at(size_t position)
{
    return table[position];
}

const Task *task_of(const ModelSettings *model)
{
    const char *name = architecture_of(model)->task;
    size_t i = 0;
    while (i < TASKS && strcmp(table[i]->name, name) != 0)
        ++i;
    assert(i < TASKS); /* every architecture names a task of the table */
    return table[i];
}

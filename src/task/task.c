/* The table of tasks; see task.h. */
#include "task/task.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

extern const Task lesion_detection_task, classification_task, overlay_detection_task,
    self_supervision_task;

static const Task *const table[] = {&lesion_detection_task, &classification_task,
                                    &overlay_detection_task, &self_supervision_task};

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
    const char *name =
        model->self_supervised ? self_supervision_task.name : architecture_of(model)->task;
    size_t i = 0;
    while (i < TASKS && strcmp(table[i]->name, name) != 0)
        ++i;
    assert(i < TASKS); /* every architecture names a task of the table */
    return table[i];
}

void task_loss_column(const TaskLoss *loss, char *column)
{
    snprintf(column, TASK_COLUMN_BYTES, "%s%s", loss->name, loss->is_measure ? "" : "_loss");
}

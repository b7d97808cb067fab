/* Where a task's own settings lie in a cell's; only the task knows what they are. */
#ifndef GISD_TASK_TASK_SETTINGS_H
#define GISD_TASK_TASK_SETTINGS_H

#include <stdalign.h>
#include <stddef.h>

enum { TASK_SETTINGS_BYTES = 128 };

/* Plain memory: copied between ranks as it is. */
typedef struct {
    alignas(max_align_t) unsigned char own[TASK_SETTINGS_BYTES];
} TaskSettings;

#endif

/* The first error of work that threads share.
 *
 * A status's message belongs to the thread that set it, and which thread fails first is chance. So
 * each piece of work has an index, threads note their errors with it, and the whole has the status
 * and message of the lowest index that failed: those of a loop without threads.
 *
 *     FirstError first = FIRST_ERROR_NONE;
 *     #pragma omp parallel for
 *     for (size_t i = 0; i < count; ++i)
 *         if (!first_error_before(&first, i))
 *             first_error_note(&first, i, work(i));
 *     TRY(first_error_status(&first));
 */
#ifndef GISD_BASE_FIRST_ERROR_H
#define GISD_BASE_FIRST_ERROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct {
    size_t index; /* SIZE_MAX: none */
    Status status;
    char message[STATUS_MESSAGE_BYTES];
} FirstError;

#define FIRST_ERROR_NONE ((FirstError){.index = SIZE_MAX})

/* Notes the calling thread's error for `index`; STATUS_OK is fine. Any thread may call it. */
void first_error_note(FirstError *first, size_t index, Status status);

/* Whether a lower index has failed, so that work on `index` is not worth while. */
bool first_error_before(FirstError *first, size_t index);

/* The status of the whole, its message set in the calling thread. */
Status first_error_status(const FirstError *first);

#endif

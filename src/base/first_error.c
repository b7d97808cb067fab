/* See first_error.h. */
#include "base/first_error.h"

#include <stdio.h>

void first_error_note(FirstError *first, size_t index, Status status)
{
    if (status == STATUS_OK)
        return;
#pragma omp critical(first_error)
    if (index < first->index) {
        first->index = index;
        first->status = status;
        snprintf(first->message, sizeof first->message, "%s", status_message());
    }
}

bool first_error_before(FirstError *first, size_t index)
{
    size_t failed;
#pragma omp critical(first_error)
    failed = first->index;
    return failed < index;
}

Status first_error_status(const FirstError *first)
{
    if (first->index == SIZE_MAX)
        return STATUS_OK;
    return status_set(first->status, "%s", first->message);
}

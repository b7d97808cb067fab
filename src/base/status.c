/* Thread-local error message; see status.h. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static _Thread_local char message[STATUS_MESSAGE_BYTES];

Status status_set(Status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return status;
}

Status status_prefix(Status status, const char *format, ...)
{
    char old[STATUS_MESSAGE_BYTES];
    memcpy(old, message, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof message)
        snprintf(message + length, sizeof message - (size_t)length, ": %s", old);
    return status;
}

const char *status_message(void)
{
    return message;
}

const char *status_name(Status status)
{
    static const char *const names[STATUS_COUNT] = {
        "ok",       "no memory",   "input/output",  "bad format", "bad argument", "missing",
        "diverged", "unsupported", "library error", "storage",    "lost rank",
    };
    return (unsigned)status < STATUS_COUNT ? names[status] : "unknown status";
}

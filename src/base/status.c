/* Thread-local error message; see status.h. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static _Thread_local char message[STATUS_MESSAGE_BYTES];

/* Whatever the names and texts in it are, it is one line that a terminal shows and does not obey.
 */
__attribute__((format(printf, 1, 0))) static void store(const char *format, va_list arguments)
{
    char text[STATUS_MESSAGE_BYTES];
    vsnprintf(text, sizeof text, format, arguments);
    utf8_clean(text, message, sizeof message);
}

Status status_set(Status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    store(format, arguments);
    va_end(arguments);
    return status;
}

Status status_prefix(Status status, const char *format, ...)
{
    char old[STATUS_MESSAGE_BYTES];
    memcpy(old, message, sizeof old);
    va_list arguments;
    va_start(arguments, format);
    store(format, arguments);
    va_end(arguments);
    size_t length = strlen(message);
    snprintf(message + length, sizeof message - length, ": %s", old);
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

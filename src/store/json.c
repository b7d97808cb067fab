/* See json.h. */
#include "store/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

/* The backslash itself is escaped. Bytes that are no UTF-8 stand in texts only. */
enum { ESCAPE_BYTES = sizeof "\\\\xNN" - 1 };

static size_t count_wrong_bytes(const char *text)
{
    size_t count = 0;
    for (size_t bytes; *text; text += bytes ? bytes : 1) {
        bytes = text_utf8_bytes(text);
        count += bytes == 0;
    }
    return count;
}

static void write_out(const char *from, char *to)
{
    while (*from) {
        size_t bytes = text_utf8_bytes(from);
        if (bytes > 0)
            memcpy(to, from, bytes);
        else
            snprintf(to, ESCAPE_BYTES + 1, "\\\\x%02X", (unsigned char)*from);
        from += bytes ? bytes : 1;
        to += bytes ? bytes : ESCAPE_BYTES;
    }
    *to = '\0';
}

Status json_print(const cJSON *value, char **text)
{
    *text = NULL;
    char *printed = cJSON_PrintUnformatted(value);
    if (!printed)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot print JSON");
    size_t wrong = count_wrong_bytes(printed);
    if (wrong == 0) {
        *text = printed;
        return STATUS_OK;
    }
    Status status = MEMORY_NEW(text, strlen(printed) + wrong * (ESCAPE_BYTES - 1) + 1);
    if (status == STATUS_OK)
        write_out(printed, *text);
    free(printed);
    return status;
}

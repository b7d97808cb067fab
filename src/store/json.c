/* See json.h. */
#include "store/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

/* ---- building ---- */

/* Takes the item over. */
static cJSON *put(bool *fine, cJSON *object, const char *name, cJSON *item)
{
    *fine = *fine && item && cJSON_AddItemToObjectCS(object, name, item);
    if (!*fine)
        cJSON_Delete(item);
    return *fine ? item : NULL;
}

void json_put_text(bool *fine, cJSON *object, const char *name, const char *text)
{
    put(fine, object, name, text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

void json_put_number(bool *fine, cJSON *object, const char *name, double number)
{
    char text[TEXT_NUMBER_BYTES] = "null";
    if (isfinite(number))
        text_plain_number(number, text);
    put(fine, object, name, cJSON_CreateRaw(text));
}

void json_put_whole(bool *fine, cJSON *object, const char *name, size_t number)
{
    char text[TEXT_NUMBER_BYTES];
    snprintf(text, sizeof text, "%zu", number);
    put(fine, object, name, cJSON_CreateRaw(text));
}

void json_put_flag(bool *fine, cJSON *object, const char *name, bool flag)
{
    put(fine, object, name, cJSON_CreateBool(flag));
}

void json_put_time(bool *fine, cJSON *object, const char *name, time_t when)
{
    char text[CLOCK_TEXT_BYTES];
    clock_text_of(when, text);
    json_put_text(fine, object, name, when ? text : NULL);
}

cJSON *json_put_object(bool *fine, cJSON *object, const char *name)
{
    return put(fine, object, name, cJSON_CreateObject());
}

cJSON *json_put_list(bool *fine, cJSON *object, const char *name)
{
    return put(fine, object, name, cJSON_CreateArray());
}

cJSON *json_list_item(bool *fine, cJSON *list, cJSON *item)
{
    *fine = *fine && item && cJSON_AddItemToArray(list, item);
    if (!*fine)
        cJSON_Delete(item);
    return *fine ? item : NULL;
}

/* ---- printing ---- */

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

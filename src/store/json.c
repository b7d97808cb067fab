/* See json.h. */
#include "store/json.h"

#include <math.h>
#include <stdbool.h>
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

/* A character of the text as it is printed, at most this long. */
enum { PIECE_BYTES = sizeof "\\u00NN" - 1 };

/* Moves *text behind a character and writes how it is printed; returns the bytes of that. The
 * backslash of a byte that is no UTF-8 is escaped; it stands in texts only, as control characters
 * do. */
static size_t print_piece(const char **text, char piece[PIECE_BYTES + 1])
{
    const unsigned char *at = (const unsigned char *)*text;
    size_t bytes = text_utf8_bytes(*text);
    bool control = at[0] == 0x7f || (at[0] == 0xc2 && bytes == 2 && at[1] < 0xa0);
    *text += bytes ? bytes : 1;
    if (control)
        return (size_t)snprintf(piece, PIECE_BYTES + 1, "\\u%04x", at[bytes - 1]);
    if (bytes == 0)
        return (size_t)snprintf(piece, PIECE_BYTES + 1, "\\\\x%02X", at[0]);
    memcpy(piece, at, bytes);
    return bytes;
}

Status json_print(const cJSON *value, char **text)
{
    *text = NULL;
    char *printed = cJSON_PrintUnformatted(value);
    if (!printed)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot print JSON");
    char piece[PIECE_BYTES + 1];
    size_t length = 0;
    for (const char *at = printed; *at;)
        length += print_piece(&at, piece);
    Status status = MEMORY_NEW(text, length + 1);
    char *to = *text;
    for (const char *at = printed; status == STATUS_OK && *at;) {
        length = print_piece(&at, piece);
        memcpy(to, piece, length);
        to += length;
    }
    free(printed);
    return status;
}

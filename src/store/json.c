/* See json.h. */
#include "store/json.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

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

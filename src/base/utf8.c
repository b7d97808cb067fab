/* See utf8.h. */
#include "base/utf8.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/memory.h"

/* The bytes of the first character; 0: the text is empty or starts with what is no UTF-8. */
static size_t take(const char *text, int32_t *character)
{
    if (*text == '\0')
        return 0;
    utf8proc_ssize_t bytes = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, character);
    return bytes > 0 ? (size_t)bytes : 0;
}

static bool is_control(int32_t character)
{
    utf8proc_category_t category = utf8proc_category(character);
    return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

static bool is_blank(int32_t character)
{
    return is_control(character) || utf8proc_category(character) == UTF8PROC_CATEGORY_ZS;
}

size_t utf8_valid_bytes(const char *text)
{
    size_t valid = 0;
    int32_t character;
    for (size_t bytes; (bytes = take(text + valid, &character)) > 0;)
        valid += bytes;
    return valid;
}

bool utf8_has_control(const char *text)
{
    int32_t character;
    for (size_t bytes; (bytes = take(text, &character)) > 0; text += bytes)
        if (is_control(character))
            return true;
    return false;
}

size_t utf8_character(const char *text)
{
    int32_t character;
    size_t bytes = take(text, &character);
    return bytes > 0 && !is_control(character) ? bytes : 0;
}

/* ---- quoting ---- */

enum { PIECE_BYTES = 16 };

/* Whether a reader does not see a character, or takes it for a plain blank. */
static bool is_invisible(int32_t character)
{
    return is_control(character) || utf8proc_category(character) == UTF8PROC_CATEGORY_CF ||
           (character != ' ' && utf8proc_category(character) == UTF8PROC_CATEGORY_ZS);
}

/* One character, or one foreign byte, as it is shown; moves *text behind it. */
static size_t show(const char **text, char piece[PIECE_BYTES])
{
    int32_t character;
    size_t bytes = take(*text, &character);
    if (bytes > 0 && !is_invisible(character)) {
        memcpy(piece, *text, bytes);
        piece[bytes] = '\0';
        *text += bytes;
        return bytes;
    }
    *text += 1; /* what is left of a character of several bytes is shown as foreign bytes */
    return (size_t)snprintf(piece, PIECE_BYTES, "\\x%02x", (unsigned char)(*text)[-1]);
}

void utf8_clean(const char *text, char *clean, size_t bytes)
{
    char piece[PIECE_BYTES];
    size_t used = 0;
    while (*text) {
        size_t length = show(&text, piece);
        if (used + length >= bytes)
            break;
        memcpy(clean + used, piece, length);
        used += length;
    }
    clean[used] = '\0';
}

void utf8_write(FILE *stream, const char *text)
{
    char piece[PIECE_BYTES];
    while (*text) {
        if (*text == '\n' || *text == '\t')
            fputc(*text++, stream);
        else
            fwrite(piece, 1, show(&text, piece), stream);
    }
}

void utf8_print(FILE *stream, const char *format, ...)
{
    char text[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    utf8_write(stream, text);
}

/* The part of the text at which at most `room` bytes are still to be shown. */
static const char *tail(const char *text, size_t length, size_t room)
{
    char piece[PIECE_BYTES];
    while (length > room)
        length -= show(&text, piece);
    return text;
}

const char *utf8_quote(const char *text, char quote[UTF8_QUOTE_BYTES])
{
    enum { ENDS = 5, ROOM = UTF8_QUOTE_BYTES - ENDS - PIECE_BYTES };
    char piece[PIECE_BYTES];
    size_t length = 0, used = 0;
    for (const char *rest = text; *rest;)
        length += show(&rest, piece);
    const char *end = length > ROOM ? tail(text, length, ROOM / 2 - 3) : NULL;
    quote[used++] = '"';
    while (*text) {
        size_t bytes = show(&text, piece);
        if (end && used + bytes > ROOM / 2) {
            memcpy(quote + used, "...", 3);
            used += 3;
            text = end;
            end = NULL;
            continue;
        }
        memcpy(quote + used, piece, bytes);
        used += bytes;
    }
    quote[used++] = '"';
    quote[used] = '\0';
    return quote;
}

/* ---- comparing ---- */

/* In place. */
static void drop_blanks(char *text)
{
    char *to = text;
    int32_t character;
    while (*text) {
        size_t bytes = take(text, &character);
        bool blank = bytes > 0 && is_blank(character);
        bytes = bytes > 0 ? bytes : 1;
        if (!blank) {
            memmove(to, text, bytes);
            to += bytes;
        }
        text += bytes;
    }
    *to = '\0';
}

Status utf8_fold(const char *text, char **folded)
{
    const utf8proc_option_t options = UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPAT |
                                      UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
                                      UTF8PROC_LUMP;
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped, options);
    if (length == UTF8PROC_ERROR_NOMEM)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot compare names");
    Status status = memory_copy_text(length < 0 ? text : (const char *)mapped, folded);
    free(mapped);
    if (status == STATUS_OK)
        drop_blanks(*folded);
    return status;
}

/* See html.h. */
#include "store/html.h"

#include "base/utf8.h"

static const char *escape_of(char sign)
{
    switch (sign) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return NULL;
    }
}

void html_write_text(FILE *stream, const char *text)
{
    while (*text) {
        size_t bytes = utf8_character(text);
        const char *escape = escape_of(*text);
        if (escape)
            fputs(escape, stream);
        else if (*text == '\n' || *text == '\t')
            fputc(*text, stream);
        else if (bytes == 0)
            fputs("\xef\xbf\xbd", stream);
        else
            fwrite(text, 1, bytes, stream);
        text += bytes > 0 ? bytes : 1;
    }
}

void html_write_data(FILE *stream, const char *type, const uint8_t *bytes, size_t count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    fprintf(stream, "data:%s;base64,", type);
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        unsigned group = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (unsigned)bytes[i + 2] : 0);
        putc_unlocked(digits[group >> 18], stream);
        putc_unlocked(digits[group >> 12 & 63], stream);
        putc_unlocked(left > 1 ? digits[group >> 6 & 63] : '=', stream);
        putc_unlocked(left > 2 ? digits[group & 63] : '=', stream);
    }
}

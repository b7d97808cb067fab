/* Strict reading of numbers, and their shortest text; see text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* strtoll() without its leniency: no leading blanks; *end is where the number stops. */
static bool read_integer(const char *text, const char **end, int64_t *value)
{
    const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
    if (!isdigit((unsigned char)*digits))
        return false;
    char *stop;
    errno = 0;
    *value = strtoll(text, &stop, 10);
    *end = stop;
    return errno == 0;
}

Status text_to_integer(const char *name, const char *text, int64_t least, int64_t most,
                       int64_t *value)
{
    const char *end;
    int64_t number;
    if (!read_integer(text, &end, &number) || *end || number < least || number > most)
        FAIL(STATUS_ARGUMENT, "%s: '%s', expected a whole number from %" PRId64 " to %" PRId64,
             name, text, least, most);
    *value = number;
    return STATUS_OK;
}

Status text_to_number(const char *name, const char *text, double least, double most, double *value)
{
    char *end = NULL;
    double number = 0;
    bool plain = *text && strspn(text, "0123456789+-.eE") == strlen(text);
    if (plain)
        number = strtod(text, &end);
    if (!plain || *end || !isfinite(number) || number < least || number > most)
        FAIL(STATUS_ARGUMENT, "%s: '%s', expected a number from %s to %s", name, text,
             TEXT_NUMBER(least), TEXT_NUMBER(most));
    *value = number;
    return STATUS_OK;
}

Status text_to_size(const char *name, const char *text, int64_t least, int64_t most, int64_t *width,
                    int64_t *height)
{
    const char *end;
    int64_t first, second;
    if (!read_integer(text, &end, &first) || *end != 'x' || first < least || first > most ||
        !read_integer(end + 1, &end, &second) || *end || second < least || second > most)
        FAIL(STATUS_ARGUMENT,
             "%s: '%s', expected WIDTHxHEIGHT, each from %" PRId64 " to %" PRId64 " (as 320x256)",
             name, text, least, most);
    *width = first;
    *height = second;
    return STATUS_OK;
}

/* ---- writing ---- */

enum { MESSAGE_DIGITS = 6, DOUBLE_DIGITS = 17, FLOAT_DIGITS = 9 };

void text_from_number(double value, int least_digits, char text[TEXT_NUMBER_BYTES])
{
    for (int digits = least_digits; digits <= DOUBLE_DIGITS; ++digits) {
        snprintf(text, TEXT_NUMBER_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
}

void text_plain_number(double value, char text[TEXT_NUMBER_BYTES])
{
    enum { LEAST_EXPONENT = -4, MOST_EXPONENT = 15 }; /* of numbers that are written out */
    int decimals = 0;
    do
        snprintf(text, TEXT_NUMBER_BYTES, "%.*e", decimals, value);
    while (strtod(text, NULL) != value && ++decimals < DOUBLE_DIGITS);
    const int exponent = atoi(strchr(text, 'e') + 1);
    if (value == 0)
        snprintf(text, TEXT_NUMBER_BYTES, "0");
    else if (exponent >= LEAST_EXPONENT && exponent <= MOST_EXPONENT)
        snprintf(text, TEXT_NUMBER_BYTES, "%.*f", decimals > exponent ? decimals - exponent : 0,
                 value);
    else if (decimals == 0)
        snprintf(text, TEXT_NUMBER_BYTES, "%.1e", value);
}

const char *text_number_in_plain(const char *text, char room[TEXT_NUMBER_BYTES])
{
    char *end;
    const double number = strtod(text, &end);
    if (!*text || *end || !isfinite(number) || text[strspn(text, "0123456789")] == '\0')
        return text;
    text_plain_number(number, room);
    return room;
}

const char *text_of_double(double value, char text[TEXT_NUMBER_BYTES])
{
    text_from_number(value, MESSAGE_DIGITS, text);
    return text;
}

const char *text_of_float(float value, char text[TEXT_NUMBER_BYTES])
{
    for (int digits = MESSAGE_DIGITS; digits <= FLOAT_DIGITS; ++digits) {
        snprintf(text, TEXT_NUMBER_BYTES, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return text;
}

/* The first byte says how many follow, and bounds the second: no longer form than needed, no half
 * of a surrogate pair, nothing above U+10FFFF. */
size_t text_utf8_bytes(const char *text)
{
    const unsigned char *byte = (const unsigned char *)text;
    unsigned char first = byte[0], least = 0x80, most = 0xbf;
    size_t bytes = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (bytes < 2)
        return bytes;
    if (first > 0xf4)
        return 0;
    if (first == 0xe0)
        least = 0xa0;
    else if (first == 0xed)
        most = 0x9f;
    else if (first == 0xf0)
        least = 0x90;
    else if (first == 0xf4)
        most = 0x8f;
    if (byte[1] < least || byte[1] > most)
        return 0;
    for (size_t i = 2; i < bytes; ++i)
        if (byte[i] < 0x80 || byte[i] > 0xbf)
            return 0;
    return bytes;
}

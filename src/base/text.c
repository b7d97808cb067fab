/* Strict reading of numbers; see text.h. */
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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
        FAIL(STATUS_ARGUMENT, "%s: '%s', expected a number from %g to %g", name, text, least, most);
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

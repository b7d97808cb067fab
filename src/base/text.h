/* Numbers from text that people typed, of which the whole must be the number; numbers and names as
 * text that people and other programs read.
 */
#ifndef GISD_BASE_TEXT_H
#define GISD_BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Decimal whole number in [least, most]. `name` is what the message calls it ("--images"). */
Status text_to_integer(const char *name, const char *text, int64_t least, int64_t most,
                       int64_t *value);

/* Finite decimal number in [least, most]. */
Status text_to_number(const char *name, const char *text, double least, double most, double *value);

/* "WxH", two whole numbers in [least, most]. */
Status text_to_size(const char *name, const char *text, int64_t least, int64_t most, int64_t *width,
                    int64_t *height);

enum { TEXT_NUMBER_BYTES = 32 };

/* The number with the fewest digits that read back the same, and as %g with `least_digits` digits
 * where that is no fewer: 100 is "1e+02" with 1 and "100" with 6. */
void text_from_number(double value, int least_digits, char text[TEXT_NUMBER_BYTES]);

/* A finite number as every reader of YAML 1.1, YAML 1.2 and JSON takes it for one, with the fewest
 * digits that read back the same: 10, 0.7, 1.0e-09. YAML 1.1 knows no exponent without a point. */
void text_plain_number(double value, char text[TEXT_NUMBER_BYTES]);

/* A number's text in that form: in `room`, or as it is where it is a whole number (of any size) or
 * no number at all. */
const char *text_number_in_plain(const char *text, char room[TEXT_NUMBER_BYTES]);

/* text_from_number() for a message's arguments, in a buffer of the calling block: numbers that
 * differ do so in print. A float has the digits that tell it from other floats.
 *     FAIL(STATUS_ARGUMENT, "the shares add up to %s, expected 1", TEXT_NUMBER(sum)); */
#define TEXT_NUMBER(value)                                                                         \
    _Generic((value), float                                                                        \
             : text_of_float, default                                                              \
             : text_of_double)((value), (char[TEXT_NUMBER_BYTES]){0})
const char *text_of_float(float value, char text[TEXT_NUMBER_BYTES]);
const char *text_of_double(double value, char text[TEXT_NUMBER_BYTES]);

/* How many bytes at `text` are one character in UTF-8 (RFC 3629); 0: none. */
size_t text_utf8_bytes(const char *text);

#endif

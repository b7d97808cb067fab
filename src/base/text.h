/* Numbers from text that people typed: the whole text must be the number. */
#ifndef GISD_BASE_TEXT_H
#define GISD_BASE_TEXT_H

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

#endif

/* Texts and pictures for HTML files that need no others. */
#ifndef GISD_STORE_HTML_H
#define GISD_STORE_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Writes a text for an element or an attribute in double quotes: signs with a meaning in HTML are
 * escaped, bytes that are no UTF-8 and control characters but line ends and tabs become U+FFFD. */
void html_write_text(FILE *stream, const char *text);

/* Writes bytes as a data: address, for the src of a picture; type as "image/jpeg". */
void html_write_data(FILE *stream, const char *type, const uint8_t *bytes, size_t count);

#endif

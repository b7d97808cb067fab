/* Text as people write it: UTF-8, and when two names are the same to a reader's eye.
 *
 * Texts from files may be anything. What is said about them (messages, HTML) must be valid and on
 * one line, so foreign bytes and control characters are shown as \xNN. Unicode's tables are
 * utf8proc's.
 */
#ifndef GISD_BASE_UTF8_H
#define GISD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum { UTF8_QUOTE_BYTES = 160 };

/* The number of bytes, from the first, that are valid UTF-8: strlen(text) if all are. */
size_t utf8_valid_bytes(const char *text);

/* The bytes of the first character; 0 if it is no UTF-8, a control character, or the text's end. */
size_t utf8_character(const char *text);

/* Whether some character is a control character (line end, tab, escape, 0x7f, U+0080 to U+009F). */
bool utf8_has_control(const char *text);

/* The text in quotation marks, for messages: valid, without characters that one does not see, cut
 * with "..." in the middle if it is long. Returns `quote`. */
const char *utf8_quote(const char *text, char quote[UTF8_QUOTE_BYTES]);

/* The text as it is compared with others of its kind: without case, blanks, invisible characters
 * and forms of letters (NFKC, full width, dashes of any length) in *folded, released with free().
 * Bytes that are no UTF-8 stay as they are. */
Status utf8_fold(const char *text, char **folded);

#endif

/* Text as people write it: UTF-8, and when two names are the same to a reader's eye.
 *
 * Texts from files may be anything, also what a terminal obeys, or what turns a line round. So what
 * is said about them is valid and on one line: foreign bytes, control characters and those that one
 * does not see are shown as \xNN. This is the one place for it: every message goes through it
 * (status_set()), and so does what commands print of files. Unicode's tables are utf8proc's.
 */
#ifndef GISD_BASE_UTF8_H
#define GISD_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

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

/* The text as it is shown in the same way, neither in quotation marks nor cut in the middle, in
 * clean[bytes]: whole characters from its start, as many as there is room for. Of a text that is
 * clean already nothing changes. */
void utf8_clean(const char *text, char *clean, size_t bytes);

/* Writes a text of several lines in the same way: its line ends and tabs stay. */
void utf8_write(FILE *stream, const char *text);

/* The same of what printf() would write, up to 8 KiB. */
void utf8_print(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The text as it is compared with others of its kind: without case, blanks, invisible characters
 * and forms of letters (NFKC, full width, dashes of any length) in *folded, released with free().
 * Bytes that are no UTF-8 stay as they are. */
Status utf8_fold(const char *text, char **folded);

#endif

/* Texts as scalars of YAML that every reader takes for texts.
 *
 * What a plain scalar means depends on the reader: YAML 1.1 takes `no`, `1_0` and `1:30` for a flag
 * and numbers, YAML 1.2 takes none of them, and each program knows some more. So whatever does not
 * begin as a word or an absolute path does, and every word that means something, is quoted.
 */
#ifndef GISD_STORE_YAML_TEXT_H
#define GISD_STORE_YAML_TEXT_H

#include <stdio.h>

/* Writes a text, in single quotes where it needs them. It is UTF-8, of one line, without control
 * characters. */
void yaml_write_text(FILE *stream, const char *text);

#endif

/* Reading lists; see text_lines.h. */
#include "data/import/text_lines.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/files.h"

/* Cuts the blanks off both ends. */
static char *trim(char *line)
{
    line += strspn(line, " \t");
    size_t length = strlen(line);
    while (length > 0 && (line[length - 1] == ' ' || line[length - 1] == '\t'))
        line[--length] = '\0';
    return line;
}

static Status split(const char *path, size_t bytes, TextLines *lines)
{
    char *rest = lines->text;
    if (bytes >= 2 && (memcmp(rest, "\xff\xfe", 2) == 0 || memcmp(rest, "\xfe\xff", 2) == 0))
        FAIL(STATUS_FORMAT, "%s: text in UTF-16, expected UTF-8", path);
    if (strlen(rest) != bytes)
        FAIL(STATUS_FORMAT, "%s: a zero byte, expected text", path);
    if (strncmp(rest, "\xef\xbb\xbf", 3) == 0)
        rest += 3;
    size_t capacity = 0;
    for (size_t number = 1; rest; ++number) {
        char *end = strpbrk(rest, "\r\n"), *next = end;
        if (end) {
            next += end[0] == '\r' && end[1] == '\n' ? 2 : 1;
            *end = '\0';
        }
        char *line = trim(rest);
        rest = next;
        if (*line == '\0')
            continue;
        TRY(MEMORY_GROW(&lines->lines, lines->count + 1, &capacity));
        lines->lines[lines->count++] = (TextLine){.text = line, .number = number};
    }
    return STATUS_OK;
}

Status text_lines_read(const char *path, TextLines *lines)
{
    size_t bytes;
    *lines = (TextLines){0};
    TRY(files_read(path, &lines->text, &bytes));
    Status status = split(path, bytes, lines);
    if (status != STATUS_OK)
        text_lines_clear(lines);
    return status;
}

void text_lines_clear(TextLines *lines)
{
    free(lines->lines);
    free(lines->text);
    *lines = (TextLines){0};
}

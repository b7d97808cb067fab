/* See findings.h. */
#include "data/findings.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

void findings_clear(Findings *findings)
{
    for (size_t i = 0; i < findings->count; ++i)
        free(findings->findings[i].text);
    free(findings->findings);
    *findings = (Findings){.keep_errors = findings->keep_errors};
}

/* Adds a finding like `found`, with a copy of the text. */
static Status add(Findings *findings, const Finding *found, const char *text)
{
    Status status;
#pragma omp critical(findings)
    {
        status = MEMORY_GROW(&findings->findings, findings->count + 1, &findings->capacity);
        Finding *finding = status == STATUS_OK ? &findings->findings[findings->count] : NULL;
        if (finding)
            *finding = *found;
        if (finding)
            status = memory_copy_text(text, &finding->text);
        if (status == STATUS_OK) {
            finding->order = findings->count++;
            ++findings->levels[found->level];
        }
    }
    return status;
}

Status findings_settle(Findings *findings, size_t line, Status status)
{
    if (status == STATUS_OK || status == STATUS_NO_MEMORY || !findings || !findings->keep_errors)
        return status;
    return add(findings, &(Finding){.level = FINDING_ERROR, .line = line}, status_message());
}

__attribute__((format(printf, 6, 0))) static Status warn(Findings *findings, bool alone,
                                                         const char *path, size_t line,
                                                         const char *file, const char *format,
                                                         va_list arguments)
{
    char raw[STATUS_MESSAGE_BYTES], text[STATUS_MESSAGE_BYTES], number[32] = "";
    if (line > 0)
        snprintf(number, sizeof number, "%zu:", line);
    snprintf(raw, sizeof raw, "%s:%s %s%s", path, number, file ? file : "", file ? ": " : "");
    utf8_clean(raw, text, sizeof text);
    size_t what = strlen(text);
    vsnprintf(raw, sizeof raw, format, arguments);
    utf8_clean(raw, text + what, sizeof text - what);
    return add(findings,
               &(Finding){.level = FINDING_WARNING, .line = line, .what = what, .alone = alone},
               text);
}

Status findings_warn(Findings *findings, const char *path, size_t line, const char *file,
                     const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    Status status =
        findings ? warn(findings, false, path, line, file, format, arguments) : STATUS_OK;
    va_end(arguments);
    return status;
}

Status findings_warn_alone(Findings *findings, const char *path, size_t line, const char *file,
                           const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    Status status =
        findings ? warn(findings, true, path, line, file, format, arguments) : STATUS_OK;
    va_end(arguments);
    return status;
}

static int by_line(const void *a, const void *b)
{
    const Finding *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

void findings_sort(Findings *findings)
{
    if (findings->count > 0)
        qsort(findings->findings, findings->count, sizeof *findings->findings, by_line);
}

/* ---- gathering ---- */

/* The order of two texts in which every number counts as the same. */
static int compare_kinds(const char *a, const char *b)
{
    for (;; ++a, ++b) {
        while (isdigit((unsigned char)*a) && isdigit((unsigned char)a[1]))
            ++a;
        while (isdigit((unsigned char)*b) && isdigit((unsigned char)b[1]))
            ++b;
        bool numbers = isdigit((unsigned char)*a) && isdigit((unsigned char)*b);
        if (!numbers && *a != *b)
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        if (*a == '\0')
            return 0;
    }
}

static int by_kind(const void *a, const void *b)
{
    const Finding *x = *(const Finding *const *)a, *y = *(const Finding *const *)b;
    int order = compare_kinds(x->text + x->what, y->text + y->what);
    return order != 0 ? order : by_line(x, y);
}

/* One gathered kind: its first finding, and how many there are. */
typedef struct {
    Finding first;
    size_t count;
} Kind;

static Status describe(const Kind *kind, char **text)
{
    size_t room = strlen(kind->first.text) + 64;
    TRY(MEMORY_NEW(text, room));
    size_t more = kind->count - 1;
    if (more > 0)
        snprintf(*text, room, "%s (and so %zu row%s more)", kind->first.text, more,
                 more == 1 ? "" : "s");
    else
        snprintf(*text, room, "%s", kind->first.text);
    return STATUS_OK;
}

/* Fills `kinds`, one for each run of equal kinds in the sorted list, ordered by line. */
static size_t count_kinds(size_t count, const Finding *const *sorted, Kind *kinds)
{
    size_t found = 0;
    for (size_t i = 0; i < count; ++i) {
        if (i == 0 || sorted[i]->alone ||
            compare_kinds(sorted[i]->text + sorted[i]->what,
                          sorted[i - 1]->text + sorted[i - 1]->what) != 0)
            kinds[found++].first = *sorted[i];
        ++kinds[found - 1].count;
    }
    if (found > 0)
        qsort(kinds, found, sizeof *kinds, by_line); /* `first` stands first */
    return found;
}

Status findings_gather(const Findings *findings, char ***texts, size_t *count)
{
    const Finding **sorted = NULL;
    Kind *kinds = NULL;
    Status status;
    size_t warnings = 0;
    *texts = NULL;
    *count = 0;
    TRY_GOTO(status, end, MEMORY_NEW(&sorted, findings->count));
    TRY_GOTO(status, end, MEMORY_NEW(&kinds, findings->levels[FINDING_WARNING]));
    for (size_t i = 0; i < findings->count; ++i)
        if (findings->findings[i].level == FINDING_WARNING)
            sorted[warnings++] = &findings->findings[i];
    if (warnings > 0)
        qsort(sorted, warnings, sizeof *sorted, by_kind);
    size_t found = count_kinds(warnings, sorted, kinds);
    TRY_GOTO(status, end, MEMORY_NEW(texts, found));
    for (; *count < found; ++*count)
        TRY_GOTO(status, end, describe(&kinds[*count], &(*texts)[*count]));
end:
    free(sorted);
    free(kinds);
    return status;
}

/* See manifest_columns.h. */
#include "data/manifest_columns.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const char *const manifest_column_names[COLUMNS] = {"image",       "mask",  "label", "patient",
                                                    "lesion",      "form",  "split", "boxes",
                                                    "mask_values", "centre"};

enum { NAME_BYTES = 32, LONG_NAME = 7 };

/* Lower case, without blanks, dashes and underscores; names too long for a slip come out empty. */
static void simplify(const char *name, char simple[NAME_BYTES])
{
    size_t used = 0;
    for (; *name && used + 1 < NAME_BYTES; ++name)
        if (!strchr(" -_\t", *name))
            simple[used++] = (char)tolower((unsigned char)*name);
    simple[*name ? 0 : used] = '\0';
}

/* Edits from one word to the other: characters put in, left out, replaced, and neighbours
 * exchanged (the restricted Damerau-Levenshtein distance). */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_BYTES], width = strlen(b);
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= width; ++j)
        above[j] = j;
    for (size_t i = 1; a[i - 1]; ++i) {
        row[0] = i;
        for (size_t j = 1; j <= width; ++j) {
            size_t least = above[j - 1] + (a[i - 1] != b[j - 1]);
            if (above[j] + 1 < least)
                least = above[j] + 1;
            if (row[j - 1] + 1 < least)
                least = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < least)
                least = before[j - 2] + 1;
            row[j] = least;
        }
        size_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[width];
}

/* The known column that a name may stand for, COLUMNS if none. *surely: one or two letters away. */
static size_t resembled(const char *name, bool *surely)
{
    char simple[NAME_BYTES], known[NAME_BYTES];
    simplify(name, simple);
    for (size_t k = 0; k < COLUMNS && simple[0]; ++k) {
        simplify(manifest_column_names[k], known);
        *surely = distance(simple, known) <= (strlen(known) >= LONG_NAME ? 2 : 1);
        if (*surely)
            return k;
    }
    for (size_t k = 0; k < COLUMNS; ++k) {
        size_t length = strlen(manifest_column_names[k]);
        if (strncmp(name, manifest_column_names[k], length) == 0 && strchr("_- ", name[length]))
            return k;
    }
    return COLUMNS;
}

/* What is to be said of a column that is not known. */
static Status judge(const CsvTable *table, const ManifestColumns *columns, const char *name,
                    Findings *findings)
{
    bool surely = false;
    size_t meant = resembled(name, &surely);
    if (meant == COLUMNS)
        return STATUS_OK;
    const char *known = manifest_column_names[meant];
    bool missing = columns->known[meant] == table->columns;
    if (!surely && !missing)
        return STATUS_OK;
    if (surely && missing)
        FAIL(STATUS_FORMAT, "%s:%zu: unknown column \"%s\", did you mean \"%s\"?", table->path,
             table->lines[0], name, known);
    return findings_warn(
        findings, table->path, table->lines[0], NULL,
        "column \"%s\" is kept as it is and used for nothing, did you mean \"%s\"?", name, known);
}

static void forget_annotations(const CsvTable *table, ManifestColumns *columns)
{
    static const ManifestColumn annotating[] = {COLUMN_MASK, COLUMN_LABEL, COLUMN_LESION,
                                                COLUMN_FORM, COLUMN_BOXES, COLUMN_MASK_VALUES};
    for (size_t i = 0; i < sizeof annotating / sizeof *annotating; ++i)
        columns->known[annotating[i]] = table->columns;
}

Status manifest_find_columns(const CsvTable *table, bool unlabelled, Findings *findings,
                             ManifestColumns *columns)
{
    for (size_t known = 0; known < COLUMNS; ++known)
        columns->known[known] = csv_find_column(table, manifest_column_names[known]);
    for (size_t i = 0; i < table->columns; ++i) {
        const char *name = table->cells[i];
        if (csv_find_column(table, name) != i)
            FAIL(STATUS_FORMAT, "%s:%zu: column \"%s\" stands there twice, expected once",
                 table->path, table->lines[0], name);
        size_t known = 0;
        while (known < COLUMNS && columns->known[known] != i)
            ++known;
        if (known == COLUMNS)
            TRY(judge(table, columns, name, findings));
    }
    size_t unused;
    TRY(csv_column(table, manifest_column_names[COLUMN_IMAGE], &unused));
    if (!unlabelled)
        return csv_column(table, manifest_column_names[COLUMN_LABEL], &unused);
    forget_annotations(table, columns);
    return STATUS_OK;
}

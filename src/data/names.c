/* See names.h. Names are compared by sorting: by text for the distinct ones, by their folded text
 * for those that differ only in their spelling. */
#include "data/names.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

/* A distinct name of some kind. */
typedef struct {
    const char *text;
    const ManifestRow *first; /* row that has it */
    size_t rows;              /* that have it */
    char *folded;             /* owned */
} Name;

typedef struct {
    Name *names; /* sorted by text */
    size_t count;
} NameList;

enum { ROWS_BYTES = 32 };

static const char *rows_text(size_t rows, char text[ROWS_BYTES])
{
    text[0] = '\0';
    if (rows > 1)
        snprintf(text, ROWS_BYTES, " (%zu rows)", rows);
    return text;
}

/* Reports what is wrong with a name, at the first row that has it. */
__attribute__((format(printf, 4, 5))) static Status refuse(Findings *findings,
                                                           const Manifest *manifest,
                                                           const ManifestRow *row,
                                                           const char *format, ...)
{
    char what[STATUS_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return findings_settle(
        findings, row->line,
        status_set(STATUS_FORMAT, "%s:%zu: %s: %s", manifest->path, row->line, row->image, what));
}

/* ---- lists ---- */

static int by_text(const void *a, const void *b)
{
    const Name *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0                        ? order
           : x->first->line < y->first->line ? -1
                                             : x->first->line > y->first->line;
}

static int by_folded(const void *a, const void *b)
{
    const Name *x = a, *y = b;
    int order = strcmp(x->folded, y->folded);
    return order != 0                        ? order
           : x->first->line < y->first->line ? -1
                                             : x->first->line > y->first->line;
}

static void list_clear(NameList *list)
{
    for (size_t i = 0; i < list->count; ++i)
        free(list->names[i].folded);
    free(list->names);
}

typedef const char *(*NameOf)(const Manifest *manifest, const ManifestRow *row, size_t column);

/* The distinct texts of a kind, empty ones left out. */
static Status collect(const Manifest *manifest, NameOf name_of, size_t column, NameList *list)
{
    *list = (NameList){0};
    TRY(MEMORY_NEW(&list->names, manifest->count));
    size_t filled = 0, count = 0;
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        const char *text = row->broken ? "" : name_of(manifest, row, column);
        if (text[0] != '\0')
            list->names[filled++] = (Name){.text = text, .first = row, .rows = 1};
    }
    qsort(list->names, filled, sizeof *list->names, by_text);
    for (size_t i = 0; i < filled; ++i)
        if (count > 0 && strcmp(list->names[count - 1].text, list->names[i].text) == 0)
            ++list->names[count - 1].rows;
        else
            list->names[count++] = list->names[i];
    list->count = count;
    return STATUS_OK;
}

static Status fold(NameList *list)
{
    for (size_t i = 0; i < list->count; ++i)
        TRY(utf8_fold(list->names[i].text, &list->names[i].folded));
    return STATUS_OK;
}

static const char *label_of(const Manifest *manifest, const ManifestRow *row, size_t unused)
{
    (void)manifest, (void)unused;
    return row->label;
}

static const char *patient_of(const Manifest *manifest, const ManifestRow *row, size_t unused)
{
    (void)manifest, (void)unused;
    return row->patient;
}

static const char *cell_of(const Manifest *manifest, const ManifestRow *row, size_t column)
{
    return csv_cell(&manifest->table, (size_t)(row - manifest->rows), column);
}

/* ---- all texts ---- */

static Status check_text(const Manifest *manifest, const char *column, bool path, const Name *name,
                         Findings *findings)
{
    char quote[UTF8_QUOTE_BYTES], rows[ROWS_BYTES];
    size_t valid = utf8_valid_bytes(name->text);
    const ManifestRow *row = name->first;
    if (name->text[valid] != '\0' && path)
        return findings_warn(findings, manifest->path, row->line, NULL,
                             "%s is %s, no UTF-8 from byte %zu on, expected UTF-8", column,
                             utf8_quote(name->text, quote), valid + 1);
    if (name->text[valid] != '\0')
        return refuse(findings, manifest, row,
                      "%s is %s%s, no UTF-8 from byte %zu on, expected UTF-8 (iconv -f LATIN1 -t "
                      "UTF-8 converts Western European text)",
                      column, utf8_quote(name->text, quote), rows_text(name->rows, rows),
                      valid + 1);
    if (!path && utf8_has_control(name->text))
        return refuse(findings, manifest, row,
                      "%s is %s%s, with a control character, expected none", column,
                      utf8_quote(name->text, quote), rows_text(name->rows, rows));
    return STATUS_OK;
}

/* Files may have any name. Labels are looked at with the classes: some stand only in boxes. */
static Status check_texts(const Manifest *manifest, Findings *findings)
{
    const CsvTable *table = &manifest->table;
    for (size_t column = 0; column < table->columns; ++column) {
        const char *header = table->cells[column];
        if (strcmp(header, "label") == 0 || strcmp(header, "boxes") == 0)
            continue;
        bool path = strcmp(header, "image") == 0 || strcmp(header, "mask") == 0;
        NameList list;
        Status status = collect(manifest, cell_of, column, &list);
        for (size_t i = 0; i < list.count && status == STATUS_OK; ++i)
            status = check_text(manifest, header, path, &list.names[i], findings);
        list_clear(&list);
        TRY(status);
    }
    return STATUS_OK;
}

/* ---- names that are told apart by their spelling alone ---- */

static Status check_spellings(const Manifest *manifest, const char *kind, NameList *list,
                              Findings *findings)
{
    if (list->count > 0)
        qsort(list->names, list->count, sizeof *list->names, by_folded);
    const Name *earlier = list->names; /* the first of those that fold to the same */
    for (size_t i = 1; i < list->count; ++i) {
        const Name *name = &list->names[i];
        if (strcmp(earlier->folded, name->folded) != 0) {
            earlier = name;
            continue;
        }
        char first[UTF8_QUOTE_BYTES], quote[UTF8_QUOTE_BYTES], rows[ROWS_BYTES];
        TRY(refuse(findings, manifest, name->first,
                   "%s %s%s differs from %s on line %zu only in case, blanks or form of letters, "
                   "expected one spelling of one name",
                   kind, utf8_quote(name->text, quote), rows_text(name->rows, rows),
                   utf8_quote(earlier->text, first), earlier->first->line));
    }
    return STATUS_OK;
}

/* ---- classes ---- */

/* Why a class may not be called so; NULL: it may. */
static const char *fault_of_class(const char *text)
{
    /* Names of metrics are CLASS_sensitivity and the like, beside these and of these. */
    static const char *const taken[] = {"lesion", "class", "mask", ".", ".."};
    size_t length = strlen(text);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; ++i)
        if (strcmp(text, taken[i]) == 0)
            return "a name that results use themselves, expected another";
    if (length > NAMES_CLASS_BYTES)
        return "longer than 64 bytes, expected a shorter name";
    if (strchr(text, '/'))
        return "with a slash, which parts groups in result files, expected none (as \"Ia+Ib\")";
    if (text[strspn(text, " ")] == '\0' || text[0] == ' ' || text[length - 1] == ' ')
        return "with a blank at an end, expected none";
    return NULL;
}

/* Case, blanks and form of letters aside, and underscores and hyphens. */
static bool reads_as(const char *folded, const char *word)
{
    for (; *folded; ++folded) {
        if (*folded == '_' || *folded == '-')
            continue;
        if (*folded != *word++)
            return false;
    }
    return *word == '\0';
}

static bool seems_lesion_free(const char *folded)
{
    static const char *const words[] = {
        "healthy",    "healthycontrol", "control",   "background", "bg",         "negative",
        "neg",        "none",           "no",        "false",      "0",          "nolesion",
        "nolesions",  "nonlesion",      "nopolyp",   "nopolyps",   "nonpolyp",   "nofinding",
        "nofindings", "lesionfree",     "polypfree", "clean",      "unaffected", "nothing",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (reads_as(folded, words[i]))
            return true;
    const char *normal = strstr(folded, MANIFEST_NORMAL);
    return normal && (normal == folded || normal[-1] != 'b'); /* abnormal */
}

static bool seems_unknown(const char *folded)
{
    static const char *const words[] = {"nan",     "na",        "n/a",        "null", "nil",
                                        "unknown", "unlabeled", "unlabelled", "?",    "???",
                                        "tbd",     "undefined", "missing"};
    for (size_t i = 0; i < sizeof words / sizeof *words; ++i)
        if (reads_as(folded, words[i]))
            return true;
    return strspn(folded, "-?.") == strlen(folded);
}

static Status check_class(const Manifest *manifest, const Name *name, Findings *findings)
{
    const ManifestRow *row = name->first;
    char quote[UTF8_QUOTE_BYTES], rows[ROWS_BYTES];
    utf8_quote(name->text, quote);
    rows_text(name->rows, rows);
    if (strcmp(name->folded, MANIFEST_NORMAL) == 0)
        return refuse(findings, manifest, row,
                      "label is %s%s, a class of lesions to the program, "
                      "expected " MANIFEST_NORMAL " in small letters for an image without a lesion",
                      quote, rows);
    const char *fault = fault_of_class(name->text);
    if (fault)
        return refuse(findings, manifest, row, "class is %s%s, %s", quote, rows, fault);
    if (seems_lesion_free(name->folded))
        return findings_warn(findings, manifest->path, row->line, row->image,
                             "class %s%s counts as a kind of lesion, expected the "
                             "label " MANIFEST_NORMAL " where there is none",
                             quote, rows);
    if (seems_unknown(name->folded))
        return findings_warn(findings, manifest->path, row->line, row->image,
                             "class %s%s counts as a kind of lesion, expected no row "
                             "for an image whose label is not known",
                             quote, rows);
    return STATUS_OK;
}

static Status check_class_list(const Manifest *manifest, NameList *list, Findings *findings)
{
    TRY(fold(list));
    for (size_t i = 0; i < list->count; ++i)
        TRY(check_text(manifest, "label", false, &list->names[i], findings));
    for (size_t i = 0; i < list->count; ++i)
        if (strcmp(list->names[i].text, MANIFEST_NORMAL) != 0)
            TRY(check_class(manifest, &list->names[i], findings));
    /* "Normal" was told of above. */
    size_t kept = 0;
    for (size_t i = 0; i < list->count; ++i)
        if (strcmp(list->names[i].folded, MANIFEST_NORMAL) != 0)
            list->names[kept++] = list->names[i];
        else
            free(list->names[i].folded);
    list->count = kept;
    return check_spellings(manifest, "class", list, findings);
}

static Status check_classes(const Manifest *manifest, Findings *findings)
{
    NameList list;
    Status status = collect(manifest, label_of, 0, &list);
    if (status == STATUS_OK)
        status = check_class_list(manifest, &list, findings);
    list_clear(&list);
    return status;
}

/* ---- patients ---- */

/* Images without a patient are patients of their own; said where others name theirs. */
static Status check_nameless(const Manifest *manifest, Findings *findings)
{
    size_t nameless = 0;
    const ManifestRow *first = NULL;
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        if (row->broken || row->patient[0] != '\0')
            continue;
        first = first ? first : row;
        ++nameless;
    }
    if (!first || !manifest->by_patient)
        return STATUS_OK;
    return findings_warn(findings, manifest->path, first->line, first->image,
                         "no patient here (in %zu of %zu rows), while other rows name "
                         "theirs: each such image counts as a patient of its own and may stand in "
                         "another split than the rest of that patient",
                         nameless, manifest->count);
}

static Status check_patient_list(const Manifest *manifest, NameList *list, Findings *findings)
{
    TRY(fold(list));
    for (size_t i = 0; i < list->count; ++i) {
        const Name *name = &list->names[i];
        char quote[UTF8_QUOTE_BYTES];
        if (name->rows > 1 && seems_unknown(name->folded))
            TRY(findings_warn(findings, manifest->path, name->first->line, name->first->image,
                              "patient %s of %zu rows counts as one patient, expected "
                              "nothing where the patient is not known",
                              utf8_quote(name->text, quote), name->rows));
    }
    return check_spellings(manifest, "patient", list, findings);
}

static Status check_patients(const Manifest *manifest, Findings *findings)
{
    NameList list;
    TRY(check_nameless(manifest, findings));
    Status status = collect(manifest, patient_of, 0, &list);
    if (status == STATUS_OK)
        status = check_patient_list(manifest, &list, findings);
    list_clear(&list);
    return status;
}

Status names_check(const Manifest *manifest, Findings *findings)
{
    TRY(check_texts(manifest, findings));
    TRY(check_classes(manifest, findings));
    return check_patients(manifest, findings);
}

/* ---- is any image normal? ---- */

/* The names of some classes: "0, 1, 2 and 5 more". */
static void list_names(const NameList *list, char *text, size_t bytes)
{
    enum { SHOWN = 4 };
    size_t used = 0;
    for (size_t i = 0; i < list->count && i < SHOWN && used < bytes; ++i) {
        char quote[UTF8_QUOTE_BYTES];
        used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "",
                                 utf8_quote(list->names[i].text, quote));
    }
    if (list->count > SHOWN && used < bytes)
        snprintf(text + used, bytes - used, " and %zu more", list->count - SHOWN);
}

Status names_check_normal(const Manifest *manifest, Findings *findings)
{
    char text[4 * UTF8_QUOTE_BYTES + 64];
    NameList list;
    bool any = false;
    TRY(collect(manifest, label_of, 0, &list));
    for (size_t i = 0; i < list.count; ++i)
        any |= strcmp(list.names[i].text, MANIFEST_NORMAL) == 0;
    list_names(&list, text, sizeof text);
    Status status = STATUS_OK;
    if (!any && list.count > 0)
        status = findings_warn(findings, manifest->path, 0, NULL,
                               "no image is labelled " MANIFEST_NORMAL " (the labels are %s): "
                               "specificity and the ROC curve need images without a lesion",
                               text);
    list_clear(&list);
    return status;
}

/* Reading and writing manifests; see manifest.h.
 *
 * Three passes: each row by itself; then what rows say about each other (classes, patients, images
 * listed twice), by sorting; then names become indices.
 */
#include "data/manifest.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/manifest_columns.h"
#include "data/names.h"
#include "data/properties.h"

/* Classes that always come first, so that their indices agree between data sets. */
static const char *const leading_classes[] = {"GC", "GU", "CG"};
enum { LEADING_CLASSES = sizeof leading_classes / sizeof leading_classes[0] };

/* ---- one row ---- */

static const char *field(const CsvTable *table, size_t row, size_t column)
{
    return column < table->columns ? csv_cell(table, row, column) : "";
}

static const char *skip_spaces(const char *text)
{
    return text + strspn(text, " \t");
}

/* What four numbers may be that are no corners. */
static const char *guess_meaning(const Box *box)
{
    if (box->x0 <= 1 && box->y0 <= 1 && box->x1 <= 1 && box->y1 <= 1)
        return ": are these shares of the image?";
    return box->x1 < box->x0 || box->y1 < box->y0 ? ": are these x, y, width and height?" : "";
}

/* "x0 y0 x1 y1 class"; `text` is cut off where the class ends. */
static Status parse_box(const Manifest *manifest, const ManifestRow *row, size_t number, char *text,
                        ManifestBox *box)
{
    float *const sides[4] = {&box->box.x0, &box->box.y0, &box->box.x1, &box->box.y1};
    char *rest = text;
    for (int i = 0; i < 4; ++i) {
        char *end;
        errno = 0;
        *sides[i] = strtof(rest, &end);
        if (end == rest || errno == ERANGE || !isfinite(*sides[i]))
            FAIL(STATUS_FORMAT, "%s:%zu: %s: box %zu is \"%s\", expected \"x0 y0 x1 y1 class\"",
                 manifest->path, row->line, row->image, number, skip_spaces(text));
        rest = end;
    }
    size_t gap = strspn(rest, " \t");
    box->class_name = rest + gap;
    char *end = rest + strlen(rest);
    while (end > box->class_name && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = '\0';
    if (gap == 0 || end == box->class_name)
        FAIL(STATUS_FORMAT, "%s:%zu: %s: box %zu is \"%s\", expected \"x0 y0 x1 y1 class\"",
             manifest->path, row->line, row->image, number, skip_spaces(text));
    if (!(box->box.x0 < box->box.x1 && box->box.y0 < box->box.y1)) {
        char sides[BOX_TEXT_BYTES];
        FAIL(STATUS_FORMAT, "%s:%zu: %s: box %zu is %s, expected x0 < x1 and y0 < y1 (half-open)%s",
             manifest->path, row->line, row->image, number, box_text(&box->box, sides),
             guess_meaning(&box->box));
    }
    return STATUS_OK;
}

static Status parse_boxes(const Manifest *manifest, const char *text, ManifestRow *row)
{
    size_t most = 1;
    for (const char *c = text; *c; ++c)
        most += *c == ';';
    TRY(MEMORY_NEW(&row->boxes, most));
    TRY(memory_copy_text(text, &row->box_text));
    char *rest = row->box_text;
    for (char *part = strsep(&rest, ";"); part; part = strsep(&rest, ";")) {
        if (*skip_spaces(part) == '\0')
            continue;
        TRY(parse_box(manifest, row, row->box_count + 1, part, &row->boxes[row->box_count]));
        ++row->box_count;
    }
    return STATUS_OK;
}

/* "FILE" or "FILE;FILE;..."; blanks about the names of several files are not part of them. */
static Status parse_masks(ManifestRow *row)
{
    size_t most = 1;
    for (const char *c = row->mask; *c; ++c)
        most += *c == ';';
    TRY(MEMORY_NEW(&row->masks, most));
    if (most == 1) {
        row->masks[0] = row->mask;
        row->mask_count = row->mask[0] != '\0';
        return STATUS_OK;
    }
    TRY(memory_copy_text(row->mask, &row->mask_text));
    char *rest = row->mask_text;
    for (char *part = strsep(&rest, ";"); part; part = strsep(&rest, ";")) {
        part += strspn(part, " \t");
        size_t length = strlen(part);
        while (length > 0 && (part[length - 1] == ' ' || part[length - 1] == '\t'))
            part[--length] = '\0';
        if (length > 0)
            row->masks[row->mask_count++] = part;
    }
    return STATUS_OK;
}

static Status parse_form(const Manifest *manifest, ManifestRow *row)
{
    static const char *const forms[] = {"", "uplift", "flat", "depression"};
    const int32_t count = sizeof forms / sizeof forms[0];
    for (row->form_index = 0; row->form_index < count; ++row->form_index)
        if (strcmp(row->form, forms[row->form_index]) == 0)
            return STATUS_OK;
    FAIL(STATUS_FORMAT, "%s:%zu: %s: form is \"%s\", expected uplift, flat, depression or nothing",
         manifest->path, row->line, row->image, row->form);
}

/* An image without a label has the class of its largest box. */
static Status complete_label(const Manifest *manifest, ManifestRow *row)
{
    if (strcmp(row->label, MANIFEST_NORMAL) == 0 && row->box_count > 0)
        FAIL(STATUS_FORMAT, "%s:%zu: %s: labelled normal with %zu boxes, expected none",
             manifest->path, row->line, row->image, row->box_count);
    if (row->label[0] != '\0')
        return STATUS_OK;
    if (row->box_count == 0)
        FAIL(STATUS_FORMAT, "%s:%zu: %s: label is empty, expected normal or a class",
             manifest->path, row->line, row->image);
    const ManifestBox *largest = &row->boxes[0];
    for (size_t i = 1; i < row->box_count; ++i)
        if (box_area(&row->boxes[i].box) > box_area(&largest->box))
            largest = &row->boxes[i];
    row->label = largest->class_name;
    return STATUS_OK;
}

static Status parse_mask_rule(const Manifest *manifest, const char *text, ManifestRow *row)
{
    row->mask_rule = manifest->mask_rule;
    if (text[0] != '\0' && !mask_rule_parse(text, &row->mask_rule))
        FAIL(STATUS_FORMAT, "%s:%zu: %s: mask_values is \"%s\", expected " MASK_RULE_EXPECTED,
             manifest->path, row->line, row->image, text);
    return STATUS_OK;
}

static Status parse_row(const Manifest *manifest, const ManifestColumns *columns, size_t index,
                        ManifestRow *row)
{
    const CsvTable *table = &manifest->table;
    const char *texts[COLUMNS];
    for (size_t k = 0; k < COLUMNS; ++k)
        texts[k] = field(table, index, columns->known[k]);
    *row = (ManifestRow){
        .line = csv_line(table, index),
        .image = texts[COLUMN_IMAGE],
        .mask = texts[COLUMN_MASK],
        .label = texts[COLUMN_LABEL],
        .patient = texts[COLUMN_PATIENT],
        .lesion = texts[COLUMN_LESION],
        .form = texts[COLUMN_FORM],
        .centre = texts[COLUMN_CENTRE],
        .split = SPLIT_NONE,
        .label_index = LABEL_NORMAL,
    };
    if (manifest->unlabelled)
        row->label = MANIFEST_NORMAL;
    TRY(parse_masks(row)); /* first: its files are to be spared, whatever is wrong with the row */
    if (row->image[0] == '\0')
        FAIL(STATUS_FORMAT, "%s:%zu: image is empty, expected a path", manifest->path, row->line);
    if (!split_parse(texts[COLUMN_SPLIT], &row->split))
        FAIL(STATUS_FORMAT, "%s:%zu: %s: split is \"%s\", expected train, val, test or nothing",
             manifest->path, row->line, row->image, texts[COLUMN_SPLIT]);
    TRY(parse_form(manifest, row));
    TRY(parse_mask_rule(manifest, texts[COLUMN_MASK_VALUES], row));
    TRY(parse_boxes(manifest, texts[COLUMN_BOXES], row));
    return complete_label(manifest, row);
}

/* Hands an error of a row to whoever collects them, or up. */
static Status settle(Findings *findings, Status status, ManifestRow *row)
{
    row->broken |= status != STATUS_OK;
    return findings_settle(findings, row->line, status);
}

/* ---- rows together ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts `count` names and drops repeated ones; returns how many are left. */
static size_t sort_distinct(size_t count, const char **names)
{
    qsort(names, count, sizeof *names, by_text);
    size_t kept = 0;
    for (size_t i = 0; i < count; ++i)
        if (kept == 0 || strcmp(names[i], names[kept - 1]) != 0)
            names[kept++] = names[i];
    return kept;
}

static Status collect_classes(Manifest *manifest)
{
    TRY(MEMORY_NEW(&manifest->class_names, manifest->count));
    const char **names = manifest->class_names;
    size_t count = 0;
    for (size_t i = 0; i < manifest->count; ++i)
        if (!manifest->rows[i].broken && strcmp(manifest->rows[i].label, MANIFEST_NORMAL) != 0)
            names[count++] = manifest->rows[i].label;
    count = sort_distinct(count, names);
    size_t placed = 0;
    for (size_t leading = 0; leading < LEADING_CLASSES; ++leading)
        for (size_t i = placed; i < count; ++i)
            if (strcmp(names[i], leading_classes[leading]) == 0) {
                const char *found = names[i];
                memmove(&names[placed + 1], &names[placed], (i - placed) * sizeof *names);
                names[placed++] = found;
                break;
            }
    manifest->class_count = count;
    return STATUS_OK;
}

static bool find_class(const Manifest *manifest, const char *name, uint32_t *index)
{
    for (size_t i = 0; i < manifest->class_count; ++i)
        if (strcmp(manifest->class_names[i], name) == 0) {
            *index = (uint32_t)i;
            return true;
        }
    return false;
}

static Status resolve_classes(const Manifest *manifest, ManifestRow *row)
{
    uint32_t index;
    if (find_class(manifest, row->label, &index))
        row->label_index = (int32_t)index;
    for (size_t i = 0; i < row->box_count; ++i) {
        ManifestBox *box = &row->boxes[i];
        if (find_class(manifest, box->class_name, &box->class_index))
            continue;
        char known[256] = "";
        for (size_t k = 0, used = 0; k < manifest->class_count && used < sizeof known; ++k)
            used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", k ? ", " : "",
                                     manifest->class_names[k]);
        FAIL(STATUS_FORMAT, "%s:%zu: %s: box %zu has class \"%s\", expected one of %s",
             manifest->path, row->line, row->image, i + 1, box->class_name,
             known[0] ? known : "the labels (there are none)");
    }
    return STATUS_OK;
}

static const char *patient_key(const ManifestRow *row)
{
    return row->patient[0] ? row->patient : row->image;
}

static Status collect_patients(Manifest *manifest)
{
    TRY(MEMORY_NEW(&manifest->patients, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i) {
        manifest->by_patient |= manifest->rows[i].patient[0] != '\0';
        manifest->patients[i] = patient_key(&manifest->rows[i]);
    }
    manifest->patient_count = sort_distinct(manifest->count, manifest->patients);
    for (size_t i = 0; i < manifest->count; ++i) {
        const char *key = patient_key(&manifest->rows[i]);
        const char **found = bsearch(&key, manifest->patients, manifest->patient_count,
                                     sizeof *manifest->patients, by_text);
        manifest->rows[i].patient_index = (uint32_t)(found - manifest->patients);
    }
    return STATUS_OK;
}

/* Columns whose texts are kept: those that are no part of a row's meaning, and centre and lesion.
 */
static Status collect_kept(const ManifestColumns *columns, Manifest *manifest)
{
    const CsvTable *table = &manifest->table;
    TRY(MEMORY_NEW(&manifest->kept_columns, table->columns));
    for (size_t column = 0; column < table->columns; ++column) {
        bool used = false, kept = true;
        for (size_t k = 0; k < COLUMNS; ++k)
            kept &= columns->known[k] != column || k == COLUMN_CENTRE || k == COLUMN_LESION;
        for (size_t i = 0; i < table->rows && kept && !used; ++i)
            used = csv_cell(table, i, column)[0] != '\0';
        if (used)
            manifest->kept_columns[manifest->kept_count++] = column;
    }
    return STATUS_OK;
}

const char *manifest_kept_name(const Manifest *manifest, size_t kept)
{
    return manifest->table.cells[manifest->kept_columns[kept]];
}

const char *manifest_kept_text(const Manifest *manifest, size_t kept, size_t row)
{
    return csv_cell(&manifest->table, row, manifest->kept_columns[kept]);
}

static int by_image(const void *a, const void *b)
{
    const ManifestRow *x = *(ManifestRow *const *)a, *y = *(ManifestRow *const *)b;
    int order = strcmp(x->image, y->image);
    return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* No image twice: it would stand in two splits. */
static Status check_images(const Manifest *manifest, Findings *findings)
{
    ManifestRow **sorted;
    TRY(MEMORY_NEW(&sorted, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i)
        sorted[i] = &manifest->rows[i];
    qsort(sorted, manifest->count, sizeof *sorted, by_image);
    Status status = STATUS_OK;
    for (size_t i = 1; i < manifest->count && status == STATUS_OK; ++i)
        if (sorted[i]->image[0] && strcmp(sorted[i]->image, sorted[i - 1]->image) == 0)
            status = settle(findings,
                            status_set(STATUS_FORMAT,
                                       "%s:%zu: %s: already on line %zu, expected each image once",
                                       manifest->path, sorted[i]->line, sorted[i]->image,
                                       sorted[i - 1]->line),
                            sorted[i]);
    free(sorted);
    return status;
}

static int by_mask(const void *a, const void *b)
{
    const ManifestRow *x = *(ManifestRow *const *)a, *y = *(ManifestRow *const *)b;
    int order = strcmp(x->mask, y->mask);
    return order != 0 ? order : x->line < y->line ? -1 : x->line > y->line;
}

/* Lesions of two images have two masks; equal ones are mostly a slip. */
static Status check_masks(const Manifest *manifest, Findings *findings)
{
    const ManifestRow **sorted;
    size_t count = 0;
    TRY(MEMORY_NEW(&sorted, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i)
        if (!manifest->rows[i].broken && manifest->rows[i].mask[0] &&
            manifest->rows[i].label_index != LABEL_NORMAL)
            sorted[count++] = &manifest->rows[i];
    if (count > 0)
        qsort(sorted, count, sizeof *sorted, by_mask);
    Status status = STATUS_OK;
    for (size_t i = 1; i < count && status == STATUS_OK; ++i)
        if (strcmp(sorted[i]->mask, sorted[i - 1]->mask) == 0)
            status = findings_warn(findings, manifest->path, sorted[i]->line, sorted[i]->mask,
                                   "is the mask of line %zu too, expected one an image",
                                   sorted[i - 1]->line);
    free(sorted);
    return status;
}

/* No patient on two sides; each further side is reported once, at its first row. */
static Status check_splits(const Manifest *manifest, Findings *findings)
{
    ManifestRow **first; /* patients x splits: the first row of the patient there */
    TRY(memory_new((void **)&first, manifest->patient_count, SPLIT_COUNT * sizeof *first));
    Status status = STATUS_OK;
    for (size_t i = 0; i < manifest->count && status == STATUS_OK; ++i) {
        ManifestRow *row = &manifest->rows[i];
        if (row->broken || row->split == SPLIT_NONE || row->patient[0] == '\0')
            continue;
        ManifestRow **sides = &first[row->patient_index * SPLIT_COUNT];
        if (sides[row->split])
            continue;
        sides[row->split] = row;
        for (int other = 0; other < SPLIT_COUNT && !row->broken && status == STATUS_OK; ++other)
            if (other != (int)row->split && sides[other])
                status =
                    settle(findings,
                           status_set(STATUS_FORMAT,
                                      "%s:%zu: %s: patient %s is in %s here and in %s on line %zu, "
                                      "expected one split a patient",
                                      manifest->path, row->line, row->image, row->patient,
                                      split_name(row->split), split_name((Split)other),
                                      sides[other]->line),
                           row);
    }
    free(first);
    return status;
}

static Status read_rows(Findings *findings, Manifest *manifest)
{
    ManifestColumns columns;
    TRY(manifest_find_columns(&manifest->table, manifest->unlabelled, findings, &columns));
    if (manifest->table.rows == 0)
        FAIL(STATUS_FORMAT, "%s:%zu: no rows, expected one an image", manifest->path,
             manifest->table.lines[0] + 1);
    TRY(MEMORY_NEW(&manifest->rows, manifest->table.rows));
    manifest->count = manifest->table.rows;
    for (size_t i = 0; i < manifest->count; ++i) {
        ManifestRow *row = &manifest->rows[i];
        TRY(settle(findings, parse_row(manifest, &columns, i, row), row));
    }
    TRY(collect_classes(manifest));
    TRY(collect_patients(manifest));
    for (size_t i = 0; i < manifest->count; ++i) {
        ManifestRow *row = &manifest->rows[i];
        if (!row->broken)
            TRY(settle(findings, resolve_classes(manifest, row), row));
    }
    TRY(collect_kept(&columns, manifest));
    TRY(check_images(manifest, findings));
    TRY(check_masks(manifest, findings));
    TRY(check_splits(manifest, findings));
    return names_check(manifest, findings);
}

static Status read_properties(Manifest *manifest)
{
    DatasetProperties properties;
    TRY(properties_read(manifest->path, &properties));
    manifest->synthetic = properties.synthetic;
    manifest->hard = properties.hard;
    manifest->mask_rule = properties.mask_rule;
    return STATUS_OK;
}

static Status read_manifest(const char *path, bool unlabelled, Findings *findings,
                            Manifest *manifest)
{
    *manifest = (Manifest){.unlabelled = unlabelled};
    Status status = memory_copy_text(path, &manifest->path);
    if (status == STATUS_OK)
        status = csv_read(path, &manifest->table);
    if (status == STATUS_OK)
        status = read_properties(manifest);
    if (status == STATUS_OK)
        status = read_rows(findings, manifest);
    if (status != STATUS_OK)
        manifest_clear(manifest);
    return status;
}

Status manifest_read(const char *path, Findings *findings, Manifest *manifest)
{
    return read_manifest(path, false, findings, manifest);
}

Status manifest_read_unlabelled(const char *path, Findings *findings, Manifest *manifest)
{
    return read_manifest(path, true, findings, manifest);
}

Status manifest_parse(const char *path, const char *text, size_t bytes, Manifest *manifest)
{
    *manifest = (Manifest){0};
    Status status = memory_copy_text(path, &manifest->path);
    if (status == STATUS_OK)
        status = csv_parse(path, text, bytes, &manifest->table);
    if (status == STATUS_OK)
        status = read_rows(NULL, manifest);
    if (status != STATUS_OK)
        manifest_clear(manifest);
    return status;
}

void manifest_clear(Manifest *manifest)
{
    for (size_t i = 0; i < manifest->count; ++i) {
        free(manifest->rows[i].boxes);
        free(manifest->rows[i].box_text);
        free(manifest->rows[i].masks);
        free(manifest->rows[i].mask_text);
    }
    free(manifest->rows);
    free(manifest->class_names);
    free(manifest->patients);
    free(manifest->kept_columns);
    free(manifest->path);
    csv_clear(&manifest->table);
    *manifest = (Manifest){0};
}

/* ---- writing ---- */

void manifest_write_header(CsvWriter *writer)
{
    for (size_t i = 0; i < COLUMNS_WRITTEN; ++i)
        csv_write_text(writer, manifest_column_names[i]);
    csv_end_row(writer);
}

static Status write_boxes(CsvWriter *writer, const ManifestRow *row)
{
    char *text = NULL;
    size_t bytes;
    FILE *stream = open_memstream(&text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot buffer the boxes of %s", row->image);
    for (size_t i = 0; i < row->box_count; ++i) {
        const Box *box = &row->boxes[i].box;
        fprintf(stream, "%s%.9g %.9g %.9g %.9g %s", i ? ";" : "", (double)box->x0, (double)box->y0,
                (double)box->x1, (double)box->y1, row->boxes[i].class_name);
    }
    bool failed = fclose(stream) != 0;
    if (!failed)
        csv_write_text(writer, text);
    free(text);
    if (failed)
        FAIL(STATUS_NO_MEMORY, "out of memory: cannot buffer the boxes of %s", row->image);
    return STATUS_OK;
}

Status manifest_write_row(CsvWriter *writer, const ManifestRow *row)
{
    const char *const texts[] = {row->image,
                                 row->mask,
                                 row->label,
                                 row->patient,
                                 row->lesion,
                                 row->form,
                                 split_name(row->split)};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i)
        csv_write_text(writer, texts[i] ? texts[i] : "");
    TRY(write_boxes(writer, row));
    csv_end_row(writer);
    return STATUS_OK;
}

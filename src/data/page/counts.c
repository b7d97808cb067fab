/* How many pictures of what kind are in which split. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/page/parts.h"
#include "store/html.h"

enum { SPLITS = SPLIT_NONE + 1, VALUES_MOST = 20 };

/* The pictures that share a name: a label, a form, a centre. */
typedef struct {
    const char *name;
    size_t images[SPLITS];
    size_t masks, boxes, patients;
} Group;

typedef struct {
    const Page *page;
    Group *groups; /* count */
    size_t count, capacity;
    Group all;
    bool used[SPLITS]; /* splits that hold a picture */
} Tally;

typedef const char *NameOf(const Manifest *manifest, size_t row, size_t column);

static void add_row(Group *group, const Page *page, size_t row)
{
    const ManifestRow *of = &page->manifest->rows[row];
    ++group->images[of->split];
    group->masks += of->mask_count;
    group->boxes += page->facts[row].known ? page->facts[row].box_count : of->box_count;
}

static Status find_group(Tally *tally, const char *name, Group **group)
{
    for (size_t i = 0; i < tally->count; ++i)
        if (strcmp(tally->groups[i].name, name) == 0) {
            *group = &tally->groups[i];
            return STATUS_OK;
        }
    TRY(MEMORY_GROW(&tally->groups, tally->count + 1, &tally->capacity));
    *group = &tally->groups[tally->count++];
    (*group)->name = name;
    return STATUS_OK;
}

/* Groups stand in the order in which they appear. With more than `most` of them the rest is not
 * counted. */
static Status count_rows(const Page *page, NameOf *name_of, size_t column, size_t most,
                         Tally *tally)
{
    for (size_t i = 0; i < page->manifest->count && tally->count <= most; ++i) {
        if (page->manifest->rows[i].broken)
            continue;
        Group *group;
        TRY(find_group(tally, name_of(page->manifest, i, column), &group));
        add_row(group, page, i);
        add_row(&tally->all, page, i);
        tally->used[page->manifest->rows[i].split] = true;
    }
    return STATUS_OK;
}

/* Distinct patients of each group, and of all. */
static Status count_patients(Tally *tally, NameOf *name_of, size_t column)
{
    const Manifest *manifest = tally->page->manifest;
    for (size_t g = 0; g <= tally->count; ++g) {
        Group *group = g < tally->count ? &tally->groups[g] : &tally->all;
        bool *seen;
        TRY(MEMORY_NEW(&seen, manifest->patient_count));
        for (size_t i = 0; i < manifest->count; ++i) {
            const ManifestRow *row = &manifest->rows[i];
            if (row->broken || seen[row->patient_index] ||
                (group != &tally->all && strcmp(group->name, name_of(manifest, i, column)) != 0))
                continue;
            seen[row->patient_index] = true;
            ++group->patients;
        }
        free(seen);
    }
    return STATUS_OK;
}

static void write_number(size_t number, FILE *html)
{
    fprintf(html, "<td class=\"number\">%zu</td>", number);
}

static void write_group(const Tally *tally, const Group *group, bool all, FILE *html)
{
    size_t images = 0;
    for (size_t split = 0; split < SPLITS; ++split)
        images += group->images[split];
    fprintf(html, "<tr%s><th scope=\"row\">", all ? " class=\"all\"" : "");
    html_write_text(html, all ? "all" : group->name[0] ? group->name : "(none)");
    fputs("</th>", html);
    write_number(images, html);
    for (size_t split = 0; split < SPLITS; ++split)
        if (tally->used[split])
            write_number(group->images[split], html);
    if (tally->page->manifest->by_patient)
        write_number(group->patients, html);
    write_number(group->masks, html);
    write_number(group->boxes, html);
    fputs("</tr>\n", html);
}

static void write_tally(const Tally *tally, const char *title, FILE *html)
{
    fputs("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Images by ", html);
    html_write_text(html, title);
    fputs("\"><table><caption>Images by ", html);
    html_write_text(html, title);
    fputs("</caption>\n<thead><tr><th scope=\"col\">", html);
    html_write_text(html, title);
    fputs("</th><th scope=\"col\" class=\"number\">images</th>", html);
    for (Split split = SPLIT_TRAIN; split <= SPLIT_NONE; ++split)
        if (tally->used[split])
            fprintf(html, "<th scope=\"col\" class=\"number\">%s</th>", page_split_name(split));
    if (tally->page->manifest->by_patient)
        fputs("<th scope=\"col\" class=\"number\">patients</th>", html);
    fputs("<th scope=\"col\" class=\"number\">masks</th>"
          "<th scope=\"col\" class=\"number\">boxes</th></tr></thead>\n<tbody>\n",
          html);
    for (size_t i = 0; i < tally->count; ++i)
        write_group(tally, &tally->groups[i], false, html);
    write_group(tally, &tally->all, true, html);
    fputs("</tbody></table></div>\n", html);
}

/* Groups for normal and the classes, in this order, whether there are pictures of them or not. */
static Status add_labels(Tally *tally)
{
    const Manifest *manifest = tally->page->manifest;
    Group *group;
    TRY(find_group(tally, MANIFEST_NORMAL, &group));
    for (size_t i = 0; i < manifest->class_count; ++i)
        TRY(find_group(tally, manifest->class_names[i], &group));
    return STATUS_OK;
}

/* A table for one kind of name: that of labels always, of others none if all rows have the same one
 * or there are too many. */
static Status write_kind(const Page *page, const char *title, NameOf *name_of, size_t column,
                         bool labels, FILE *html)
{
    Tally tally = {.page = page};
    size_t most = labels ? page->manifest->count + 1 : VALUES_MOST;
    Status status = labels ? add_labels(&tally) : STATUS_OK;
    if (status == STATUS_OK)
        status = count_rows(page, name_of, column, most, &tally);
    if (status == STATUS_OK && tally.count <= most && (labels || tally.count > 1)) {
        status = count_patients(&tally, name_of, column);
        if (status == STATUS_OK)
            write_tally(&tally, title, html);
    }
    free(tally.groups);
    return status;
}

static const char *label_of(const Manifest *manifest, size_t row, size_t unused)
{
    (void)unused;
    return page_label_name(manifest, &manifest->rows[row]);
}

static const char *cell_of(const Manifest *manifest, size_t row, size_t column)
{
    return csv_cell(&manifest->table, row, column);
}

/* Whether a column groups pictures: a form, a centre, a device, and not a file or a patient. */
static bool is_grouping(const char *column)
{
    static const char *const others[] = {"image", "mask",  "label",  "patient",
                                         "split", "boxes", "lesion", "mask_values"};
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        if (strcmp(column, others[i]) == 0)
            return false;
    return true;
}

/* Patients in two splits are errors, so those of the splits add up. */
static Status write_patients(const Page *page, FILE *html)
{
    const Manifest *manifest = page->manifest;
    if (!manifest->by_patient) {
        page_text(html, "No row names a patient: an experiment splits by image, and whether "
                        "pictures of one patient stand on two sides cannot be told.");
        return STATUS_OK;
    }
    size_t *images; /* by patient */
    TRY(MEMORY_NEW(&images, manifest->patient_count));
    size_t most = 0, patients = 0, rows = 0;
    for (size_t i = 0; i < manifest->count; ++i)
        if (!manifest->rows[i].broken) {
            size_t count = ++images[manifest->rows[i].patient_index];
            most = count > most ? count : most;
            patients += count == 1;
            ++rows;
        }
    free(images);
    page_text(html, "%zu patients with %.1f images each on average, %zu at most.", patients,
              patients > 0 ? (double)rows / (double)patients : 0.0, most);
    return STATUS_OK;
}

Status page_counts(const Page *page, FILE *html)
{
    const CsvTable *table = &page->manifest->table;
    page_section(html, "counts", "Counts");
    TRY(write_patients(page, html));
    TRY(write_kind(page, "class", label_of, 0, true, html));
    for (size_t column = 0; column < table->columns; ++column)
        if (is_grouping(table->cells[column]))
            TRY(write_kind(page, table->cells[column], cell_of, column, false, html));
    return STATUS_OK;
}

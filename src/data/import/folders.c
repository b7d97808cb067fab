/* A folder a class, or a table that names the class of each image. Neither has boxes or masks: this
 * is for images of which only the class is known, lesion-free ones above all. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/layout.h"
#include "store/csv.h"
#include "store/files.h"

/* ---- folders ---- */

/* The first folder of `place` that is no split is the class; false if there is none. */
static bool class_of(const char *place, Split *split, char class_name[NAME_MAX + 1])
{
    *split = SPLIT_NONE;
    for (const char *slash; (slash = strchr(place, '/')); place = slash + 1) {
        size_t length = (size_t)(slash - place);
        Split named = collection_split_of(place, length);
        if (named == SPLIT_NONE || *split != SPLIT_NONE) {
            snprintf(class_name, NAME_MAX + 1, "%.*s", (int)length, place);
            return true;
        }
        *split = named;
    }
    return false;
}

static Status read_folders(Collection *all)
{
    for (size_t i = 0; i < all->tree.count; ++i) {
        SourceFile *file = &all->tree.files[i];
        char class_name[NAME_MAX + 1];
        Split split;
        ImportImage *image;
        if (!source_is_image(file) || file->reason)
            continue;
        if (!class_of(file->shown, &split, class_name)) {
            TRY(source_leave_out(file, "an image in no folder of a class"));
            continue;
        }
        TRY(collection_add_image(all, file, split, file->path, &image));
        TRY(memory_copy_text(class_name, &image->label));
    }
    return STATUS_OK;
}

/* ---- a table ---- */

typedef struct {
    CsvTable table;
    size_t image, label, patient, split; /* columns; table.columns: there is none */
    char *folder;                        /* of the table, as files show it */
} Labels;

/* The first of the names that is a column. */
static size_t find_column(const CsvTable *table, size_t count, const char *const *names)
{
    for (size_t i = 0; i < count; ++i)
        if (csv_find_column(table, names[i]) < table->columns)
            return csv_find_column(table, names[i]);
    return table->columns;
}

static Status find_columns(Labels *labels)
{
    static const char *const images[] = {"image", "file", "filename", "file_name"};
    static const char *const classes[] = {"label", "class"};
    static const char *const patients[] = {"patient", "scene"};
    static const char *const splits[] = {"split"};
    CsvTable *table = &labels->table;
    labels->image = find_column(table, 4, images);
    labels->label = find_column(table, 2, classes);
    labels->patient = find_column(table, 2, patients);
    labels->split = find_column(table, 1, splits);
    if (labels->image == table->columns || labels->label == table->columns)
        FAIL(STATUS_FORMAT, "%s:%zu: expected a column \"image\" and one \"label\" or \"class\"",
             table->path, table->lines[0]);
    return STATUS_OK;
}

static Status read_row(Collection *all, const Labels *labels, size_t row)
{
    const CsvTable *table = &labels->table;
    const char *name = csv_cell(table, row, labels->image);
    const char *class_name = csv_cell(table, row, labels->label);
    char where[PATH_MAX];
    size_t count = 1;
    ImportImage *image;
    snprintf(where, sizeof where, "%s:%zu", table->path, csv_line(table, row));
    TRY(collection_check_name(name, where, "image"));
    if (class_name[0] == '\0')
        FAIL(STATUS_FORMAT, "%s: %s has no class, expected one", where, name);
    SourceFile *file = source_find(&all->tree, labels->folder, name);
    if (!file)
        file = source_find_ending(&all->tree, name, &count);
    if (!file || count > 1)
        return collection_note_absent(all, name,
                                      file ? "named by the table; several files have the name"
                                           : "named by the table, not there");
    Split split = SPLIT_NONE;
    const char *named = labels->split < table->columns ? csv_cell(table, row, labels->split) : "";
    if (named[0] && (split = collection_split_of(named, strlen(named))) == SPLIT_NONE)
        FAIL(STATUS_FORMAT, "%s: split is \"%s\", expected train, val or test", where, named);
    TRY(collection_add_image(all, file, split, where, &image));
    if (labels->patient < table->columns)
        TRY(memory_copy_text(csv_cell(table, row, labels->patient), &image->patient));
    return memory_copy_text(class_name, &image->label);
}

/* Finds the table below the source, or as the shell sees it. */
static Status open_table(Collection *all, Labels *labels)
{
    const char *name = all->settings->labels;
    SourceFile *file = source_find(&all->tree, "", name);
    TRY(csv_read(file ? file->path : name, &labels->table));
    if (file)
        file->taken = true;
    return files_folder_of(file ? file->shown : "", &labels->folder);
}

static Status read_table(Collection *all)
{
    Labels labels = {0};
    Status status;
    TRY_GOTO(status, done, open_table(all, &labels));
    if (strcmp(labels.folder, ".") == 0)
        labels.folder[0] = '\0';
    TRY_GOTO(status, done, find_columns(&labels));
    for (size_t row = 0; row < labels.table.rows; ++row)
        TRY_GOTO(status, done, read_row(all, &labels, row));
    for (size_t i = 0; i < all->tree.count; ++i)
        if (source_is_image(&all->tree.files[i]) && !all->tree.files[i].taken)
            TRY_GOTO(status, done, source_leave_out(&all->tree.files[i], "not in the table"));
    if (labels.patient < labels.table.columns &&
        strcmp(labels.table.cells[labels.patient], "scene") == 0)
        status = collection_note(
            all, "column \"scene\" was taken as patient, so that a scene stays in one split");
done:
    csv_clear(&labels.table);
    free(labels.folder);
    return status;
}

static Status read(Collection *all, const char *images, const char *masks)
{
    (void)images;
    (void)masks;
    return all->settings->labels ? read_table(all) : read_folders(all);
}

const ImportLayout layout_folders = {
    .name = "folders",
    .help = "  SRC/polyp/1.jpg          a folder a class\n"
            "  SRC/normal/2.jpg         images without lesions; other names: --normal NAME\n"
            "  or both below SRC/train, SRC/val, SRC/test. With --labels FILE.csv a table\n"
            "  says the classes instead: columns image (path from the table on) and label\n"
            "  or class, and if there are any patient (or scene) and split. There are no\n"
            "  boxes or masks.\n",
    .uses = LAYOUT_LABELS,
    .read = read,
};

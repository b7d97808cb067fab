/* Checking a data set; see check.h. Problems are gathered from three passes (rows, folders, files)
 * and sorted by line in the end. */
#include "data/check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "data/properties.h"
#include "data/source.h"
#include "store/files.h"

typedef struct {
    size_t line; /* in the manifest */
    size_t order;
    char *message;
} Problem;

typedef struct {
    Problem *problems;
    size_t count, capacity;
    bool out_of_memory;
} ProblemList;

/* ---- the list ---- */

static Status add_problem(ProblemList *list, size_t line, const char *message)
{
    TRY(MEMORY_GROW(&list->problems, list->count + 1, &list->capacity));
    Problem *problem = &list->problems[list->count];
    TRY(memory_copy_text(message, &problem->message));
    problem->line = line;
    problem->order = list->count++;
    return STATUS_OK;
}

/* For manifest_read(). */
static void add_row_problem(void *context, size_t line, const char *message)
{
    ProblemList *list = context;
    if (add_problem(list, line, message) != STATUS_OK)
        list->out_of_memory = true;
}

static int by_line(const void *a, const void *b)
{
    const Problem *x = a, *y = b;
    if (x->line != y->line)
        return x->line < y->line ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void list_clear(ProblemList *list)
{
    for (size_t i = 0; i < list->count; ++i)
        free(list->problems[i].message);
    free(list->problems);
}

/* ---- folders ---- */

typedef struct {
    char *folder;
    bool exists;
    size_t first_line, files; /* of the files in it, the first one's line and their number */
    const char *first_file;
} Folder;

typedef struct {
    Folder *folders; /* one for each folder that the manifest names */
    size_t count, last;
} FolderList;

static Status find_folder(const Manifest *manifest, const ManifestRow *row, const char *file,
                          FolderList *list, Folder **found)
{
    char *path, *folder;
    TRY(files_resolve(manifest->path, file, &path));
    Status status = files_folder_of(path, &folder);
    free(path);
    TRY(status);
    /* Neighbouring rows mostly share their folders. */
    for (size_t i = 0; i < list->count; ++i) {
        Folder *candidate = &list->folders[(list->last + i) % list->count];
        if (strcmp(candidate->folder, folder) == 0) {
            free(folder);
            list->last = (size_t)(candidate - list->folders);
            *found = candidate;
            return STATUS_OK;
        }
    }
    *found = &list->folders[list->count++];
    **found = (Folder){.folder = folder,
                       .exists = files_is_folder(folder),
                       .first_line = row->line,
                       .first_file = file};
    return STATUS_OK;
}

/* Marks rows with a file in a missing folder as broken and reports each such folder once. */
static Status check_folders(Manifest *manifest, ProblemList *problems)
{
    FolderList list = {0};
    TRY(MEMORY_NEW(&list.folders, 2 * manifest->count));
    Status status = STATUS_OK;
    for (size_t i = 0; i < manifest->count && status == STATUS_OK; ++i) {
        ManifestRow *row = &manifest->rows[i];
        const char *const files[2] = {row->image, row->mask};
        for (int f = 0; f < 2 && status == STATUS_OK; ++f) {
            Folder *folder;
            if (files[f][0] == '\0')
                continue;
            status = find_folder(manifest, row, files[f], &list, &folder);
            if (status != STATUS_OK)
                break;
            ++folder->files;
            row->broken |= !folder->exists;
        }
    }
    for (size_t i = 0; i < list.count; ++i) {
        const Folder *folder = &list.folders[i];
        if (!folder->exists && status == STATUS_OK) {
            status_set(STATUS_MISSING, "%s:%zu: %s: no folder %s, expected it with %zu file%s",
                       manifest->path, folder->first_line, folder->first_file, folder->folder,
                       folder->files, folder->files == 1 ? "" : "s");
            status = add_problem(problems, folder->first_line, status_message());
        }
        free(folder->folder);
    }
    free(list.folders);
    return status;
}

/* ---- files ---- */

static Status check_files(const Manifest *manifest, ProblemList *problems)
{
    Status result = STATUS_OK;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        if (row->broken)
            continue;
        Source source;
        Status status = source_read(manifest, row, &source);
        if (status == STATUS_OK) {
            source_clear(&source);
            continue;
        }
#pragma omp critical(check_files)
        {
            /* Lack of memory is this machine's fault, not the file's. */
            if (status != STATUS_NO_MEMORY)
                status = add_problem(problems, row->line, status_message());
            if (status != STATUS_OK)
                result = status;
        }
    }
    if (result != STATUS_OK)
        FAIL(result, "%s: out of memory while its images were checked", manifest->path);
    return STATUS_OK;
}

/* ---- the table ---- */

static Status count_patients(const Manifest *manifest, Split split, bool all, size_t *patients)
{
    bool *seen;
    TRY(MEMORY_NEW(&seen, manifest->patient_count));
    *patients = 0;
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        if ((!all && row->split != split) || seen[row->patient_index])
            continue;
        seen[row->patient_index] = true;
        ++*patients;
    }
    free(seen);
    return STATUS_OK;
}

static Status print_split(const Manifest *manifest, Split split, bool all, FILE *summary)
{
    size_t *labels; /* normal, then the classes */
    TRY(MEMORY_NEW(&labels, 1 + manifest->class_count));
    size_t images = 0, masks = 0, boxes = 0, patients;
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        if (!all && row->split != split)
            continue;
        ++images;
        masks += row->mask[0] != '\0';
        boxes += row->box_count;
        ++labels[1 + row->label_index];
    }
    Status status = count_patients(manifest, split, all, &patients);
    if (status == STATUS_OK && (images > 0 || all)) {
        const char *name = all ? "all" : split == SPLIT_NONE ? "(not given)" : split_name(split);
        fprintf(summary, "%-12s %8zu", name, images);
        for (size_t i = 0; i <= manifest->class_count; ++i)
            fprintf(summary, " %8zu", labels[i]);
        if (manifest->by_patient)
            fprintf(summary, " %8zu", patients);
        fprintf(summary, " %8zu %8zu\n", masks, boxes);
    }
    free(labels);
    return status;
}

static Status print_summary(const Manifest *manifest, FILE *summary)
{
    fprintf(summary, "%-12s %8s %8s", "split", "images", MANIFEST_NORMAL);
    for (size_t i = 0; i < manifest->class_count; ++i)
        fprintf(summary, " %8s", manifest->class_names[i]);
    fprintf(summary, "%s %8s %8s\n", manifest->by_patient ? " patients" : "", "masks", "boxes");
    for (Split split = SPLIT_TRAIN; split <= SPLIT_NONE; ++split)
        TRY(print_split(manifest, split, false, summary));
    TRY(print_split(manifest, SPLIT_NONE, true, summary));
    if (!manifest->by_patient)
        fprintf(summary, "No row names a patient: splits are made by image.\n");
    if (manifest->synthetic)
        fprintf(summary, "The images are synthetic, as " PROPERTIES_FILE " says.\n");
    size_t bare = 0;
    for (size_t i = 0; i < manifest->count; ++i)
        bare += manifest->rows[i].label_index != LABEL_NORMAL && manifest->rows[i].box_count == 0;
    if (bare > 0)
        fprintf(summary, "%zu lesion images have no boxes: a detector takes them for background.\n",
                bare);
    if (fflush(summary) != 0)
        FAIL(STATUS_IO, "%s: cannot write the summary", manifest->path);
    return STATUS_OK;
}

static Status check_rows(Manifest *manifest, ProblemList *list, FILE *summary, FILE *problems)
{
    if (list->out_of_memory)
        FAIL(STATUS_NO_MEMORY, "%s: out of memory while it was checked", manifest->path);
    TRY(check_folders(manifest, list));
    TRY(check_files(manifest, list));
    if (list->count == 0)
        return print_summary(manifest, summary);
    qsort(list->problems, list->count, sizeof *list->problems, by_line);
    for (size_t i = 0; i < list->count; ++i)
        fprintf(problems, "%s\n", list->problems[i].message);
    FAIL(STATUS_FORMAT, "%s: %zu problem%s in %zu rows, expected none", manifest->path, list->count,
         list->count == 1 ? "" : "s", manifest->count);
}

Status check_manifest(const char *path, FILE *summary, FILE *problems)
{
    ProblemList list = {0};
    Manifest manifest;
    Status status = manifest_read(
        path, &(ManifestProblems){.report = add_row_problem, .context = &list}, &manifest);
    if (status == STATUS_OK) {
        status = check_rows(&manifest, &list, summary, problems);
        manifest_clear(&manifest);
    }
    list_clear(&list);
    return status;
}

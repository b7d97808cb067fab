/* Checking a data set; see check.h. Findings are gathered from three passes (rows, folders, files)
 * and sorted by line in the end. */
#include "data/check.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/findings.h"
#include "data/leaks.h"
#include "data/manifest.h"
#include "data/names.h"
#include "data/page/page.h"
#include "data/properties.h"
#include "data/source.h"
#include "store/files.h"

/* What was seen in a row's files. */
typedef struct {
    size_t box_count; /* the row's own, or those derived from its mask */
    bool derived;
    bool turned;         /* the image, upright */
    MaskReading reading; /* its text is empty if there is no mask */
} CheckedRow;

typedef struct {
    Manifest manifest;
    CheckedRow *rows; /* of the manifest */
    Look *looks;      /* of the manifest's rows, as are the others */
    Split *splits;
    PictureFacts *facts; /* for the page; NULL: there is none */
    Findings findings;
    AnnotationTally tally;
} Check;

/* ---- folders ---- */

typedef struct {
    char *folder;
    bool exists;
    size_t first_line, files; /* of the files in it, the first one's line and their number */
    const char *first_file;
} Folder;

typedef struct {
    Folder *folders; /* one for each folder that the manifest names */
    size_t count, capacity, last;
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
    status = MEMORY_GROW(&list->folders, list->count + 1, &list->capacity);
    if (status != STATUS_OK) {
        free(folder);
        return status;
    }
    *found = &list->folders[list->count++];
    **found = (Folder){.folder = folder,
                       .exists = files_is_folder(folder),
                       .first_line = row->line,
                       .first_file = file};
    return STATUS_OK;
}

static Status find_folders(Manifest *manifest, FolderList *list)
{
    for (size_t i = 0; i < manifest->count; ++i) {
        ManifestRow *row = &manifest->rows[i];
        for (size_t f = 0; f <= row->mask_count; ++f) {
            const char *file = f == 0 ? row->image : row->masks[f - 1];
            Folder *folder;
            if (!file || file[0] == '\0')
                continue;
            TRY(find_folder(manifest, row, file, list, &folder));
            ++folder->files;
            row->broken |= !folder->exists;
        }
    }
    return STATUS_OK;
}

/* Marks rows with a file in a missing folder as broken and reports each such folder once. */
static Status check_folders(Check *check)
{
    Manifest *manifest = &check->manifest;
    FolderList list = {0};
    Status status = find_folders(manifest, &list);
    for (size_t i = 0; i < list.count; ++i) {
        const Folder *folder = &list.folders[i];
        if (!folder->exists && status == STATUS_OK) {
            status_set(STATUS_MISSING, "%s:%zu: %s: no folder %s, expected it with %zu file%s",
                       manifest->path, folder->first_line, folder->first_file, folder->folder,
                       folder->files, folder->files == 1 ? "" : "s");
            status = findings_settle(&check->findings, folder->first_line, STATUS_MISSING);
        }
        free(folder->folder);
    }
    free(list.folders);
    return status;
}

/* ---- files ---- */

static Status check_row(Check *check, size_t index)
{
    const ManifestRow *row = &check->manifest.rows[index];
    CheckedRow *checked = &check->rows[index];
    Source source;
    if (row->broken)
        return STATUS_OK;
    Status status = source_read(&check->manifest, row, &check->findings, &check->tally, &source);
    if (status != STATUS_OK)
        return findings_settle(&check->findings, row->line, status);
    *checked =
        (CheckedRow){source.box_count, source.derived, source.size.orientation > 1, source.reading};
    status = look_take(&source.image, &check->looks[index]);
    if (status == STATUS_OK && check->facts)
        status = facts_take(&source.image, &source.mask, source.box_count, source.boxes,
                            &check->facts[index]);
    source_clear(&source);
    return status;
}

/* On a terminal, how far the check has come. */
typedef struct {
    FILE *stream; /* NULL: nobody looks */
    size_t count, done;
    double next; /* when it is time to say so again */
} Progress;

static void advance(Progress *progress)
{
    if (!progress->stream)
        return;
#pragma omp critical(check_progress)
    {
        ++progress->done;
        if (clock_seconds() >= progress->next || progress->done == progress->count) {
            progress->next = clock_seconds() + 0.2;
            bool last = progress->done == progress->count;
            fprintf(progress->stream, last ? "\r\033[K" : "\r%zu of %zu images", progress->done,
                    progress->count);
            fflush(progress->stream);
        }
    }
}

static Status check_files(Check *check, FILE *problems)
{
    Status result = STATUS_OK;
    size_t count = check->manifest.count;
    bool terminal = isatty(fileno(problems));
    Progress progress = {terminal ? problems : NULL, count, 0, clock_seconds() + 1};
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < count; ++i) {
        Status status = check_row(check, i);
        advance(&progress);
        if (status != STATUS_OK) {
#pragma omp atomic write
            result = status;
        }
    }
    if (result != STATUS_OK)
        FAIL(result, "%s: out of memory while its images were checked", check->manifest.path);
    return findings_settle(&check->findings, 0,
                           annotations_check_tally(&check->manifest, &check->tally));
}

/* ---- pictures together ---- */

static Status check_leaks(Check *check, NearPairs *near)
{
    const Manifest *manifest = &check->manifest;
    for (size_t i = 0; i < manifest->count; ++i)
        check->splits[i] = manifest->rows[i].broken ? SPLIT_NONE : manifest->rows[i].split;
    TRY(leaks_near_pairs(manifest, check->looks, check->splits, near));
    return leaks_report(manifest, check->looks, check->splits, near, &check->findings);
}

static Status write_page(const Check *check, const NearPairs *near, const char *path)
{
    if (!path)
        return STATUS_OK;
    return page_write(&(Page){.manifest = &check->manifest,
                              .facts = check->facts,
                              .near = near,
                              .findings = &check->findings},
                      path);
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

static Status print_split(const Check *check, Split split, bool all, FILE *summary)
{
    const Manifest *manifest = &check->manifest;
    size_t *labels; /* normal, then the classes */
    TRY(MEMORY_NEW(&labels, 1 + manifest->class_count));
    size_t images = 0, masks = 0, boxes = 0, patients;
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        if (!all && row->split != split)
            continue;
        ++images;
        masks += row->mask_count;
        boxes += check->rows[i].box_count;
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

/* "masks: 20 of 0/255, 3 of 0/1." */
static Status print_readings(const Check *check, FILE *summary)
{
    typedef struct {
        const char *text;
        size_t count;
    } Reading;
    Reading *readings;
    size_t found = 0;
    TRY(MEMORY_NEW(&readings, check->manifest.count));
    for (size_t i = 0; i < check->manifest.count; ++i) {
        const char *text = check->rows[i].reading.text;
        size_t known = 0;
        if (text[0] == '\0')
            continue;
        while (known < found && strcmp(readings[known].text, text) != 0)
            ++known;
        if (known == found)
            readings[found++].text = text;
        ++readings[known].count;
    }
    for (size_t i = 0; i < found; ++i)
        fprintf(summary, "%s%zu of %s%s", i ? ", " : "masks: ", readings[i].count, readings[i].text,
                i + 1 == found ? "\n" : "");
    free(readings);
    return STATUS_OK;
}

static Status print_summary(const Check *check, FILE *summary)
{
    const Manifest *manifest = &check->manifest;
    fprintf(summary, "%-12s %8s %8s", "split", "images", MANIFEST_NORMAL);
    for (size_t i = 0; i < manifest->class_count; ++i)
        fprintf(summary, " %8s", manifest->class_names[i]);
    fprintf(summary, "%s %8s %8s\n", manifest->by_patient ? " patients" : "", "masks", "boxes");
    for (Split split = SPLIT_TRAIN; split <= SPLIT_NONE; ++split)
        TRY(print_split(check, split, false, summary));
    TRY(print_split(check, SPLIT_NONE, true, summary));
    TRY(print_readings(check, summary));
    if (!manifest->by_patient)
        fprintf(summary, "No row names a patient: splits are made by image.\n");
    if (manifest->synthetic)
        fprintf(summary, "The images are synthetic%s, as " PROPERTIES_FILE " says.\n",
                manifest->hard ? ", of the hard level" : "");
    size_t bare = 0, turned = 0;
    for (size_t i = 0; i < manifest->count; ++i) {
        bare += manifest->rows[i].label_index != LABEL_NORMAL && check->rows[i].box_count == 0;
        turned += check->rows[i].turned;
    }
    if (turned > 0)
        fprintf(summary,
                "%zu images are turned upright, as their orientation says; their masks and boxes "
                "are taken to be of the upright picture.\n",
                turned);
    if (bare > 0)
        fprintf(summary, "%zu lesion images have no boxes: a detector takes them for background.\n",
                bare);
    if (fflush(summary) != 0)
        FAIL(STATUS_IO, "%s: cannot write the summary", manifest->path);
    return STATUS_OK;
}

/* ---- all of it ---- */

static Status print_findings(Check *check, FILE *problems)
{
    findings_sort(&check->findings);
    for (size_t i = 0; i < check->findings.count; ++i)
        if (check->findings.findings[i].level == FINDING_ERROR)
            fprintf(problems, "%s\n", check->findings.findings[i].text);
    char **warnings;
    size_t count;
    Status status = findings_gather(&check->findings, &warnings, &count);
    for (size_t i = 0; i < count; ++i) {
        fprintf(problems, "warning: %s\n", warnings[i]);
        free(warnings[i]);
    }
    free(warnings);
    return status;
}

static Status check_rows(Check *check, const char *page, FILE *summary, FILE *problems)
{
    size_t count = check->manifest.count;
    TRY(MEMORY_NEW(&check->rows, count));
    TRY(MEMORY_NEW(&check->looks, count));
    TRY(MEMORY_NEW(&check->splits, count));
    if (page)
        TRY(MEMORY_NEW(&check->facts, count));
    TRY(check_folders(check));
    TRY(check_files(check, problems));
    TRY(names_check_normal(&check->manifest, &check->findings));
    NearPairs near;
    TRY(check_leaks(check, &near));
    Status status = print_findings(check, problems);
    if (status == STATUS_OK)
        status = write_page(check, &near, page);
    near_pairs_clear(&near);
    TRY(status);
    size_t errors = check->findings.levels[FINDING_ERROR];
    if (errors == 0)
        return print_summary(check, summary);
    FAIL(STATUS_FORMAT, "%s: %zu problem%s in %zu rows, expected none", check->manifest.path,
         errors, errors == 1 ? "" : "s", check->manifest.count);
}

Status check_manifest(const char *path, const char *page, FILE *summary, FILE *problems)
{
    Check check = {.findings = {.keep_errors = true}};
    Status status = manifest_read(path, &check.findings, &check.manifest);
    if (status == STATUS_OK) {
        status = check_rows(&check, page, summary, problems);
        manifest_clear(&check.manifest);
        free(check.rows);
        free(check.looks);
        free(check.splits);
        free(check.facts);
    }
    findings_clear(&check.findings);
    return status;
}

/* See dataset_looks.h. */
#include "data/dataset_looks.h"

#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/leaks.h"
#include "data/scenes.h"
#include "image/image_file.h"
#include "store/files.h"

/* ---- looking ---- */

static Status look_at(const Manifest *manifest, const ManifestRow *row, Look *look)
{
    char *path;
    Image image;
    TRY(files_resolve(manifest->path, row->image, &path));
    Status status = image_read(path, 3, &image);
    free(path);
    if (status != STATUS_OK)
        return status_prefix(status, "%s:%zu", manifest->path, row->line);
    status = look_take(&image, look);
    image_clear(&image);
    return status;
}

Status dataset_look(const Manifest *manifest, Look *looks)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < manifest->count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, look_at(manifest, &manifest->rows[i], &looks[i]));
    return first_error_status(&first);
}

/* ---- scenes ---- */

typedef struct {
    const char *text;
    uint32_t row;
} Named;

static int by_text(const void *a, const void *b)
{
    const Named *x = a, *y = b;
    int order = strcmp(x->text, y->text);
    return order != 0 ? order : x->row < y->row ? -1 : x->row > y->row;
}

/* Numbers the texts of a column; an empty one is a scene of its own. */
static Status number_texts(const Manifest *manifest, size_t column, uint32_t *numbers)
{
    Named *named;
    TRY(MEMORY_NEW(&named, manifest->count));
    for (uint32_t i = 0; i < manifest->count; ++i)
        named[i] = (Named){.text = csv_cell(&manifest->table, i, column), .row = i};
    qsort(named, manifest->count, sizeof *named, by_text);
    for (size_t i = 0; i < manifest->count; ++i) {
        bool same =
            i > 0 && named[i].text[0] != '\0' && strcmp(named[i].text, named[i - 1].text) == 0;
        numbers[named[i].row] = same ? numbers[named[i - 1].row] : named[i].row;
    }
    free(named);
    return STATUS_OK;
}

/* A unit's rows may have been given one split at most. */
static Status check_given(const Manifest *manifest, const uint32_t *units)
{
    const ManifestRow **first; /* by unit: the first row that was given a split */
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&first, manifest->count));
    for (size_t i = 0; i < manifest->count && status == STATUS_OK; ++i) {
        const ManifestRow *row = &manifest->rows[i], *other = first[units[i]];
        if (row->split == SPLIT_NONE)
            continue;
        if (!other)
            first[units[i]] = row;
        else if (other->split != row->split)
            status = status_set(
                STATUS_FORMAT,
                "%s:%zu: %s: of one scene with %s on line %zu, in %s here and in %s there, "
                "expected one split (ignore_given: true splits anew)",
                manifest->path, row->line, row->image, other->image, other->line,
                split_name(row->split), split_name(other->split));
    }
    free(first);
    return status;
}

Status dataset_join_scenes(const Manifest *manifest, const SplitSettings *split, const Look *looks,
                           uint32_t *units)
{
    uint32_t *scenes;
    TRY(MEMORY_NEW(&scenes, manifest->count));
    Status status = scenes_find(manifest->count, looks, scenes);
    if (status == STATUS_OK)
        status = scenes_join(manifest->count, units, scenes, units);
    size_t column = csv_find_column(&manifest->table, "scene");
    if (status == STATUS_OK && column < manifest->table.columns) {
        status = number_texts(manifest, column, scenes);
        if (status == STATUS_OK)
            status = scenes_join(manifest->count, units, scenes, units);
    }
    if (status == STATUS_OK && !split->ignore_given)
        status = check_given(manifest, units);
    free(scenes);
    return status;
}

/* ---- leaks ---- */

Status dataset_add_warnings(Dataset *dataset, const Findings *findings)
{
    char **texts, **longer = NULL;
    size_t count;
    Status status = findings_gather(findings, &texts, &count);
    if (status == STATUS_OK && count > 0)
        status = MEMORY_NEW(&longer, dataset->warning_count + count);
    for (size_t i = 0; i < count; ++i)
        if (longer)
            longer[dataset->warning_count + i] = texts[i];
        else
            free(texts[i]);
    free(texts);
    if (!longer)
        return status;
    if (dataset->warning_count > 0)
        memcpy(longer, dataset->warnings, dataset->warning_count * sizeof *longer);
    free(dataset->warnings);
    dataset->warnings = longer;
    dataset->warning_count += count;
    return STATUS_OK;
}

Status dataset_check_leaks(const Manifest *manifest, const Look *looks, Dataset *dataset)
{
    Findings findings = {0};
    NearPairs near = {0};
    Split *splits;
    TRY(MEMORY_NEW(&splits, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i)
        splits[i] = dataset->examples[i].split;
    Status status = leaks_near_pairs(manifest, looks, splits, &near);
    if (status == STATUS_OK)
        status = leaks_report(manifest, looks, splits, &near, &findings);
    if (status == STATUS_OK)
        status = dataset_add_warnings(dataset, &findings);
    dataset->compared = true;
    for (size_t i = 0; i < near.count; ++i)
        dataset->near_pairs += near.pairs[i].apart;
    near_pairs_clear(&near);
    findings_clear(&findings);
    free(splits);
    return status;
}

/* From a manifest's rows to a data set; see dataset.h. */
#include "data/dataset_load.h"

#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/pack.h"
#include "data/source.h"

enum { SIZE_LEAST = 8, SIZE_MOST = 4096 };

/* ---- what the manifest says ---- */

static Status copy_names(size_t count, const char *const *names, size_t *copied, char ***copies)
{
    TRY(MEMORY_NEW(copies, count));
    *copied = count;
    for (size_t i = 0; i < count; ++i)
        TRY(memory_copy_text(names[i], &(*copies)[i]));
    return STATUS_OK;
}

static Status assign_splits(const Manifest *manifest, const SplitSettings *split, Dataset *dataset)
{
    size_t count = manifest->count;
    int32_t *classes = NULL, *forms = NULL;
    uint32_t *patients = NULL;
    Split *splits = NULL;
    Status status;
    TRY_GOTO(status, end, MEMORY_NEW(&classes, count));
    TRY_GOTO(status, end, MEMORY_NEW(&forms, count));
    TRY_GOTO(status, end, MEMORY_NEW(&patients, count));
    TRY_GOTO(status, end, MEMORY_NEW(&splits, count));
    for (size_t i = 0; i < count; ++i) {
        classes[i] = manifest->rows[i].label_index;
        forms[i] = manifest->rows[i].form_index;
        patients[i] = manifest->rows[i].patient_index;
        splits[i] = manifest->rows[i].split;
    }
    const int32_t *const values[] = {classes, forms};
    const SplitLabels labels = {.count = 2, .values = values};
    TRY_GOTO(status, end, split_assign(split, count, &labels, patients, splits));
    for (size_t i = 0; i < count; ++i)
        dataset->examples[i].split = splits[i];
end:
    free(classes);
    free(forms);
    free(patients);
    free(splits);
    return status;
}

Status dataset_check(const Manifest *manifest, size_t size)
{
    if (size < SIZE_LEAST || size > SIZE_MOST)
        FAIL(STATUS_ARGUMENT, "size is %zu, expected %d to %d pixels", size, SIZE_LEAST, SIZE_MOST);
    if (manifest->class_count == 0)
        FAIL(STATUS_FORMAT, "%s: every image is normal, expected at least one lesion class",
             manifest->path);
    return STATUS_OK;
}

Status dataset_describe(const Manifest *manifest, size_t size, const SplitSettings *split,
                        Dataset *dataset)
{
    TRY(dataset_check(manifest, size));
    dataset->size = size;
    dataset->training_side = dataset_training_side(size);
    dataset->by_patient = manifest->by_patient;
    dataset->synthetic = manifest->synthetic;
    TRY(copy_names(manifest->class_count, manifest->class_names, &dataset->class_count,
                   &dataset->class_names));
    TRY(copy_names(manifest->patient_count, manifest->patients, &dataset->patient_count,
                   &dataset->patients));
    TRY(MEMORY_NEW(&dataset->examples, manifest->count));
    dataset->count = manifest->count;
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        Example *example = &dataset->examples[i];
        TRY(memory_copy_text(row->image, &example->name));
        TRY(memory_copy_text(row->form, &example->form));
        TRY(MEMORY_NEW(&example->lesions, row->box_count));
        example->lesion_count = row->box_count;
        example->label = row->label_index;
        example->patient = row->patient_index;
        example->has_mask = source_has_mask(row);
    }
    TRY(assign_splits(manifest, split, dataset));
    return dataset_reserve(dataset);
}

/* ---- what the files say ---- */

static Status load_image(const Manifest *manifest, size_t index, Dataset *dataset)
{
    const ManifestRow *row = &manifest->rows[index];
    Example *example = &dataset->examples[index];
    Source source;
    TRY(source_read(manifest, row, &source));
    example->width = (uint32_t)source.image.width;
    example->height = (uint32_t)source.image.height;
    source_lesions(row, source.image.width, source.image.height, example->lesions);
    Status status = source_resize(&source, dataset_side(dataset, index), dataset->pixels[index],
                                  dataset->masks[index]);
    source_clear(&source);
    return status;
}

static Status load_manifest(const char *path, size_t size, const SplitSettings *split,
                            Dataset *dataset)
{
    Manifest manifest;
    TRY(manifest_read(path, NULL, &manifest));
    Status status = dataset_describe(&manifest, size, split, dataset);
    if (status == STATUS_OK) {
        FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
        for (size_t i = 0; i < manifest.count; ++i)
            if (!first_error_before(&first, i))
                first_error_note(&first, i, load_image(&manifest, i, dataset));
        status = first_error_status(&first);
    }
    manifest_clear(&manifest);
    return status;
}

Status dataset_load(const char *path, size_t size, const SplitSettings *split, Dataset **dataset)
{
    TRY(MEMORY_NEW(dataset, 1));
    size_t length = strlen(path);
    bool packed = length >= 3 && strcmp(path + length - 3, ".h5") == 0;
    Status status = packed ? pack_read(path, size, split, *dataset)
                           : load_manifest(path, size, split, *dataset);
    if (status == STATUS_OK)
        status = dataset_seal(*dataset);
    if (status != STATUS_OK) {
        dataset_free(*dataset);
        *dataset = NULL;
    }
    return status;
}

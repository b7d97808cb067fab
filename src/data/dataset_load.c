/* From a manifest's rows to a data set; see dataset.h. */
#include "data/dataset_load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/dataset_denoise.h"
#include "data/dataset_looks.h"
#include "data/pack.h"
#include "data/source.h"
#include "data/split_input.h"

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

static Status name_no_class(Dataset *dataset)
{
    return copy_names(1, (const char *const[]){"unlabelled"}, &dataset->class_count,
                      &dataset->class_names);
}

static Status copy_columns(const Manifest *manifest, Dataset *dataset)
{
    size_t columns = manifest->kept_count;
    TRY(MEMORY_NEW(&dataset->column_names, columns));
    dataset->column_count = columns;
    for (size_t k = 0; k < columns; ++k)
        TRY(memory_copy_text(manifest_kept_name(manifest, k), &dataset->column_names[k]));
    TRY(MEMORY_NEW(&dataset->column_texts, manifest->count * columns));
    for (size_t i = 0; i < manifest->count; ++i)
        for (size_t k = 0; k < columns; ++k)
            TRY(memory_copy_text(manifest_kept_text(manifest, k, i),
                                 &dataset->column_texts[i * columns + k]));
    return STATUS_OK;
}

/* ---- splits ---- */

static Status assign_splits(const Manifest *manifest, const SplitSettings *split, const Look *looks,
                            Dataset *dataset)
{
    SplitInput input = {0};
    Status status;
    TRY_GOTO(status, end, split_input_init(manifest, &input));
    if (split->group == SPLIT_GROUP_SCENE)
        TRY_GOTO(status, end, dataset_join_scenes(manifest, split, looks, input.units));
    const int32_t *const values[SPLIT_INPUT_KINDS] = {input.labels[0], input.labels[1],
                                                      input.labels[2]};
    const SplitLabels labels = {.count = input.kinds, .values = values};
    TRY_GOTO(status, end, split_assign(split, manifest->count, &labels, input.units, input.splits));
    for (size_t i = 0; i < manifest->count; ++i)
        dataset->examples[i].split = input.splits[i];
end:
    split_input_clear(&input);
    return status;
}

/* ---- all that the manifest says ---- */

Status dataset_check(const Manifest *manifest, size_t size)
{
    if (size < SIZE_LEAST || size > SIZE_MOST)
        FAIL(STATUS_ARGUMENT, "size is %zu, expected %d to %d pixels", size, SIZE_LEAST, SIZE_MOST);
    if (manifest->class_count == 0 && !manifest->unlabelled)
        FAIL(STATUS_FORMAT, "%s: every image is normal, expected at least one lesion class",
             manifest->path);
    return STATUS_OK;
}

Status dataset_describe(const Manifest *manifest, size_t size, const SplitSettings *split,
                        const Look *looks, Dataset *dataset)
{
    TRY(dataset_check(manifest, size));
    dataset->size = size;
    dataset->training_side = dataset_training_side(size);
    dataset->by_patient = manifest->by_patient;
    dataset->synthetic = manifest->synthetic;
    dataset->hard = manifest->hard;
    TRY(manifest->unlabelled ? name_no_class(dataset)
                             : copy_names(manifest->class_count, manifest->class_names,
                                          &dataset->class_count, &dataset->class_names));
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
        example->has_mask = !manifest->unlabelled && source_has_mask(row);
    }
    TRY(copy_columns(manifest, dataset));
    TRY(assign_splits(manifest, split, looks, dataset));
    return dataset_reserve(dataset);
}

/* ---- what the files say ---- */

Status dataset_set_lesions(const Dataset *dataset, const ManifestRow *row, size_t count,
                           const Box *boxes, Example *example)
{
    const PixelBox part = dataset_annotated(dataset, example);
    if (count != example->lesion_count) {
        free(example->lesions);
        example->lesions = NULL;
        example->lesion_count = 0;
        TRY(MEMORY_NEW(&example->lesions, count));
        example->lesion_count = count;
    }
    source_lesions(row, count, boxes, part.x1 - part.x0, part.y1 - part.y0, dataset->letterbox,
                   example->lesions);
    return STATUS_OK;
}

static Status load_image(const Manifest *manifest, size_t index, Findings *findings,
                         AnnotationTally *tally, Look *look, Dataset *dataset)
{
    const ManifestRow *row = &manifest->rows[index];
    Example *example = &dataset->examples[index];
    Source source;
    TRY(source_read(manifest, row, findings, tally, &source));
    example->width = (uint32_t)source.image.width;
    example->height = (uint32_t)source.image.height;
    const bool denoised = dataset->denoise != DENOISE_NONE;
    Status status = look->taken ? STATUS_OK : look_take(&source.image, look);
    if (status == STATUS_OK && denoised)
        status = dataset_denoise(dataset, &source, example);
    if (status == STATUS_OK)
        status = dataset_set_lesions(dataset, row, source.box_count, source.boxes, example);
    if (status == STATUS_OK && denoised)
        status = dataset_drop_cut(manifest, row, findings, example);
    if (status == STATUS_OK)
        status = source_resize(&source, dataset_side(dataset, index), dataset->letterbox,
                               dataset->pixels[index], dataset->masks[index]);
    source_clear(&source);
    return status;
}

static Status load_files(const Manifest *manifest, Findings *findings, Look *looks,
                         Dataset *dataset)
{
    FirstError first = FIRST_ERROR_NONE;
    AnnotationTally tally = {0};
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < manifest->count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i,
                             load_image(manifest, i, findings, &tally, &looks[i], dataset));
    TRY(first_error_status(&first));
    TRY(annotations_check_tally(manifest, &tally));
    TRY(dataset_add_warnings(dataset, findings));
    return dataset_check_leaks(manifest, looks, dataset);
}

static Status load_manifest(const char *path, size_t size, const SplitSettings *split,
                            Dataset *dataset)
{
    Findings findings = {0};
    Manifest manifest;
    Look *looks = NULL;
    Status status = (dataset->unlabelled ? manifest_read_unlabelled
                                         : manifest_read)(path, &findings, &manifest);
    if (status == STATUS_OK) {
        status = MEMORY_NEW(&looks, manifest.count);
        if (status == STATUS_OK && split->group == SPLIT_GROUP_SCENE)
            status = dataset_look(&manifest, looks);
        if (status == STATUS_OK)
            status = dataset_describe(&manifest, size, split, looks, dataset);
        if (status == STATUS_OK)
            status = load_files(&manifest, &findings, looks, dataset);
        manifest_clear(&manifest);
    }
    free(looks);
    findings_clear(&findings);
    return status;
}

/* ---- what resizing leaves ---- */

static bool has_set_pixel(const Dataset *dataset, size_t index)
{
    size_t side = dataset_side(dataset, index);
    return memchr(dataset->masks[index], 1, side * side) != NULL;
}

/* A lesion's mask without a pixel counts as one that no network can find. A few are small lesions;
 * most of them are masks that were read wrongly, which packs of earlier versions may hold. */
static Status check_masks(const char *path, Dataset *dataset)
{
    size_t lesions = 0, empty = 0;
    for (size_t i = 0; i < dataset->count; ++i) {
        if (dataset->examples[i].label == LABEL_NORMAL || !dataset->examples[i].has_mask)
            continue;
        ++lesions;
        empty += !has_set_pixel(dataset, i);
    }
    if (2 * empty > lesions)
        FAIL(STATUS_FORMAT,
             "%s: %zu of %zu lesion masks have no pixel set at the network's size of %zu, expected "
             "a larger size (or, of a pack of an earlier version that read masks of 0 and 1 as "
             "empty: pack again)",
             path, empty, lesions, dataset->size);
    if (empty == 0)
        return STATUS_OK;
    Findings findings = {0};
    Status status =
        findings_warn(&findings, path, 0, NULL,
                      "%zu of %zu lesion masks have no pixel left at the network's size of %zu",
                      empty, lesions, dataset->size);
    if (status == STATUS_OK)
        status = dataset_add_warnings(dataset, &findings);
    findings_clear(&findings);
    return status;
}

/* What a pack holds of annotations. */
static Status forget_annotations(Dataset *dataset)
{
    for (size_t i = 0; i < dataset->class_count; ++i)
        free(dataset->class_names[i]);
    free(dataset->class_names);
    dataset->class_names = NULL;
    dataset->class_count = 0;
    for (size_t i = 0; i < dataset->count; ++i) {
        Example *example = &dataset->examples[i];
        example->label = LABEL_NORMAL;
        example->form[0] = '\0';
        example->has_mask = false;
        example->lesion_count = 0;
        dataset->masks[i] = NULL;
    }
    return name_no_class(dataset);
}

/* A pack's pictures are resized already, as most networks want them. */
static Status check_pack(const char *path, const DatasetForm *form)
{
    if (form->letterbox)
        FAIL(STATUS_ARGUMENT,
             "%s: a pack holds pictures stretched over the square, and the network wants them "
             "fitted "
             "into it (expected the manifest)",
             path);
    if (form->denoise != DENOISE_NONE)
        FAIL(STATUS_ARGUMENT,
             "%s: a pack holds pictures as they are, resized, and the network wants them denoised "
             "before that (expected the manifest)",
             path);
    return STATUS_OK;
}

static Status load(const char *path, const DatasetForm *form, bool unlabelled,
                   const SplitSettings *split, Dataset **dataset)
{
    size_t length = strlen(path);
    bool packed = length >= 3 && strcmp(path + length - 3, ".h5") == 0;
    if (packed)
        TRY(check_pack(path, form));
    TRY(MEMORY_NEW(dataset, 1));
    (*dataset)->letterbox = form->letterbox;
    (*dataset)->denoise = form->denoise;
    (*dataset)->unlabelled = unlabelled;
    Status status = packed ? pack_read(path, form->size, split, *dataset)
                           : load_manifest(path, form->size, split, *dataset);
    if (status == STATUS_OK && packed && unlabelled)
        status = forget_annotations(*dataset);
    if (status == STATUS_OK)
        status = check_masks(path, *dataset);
    if (status == STATUS_OK)
        status = dataset_seal(*dataset);
    if (status != STATUS_OK) {
        dataset_free(*dataset);
        *dataset = NULL;
    }
    return status;
}

Status dataset_load(const char *path, size_t size, const SplitSettings *split, Dataset **dataset)
{
    return load(path, &(DatasetForm){.size = size}, false, split, dataset);
}

Status dataset_load_form(const char *path, const DatasetForm *form, const SplitSettings *split,
                         Dataset **dataset)
{
    return load(path, form, false, split, dataset);
}

Status dataset_load_unlabelled(const char *path, const DatasetForm *form,
                               const SplitSettings *split, Dataset **dataset)
{
    return load(path, form, true, split, dataset);
}

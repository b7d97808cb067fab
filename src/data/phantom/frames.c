/* See frames.h. */
#include "data/phantom/frames.h"

#include <stdlib.h>

#include "base/memory.h"
#include "data/dataset.h"
#include "data/import/source_tree.h"
#include "data/manifest.h"
#include "store/files.h"

/* Takes over `path`, also where it fails. `patient` may be NULL. */
static Status add(PhantomFrames *frames, char *path, const char *patient)
{
    PhantomFrame frame = {.path = path};
    Status status = patient ? memory_copy_text(patient, &frame.patient) : STATUS_OK;
    if (status == STATUS_OK)
        status = MEMORY_GROW(&frames->items, frames->count + 1, &frames->capacity);
    if (status == STATUS_OK) {
        frames->items[frames->count++] = frame;
        return STATUS_OK;
    }
    free(frame.patient);
    free(path);
    return status;
}

static Status add_rows(const Manifest *manifest, PhantomFrames *frames)
{
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        char *path;
        if (row->label_index != LABEL_NORMAL || row->split == SPLIT_VALIDATION ||
            row->split == SPLIT_TEST) {
            ++frames->left_out;
            continue;
        }
        TRY(files_resolve(manifest->path, row->image, &path));
        TRY(add(frames, path, *row->patient ? row->patient : NULL));
    }
    return STATUS_OK;
}

static Status add_manifest(const char *path, PhantomFrames *frames)
{
    Manifest manifest;
    TRY(manifest_read(path, NULL, &manifest));
    Status status = add_rows(&manifest, frames);
    manifest_clear(&manifest);
    return status;
}

static Status add_files(const char *folder, PhantomFrames *frames)
{
    SourceTree tree;
    TRY(source_tree_read(folder, &tree));
    Status status = STATUS_OK;
    for (size_t i = 0; i < tree.count && status == STATUS_OK; ++i) {
        char *path;
        if (!source_is_image(&tree.files[i]))
            continue;
        status = memory_copy_text(tree.files[i].path, &path);
        if (status == STATUS_OK)
            status = add(frames, path, NULL);
    }
    source_tree_clear(&tree);
    return status;
}

Status phantom_frames_read(const char *path, PhantomFrames *frames)
{
    *frames = (PhantomFrames){0};
    char *inside = NULL;
    if (!files_is_folder(path)) {
        TRY(add_manifest(path, frames));
    } else {
        TRY(files_join(path, "manifest.csv", &inside));
        Status status =
            files_exists(inside) ? add_manifest(inside, frames) : add_files(path, frames);
        free(inside);
        TRY(status);
    }
    if (frames->count == 0)
        FAIL(STATUS_ARGUMENT,
             "%s: no frame to draw lesions into (expected images, or a manifest with rows labelled "
             "normal that are not of the splits val and test)",
             path);
    return STATUS_OK;
}

void phantom_frames_clear(PhantomFrames *frames)
{
    for (size_t i = 0; i < frames->count; ++i) {
        free(frames->items[i].path);
        free(frames->items[i].patient);
    }
    free(frames->items);
    *frames = (PhantomFrames){0};
}

/* The files that belong to a data set, so that no command writes over them. */
#include <stdlib.h>

#include "cmd/data.h"
#include "data/manifest.h"
#include "store/files.h"

static Status note_file(Outputs *outputs, const char *manifest, const char *name)
{
    char *path;
    if (!name[0])
        return STATUS_OK;
    TRY(files_resolve(manifest, name, &path));
    Status status = outputs_note_input(outputs, path);
    free(path);
    return status;
}

static Status note_row(Outputs *outputs, const char *manifest, const ManifestRow *row)
{
    TRY(note_file(outputs, manifest, row->image));
    for (size_t i = 0; i < row->mask_count; ++i)
        TRY(note_file(outputs, manifest, row->masks[i]));
    return STATUS_OK;
}

Status data_note_inputs(Outputs *outputs, const char *path)
{
    Manifest manifest;
    Findings findings = {.keep_errors = true}; /* what is wrong with a row is told by who uses it */
    Status status = manifest_read(path, &findings, &manifest);
    findings_clear(&findings);
    TRY(status);
    status = outputs_note_input(outputs, path);
    for (size_t i = 0; i < manifest.count && status == STATUS_OK; ++i)
        status = note_row(outputs, path, &manifest.rows[i]);
    manifest_clear(&manifest);
    return status;
}

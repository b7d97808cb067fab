/* The rows of a manifest, to be exported. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/export/export.h"
#include "data/source.h"
#include "store/files.h"

static Status fill(const ManifestRow *row, Source *opened, ExportImage *image)
{
    image->width = opened->image.width;
    image->height = opened->image.height;
    image->class_only = row->label_index != LABEL_NORMAL && opened->box_count == 0;
    TRY(MEMORY_NEW(&image->boxes, opened->box_count));
    for (size_t i = 0; i < opened->box_count; ++i)
        image->boxes[image->box_count++] = (ExportBox){
            .box = opened->boxes[i],
            .class_index = opened->derived ? (uint32_t)row->label_index : row->boxes[i].class_index,
            .score = NAN};
    if (!source_has_mask(row))
        return STATUS_OK;
    if (!opened->mask.pixels)
        return image_init(&image->mask, image->width, image->height, 1);
    image->mask = opened->mask;
    opened->mask = (Image){0};
    return STATUS_OK;
}

static Status read_row(void *context, size_t index, ExportImage *image)
{
    const Manifest *manifest = context;
    Source opened;
    *image = (ExportImage){0};
    TRY(source_read(manifest, &manifest->rows[index], NULL, NULL, &opened));
    Status status = fill(&manifest->rows[index], &opened, image);
    source_clear(&opened);
    if (status != STATUS_OK)
        export_image_clear(image);
    return status;
}

void export_image_clear(ExportImage *image)
{
    free(image->boxes);
    image_clear(&image->mask);
    *image = (ExportImage){0};
}

static Status list_rows(const Manifest *manifest, ExportRows *rows)
{
    TRY(MEMORY_NEW(&rows->splits, manifest->count));
    TRY(MEMORY_NEW(&rows->source.paths, manifest->count));
    for (; rows->source.count < manifest->count; ++rows->source.count) {
        const ManifestRow *row = &manifest->rows[rows->source.count];
        rows->splits[rows->source.count] = row->split;
        TRY(files_resolve(manifest->path, row->image, &rows->source.paths[rows->source.count]));
    }
    return STATUS_OK;
}

Status export_rows_init(const Manifest *manifest, ExportRows *rows)
{
    *rows = (ExportRows){.manifest = manifest};
    rows->source = (ExportSource){.class_count = manifest->class_count,
                                  .class_names = manifest->class_names,
                                  .unsplit = "default",
                                  .read = read_row,
                                  .context = (void *)manifest};
    Status status = list_rows(manifest, rows);
    rows->source.splits = rows->splits;
    if (status != STATUS_OK)
        export_rows_clear(rows);
    return status;
}

void export_rows_clear(ExportRows *rows)
{
    for (size_t i = 0; i < rows->source.count; ++i)
        free(rows->source.paths[i]);
    free(rows->source.paths);
    free(rows->splits);
    *rows = (ExportRows){0};
}

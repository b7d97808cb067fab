/* Image and mask of a row; see source.h. */
#include "data/source.h"

#include <stdlib.h>
#include <string.h>

#include "image/image_file.h"
#include "image/resize.h"
#include "store/files.h"

bool source_has_mask(const ManifestRow *row)
{
    return row->mask[0] != '\0' || row->label_index == LABEL_NORMAL;
}

/* Reads the file that a manifest calls `name`, upright. */
static Status read_named(const Manifest *manifest, const char *name, size_t channels, Image *image,
                         ImageFileInfo *info)
{
    char *path;
    TRY(files_resolve(manifest->path, name, &path));
    Status status = image_read_with_info(path, channels, image, info);
    free(path);
    return status;
}

/* A mask of another size; of an image that was turned, one drawn on the stored picture is likely.
 */
static Status refuse_size(const ManifestRow *row, const Source *source, const ImageFileInfo *image)
{
    const Image *mask = &source->mask;
    if (mask->width == image->stored_width && mask->height == image->stored_height)
        FAIL(
            STATUS_FORMAT,
            "%s: the mask has %zu x %zu pixels as the image is stored, expected %zu x %zu as it is "
            "seen upright, by its orientation %u",
            row->mask, mask->width, mask->height, source->image.width, source->image.height,
            image->orientation);
    FAIL(STATUS_FORMAT, "%s: the mask has %zu x %zu pixels, expected %zu x %zu as the image",
         row->mask, mask->width, mask->height, source->image.width, source->image.height);
}

static Status check_mask(const ManifestRow *row, const Source *source, const ImageFileInfo *info)
{
    const Image *image = &source->image, *mask = &source->mask;
    if (mask->width != image->width || mask->height != image->height)
        return refuse_size(row, source, info);
    if (row->label_index != LABEL_NORMAL)
        return STATUS_OK;
    size_t set = 0;
    for (size_t i = 0; i < mask->width * mask->height; ++i)
        set += mask->pixels[i] >= SOURCE_MASK_THRESHOLD;
    if (set > 0)
        FAIL(STATUS_FORMAT, "%s: the mask of a normal image has %zu pixels set, expected none",
             row->mask, set);
    return STATUS_OK;
}

static Status read_files(const Manifest *manifest, const ManifestRow *row, Source *source)
{
    ImageFileInfo info;
    TRY(read_named(manifest, row->image, 3, &source->image, &info));
    if (row->mask[0] == '\0')
        return STATUS_OK;
    TRY(read_named(manifest, row->mask, 1, &source->mask, NULL));
    return check_mask(row, source, &info);
}

Status source_read(const Manifest *manifest, const ManifestRow *row, Source *source)
{
    *source = (Source){0};
    Status status = read_files(manifest, row, source);
    if (status != STATUS_OK)
        status = status_prefix(status, "%s:%zu", manifest->path, row->line);
    else
        status = manifest_check_boxes(manifest, row, source->image.width, source->image.height);
    if (status != STATUS_OK)
        source_clear(source);
    return status;
}

void source_clear(Source *source)
{
    image_clear(&source->image);
    image_clear(&source->mask);
}

Status source_resize(const Source *source, size_t side, uint8_t *pixels, uint8_t *mask)
{
    Image resized;
    ResizeView whole = resize_whole(&source->image);
    TRY(resize_image(&source->image, &whole, side, side, &resized));
    memcpy(pixels, resized.pixels, side * side * 3);
    image_clear(&resized);
    if (!mask)
        return STATUS_OK;
    if (!source->mask.pixels) {
        memset(mask, 0, side * side);
        return STATUS_OK;
    }
    TRY(resize_mask(&source->mask, &whole, side, side, &resized));
    for (size_t i = 0; i < side * side; ++i)
        mask[i] = resized.pixels[i] != 0;
    image_clear(&resized);
    return STATUS_OK;
}

void source_lesions(const ManifestRow *row, size_t width, size_t height, Lesion *lesions)
{
    for (size_t i = 0; i < row->box_count; ++i) {
        const ManifestBox *box = &row->boxes[i];
        lesions[i] = (Lesion){
            .box = {box->box.x0 / (float)width, box->box.y0 / (float)height,
                    box->box.x1 / (float)width, box->box.y1 / (float)height},
            .class_index = box->class_index,
        };
    }
}

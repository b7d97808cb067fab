/* Image and mask of a row; see source.h. */
#include "data/source.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "image/image_file.h"
#include "image/letterbox.h"
#include "image/resize.h"
#include "store/files.h"

bool source_has_mask(const ManifestRow *row)
{
    return row->mask[0] != '\0' || row->label_index == LABEL_NORMAL;
}

static Status warn_of_file(const Manifest *manifest, const ManifestRow *row, const char *name,
                           const ImageFileInfo *info, Findings *findings)
{
    for (size_t i = 0; i < info->warning_count && i < IMAGE_WARNINGS_KEPT; ++i)
        TRY(findings_warn(findings, manifest->path, row->line, name, "%s", info->warnings[i]));
    return STATUS_OK;
}

static Status read_image(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                         Source *source)
{
    char *path;
    ImageFileInfo info;
    TRY(files_resolve(manifest->path, row->image, &path));
    Status status = image_read_with_info(path, 3, &source->image, &info);
    free(path);
    TRY(status);
    source->size = (PictureSize){source->image.width, source->image.height, info.stored_width,
                                 info.stored_height, info.orientation};
    return warn_of_file(manifest, row, row->image, &info, findings);
}

/* A mask of another size; of an image that was turned, one drawn on the stored picture is likely.
 */
static Status refuse_size(const char *name, const Image *mask, const PictureSize *image)
{
    if (mask->width == image->stored_width && mask->height == image->stored_height)
        FAIL(
            STATUS_FORMAT,
            "%s: the mask has %zu x %zu pixels as the image is stored, expected %zu x %zu as it is "
            "seen upright, by its orientation %u",
            name, mask->width, mask->height, image->width, image->height, image->orientation);
    FAIL(STATUS_FORMAT, "%s: the mask has %zu x %zu pixels, expected %zu x %zu as the image", name,
         mask->width, mask->height, image->width, image->height);
}

/* Reads one of the row's masks. */
static Status read_mask(const Manifest *manifest, const ManifestRow *row, size_t index,
                        const PictureSize *size, Findings *findings, Image *mask,
                        MaskReading *reading)
{
    char *path;
    const char *name = row->masks[index];
    ImageFileInfo info;
    TRY(files_resolve(manifest->path, name, &path));
    Status status = mask_read(path, &row->mask_rule, mask, reading, &info);
    free(path);
    if (status == STATUS_OK && (mask->width != size->width || mask->height != size->height))
        status = refuse_size(name, mask, size);
    if (status == STATUS_OK)
        status = warn_of_file(manifest, row, name, &info, findings);
    return status;
}

static bool has_derived_boxes(const ManifestRow *row)
{
    return row->box_count == 0 && row->mask_count > 0 && row->label_index != LABEL_NORMAL;
}

/* One of several masks: its lesion is all that is set in it. */
static Status add_lesion(const ManifestRow *row, size_t index, const Image *mask, Source *source)
{
    Box box = {INFINITY, INFINITY, 0, 0};
    for (size_t i = 0; i < mask->width * mask->height; ++i) {
        if (mask->pixels[i] == 0)
            continue;
        size_t column = i % mask->width, line = i / mask->width;
        float x = (float)column, y = (float)line;
        box = (Box){fminf(box.x0, x), fminf(box.y0, y), fmaxf(box.x1, x + 1), fmaxf(box.y1, y + 1)};
    }
    if (box.x1 == 0 && row->label_index != LABEL_NORMAL)
        FAIL(STATUS_FORMAT, "%s: the mask of a lesion has no pixel set, expected some",
             row->masks[index]);
    for (size_t i = 0; i < mask->width * mask->height; ++i)
        source->mask.pixels[i] |= mask->pixels[i];
    if (has_derived_boxes(row))
        source->boxes[source->box_count++] = box;
    return STATUS_OK;
}

static Status read_several_masks(const Manifest *manifest, const ManifestRow *row,
                                 Findings *findings, Source *source)
{
    TRY(image_init(&source->mask, source->size.width, source->size.height, 1));
    if (has_derived_boxes(row))
        TRY(MEMORY_NEW(&source->boxes, row->mask_count));
    Status status = STATUS_OK;
    for (size_t i = 0; i < row->mask_count && status == STATUS_OK; ++i) {
        Image mask = {0};
        MaskReading reading = {0};
        status = read_mask(manifest, row, i, &source->size, findings, &mask, &reading);
        if (status == STATUS_OK)
            status = add_lesion(row, i, &mask, source);
        if (i == 0)
            source->reading = reading;
        image_clear(&mask);
    }
    return status;
}

static Status read_files(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                         Source *source)
{
    TRY(read_image(manifest, row, findings, source));
    if (row->mask_count > 1)
        return read_several_masks(manifest, row, findings, source);
    if (row->mask_count > 0)
        TRY(read_mask(manifest, row, 0, &source->size, findings, &source->mask, &source->reading));
    return STATUS_OK;
}

/* Once the files are read: do they go together? */
static Status check(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                    AnnotationTally *tally, Source *source)
{
    if (row->box_count > 0) {
        TRY(MEMORY_NEW(&source->boxes, row->box_count));
        source->box_count = row->box_count;
        TRY(annotations_fit_boxes(manifest, row, &source->size, source->boxes));
    }
    if (!source->mask.pixels)
        return STATUS_OK;
    TRY(annotations_check_mask(manifest, row, &source->size, &source->mask, source->reading.told,
                               source->boxes, findings, tally));
    source->derived = has_derived_boxes(row);
    if (source->derived && row->mask_count == 1)
        TRY(annotations_boxes_of_mask(&source->mask, &source->box_count, &source->boxes));
    TRY(annotations_check_filled(manifest, row, &source->mask, source->box_count, source->boxes,
                                 findings));
    if (!source->derived)
        return STATUS_OK;
    return findings_warn(findings, manifest->path, row->line, row->image,
                         "has a mask and no boxes: they were derived from the mask");
}

Status source_read(const Manifest *manifest, const ManifestRow *row, Findings *findings,
                   AnnotationTally *tally, Source *source)
{
    *source = (Source){0};
    Status status = read_files(manifest, row, findings, source);
    if (status != STATUS_OK)
        status = status_prefix(status, "%s:%zu", manifest->path, row->line);
    else
        status = check(manifest, row, findings, tally, source);
    if (status != STATUS_OK)
        source_clear(source);
    return status;
}

void source_clear(Source *source)
{
    image_clear(&source->image);
    image_clear(&source->mask);
    free(source->boxes);
    source->boxes = NULL;
}

/* The square about a picture that is fitted into one: as wide as its longer side, centred. */
static ResizeView view_of(const Image *image, bool letterbox)
{
    ResizeView view = resize_whole(image);
    if (letterbox) {
        float width = (float)image->width, height = (float)image->height;
        float half = (width > height ? width : height) / 2;
        view.window =
            (Box){width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half};
    }
    return view;
}

/* Whether a pixel of the square shows the picture: its centre lies in it. */
static bool shows(const Letterbox *place, size_t side, size_t index)
{
    size_t row = index / side, column = index % side;
    float x = ((float)column + 0.5F) / (float)side - place->x0;
    float y = ((float)row + 0.5F) / (float)side - place->y0;
    return x >= 0 && x < place->width && y >= 0 && y < place->height;
}

static Status resize_pixels(const Image *image, const ResizeView *view, const Letterbox *place,
                            size_t side, uint8_t *pixels)
{
    Image resized;
    TRY(resize_image(image, view, side, side, &resized));
    memcpy(pixels, resized.pixels, side * side * 3);
    image_clear(&resized);
    for (size_t i = 0; i < side * side && (place->width < 1 || place->height < 1); ++i)
        if (!shows(place, side, i))
            memset(pixels + 3 * i, LETTERBOX_GREY, 3);
    return STATUS_OK;
}

Status source_resize(const Source *source, size_t side, bool letterbox, uint8_t *pixels,
                     uint8_t *mask)
{
    ResizeView view = view_of(&source->image, letterbox);
    Letterbox place = letterbox_of(letterbox, source->image.width, source->image.height);
    Image resized;
    TRY(resize_pixels(&source->image, &view, &place, side, pixels));
    if (!mask)
        return STATUS_OK;
    memset(mask, 0, side * side);
    if (!source->mask.pixels)
        return STATUS_OK;
    view = view_of(&source->mask, letterbox);
    place = letterbox_of(letterbox, source->mask.width, source->mask.height);
    TRY(resize_mask(&source->mask, &view, side, side, &resized));
    for (size_t i = 0; i < side * side; ++i)
        mask[i] = resized.pixels[i] != 0 && shows(&place, side, i);
    image_clear(&resized);
    return STATUS_OK;
}

void source_lesions(const ManifestRow *row, size_t count, const Box *boxes, size_t width,
                    size_t height, bool letterbox, Lesion *lesions)
{
    const Letterbox place = letterbox_of(letterbox, width, height);
    for (size_t i = 0; i < count; ++i) {
        const Box *box = &boxes[i];
        const Box fractions = {box->x0 / (float)width, box->y0 / (float)height,
                               box->x1 / (float)width, box->y1 / (float)height};
        lesions[i] = (Lesion){
            .box = letterbox ? letterbox_in(&place, &fractions) : fractions,
            .class_index =
                row->box_count > 0 ? row->boxes[i].class_index : (uint32_t)row->label_index,
        };
    }
}

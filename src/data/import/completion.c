/* Completing what importers gathered; see completion.h. Images are independent of each other, so
 * neither boxes nor masks depend on the number of threads. */
#include "data/import/completion.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/import/mask_file.h"
#include "data/source.h"
#include "image/image_file.h"
#include "image/regions.h"
#include "image/runs.h"

enum { PNG_LEVEL = 6 };

/* Regions below this share of the image are specks that JPEG left in the mask. */
static const double region_share_least = 0.0005;

/* Boxes that reach further beyond the image than this are told of, in pixels. */
static const double overhang_silent = 1;

typedef struct {
    Collection *all;
    ImportImage *image;
    size_t width, height;
    Image lesion; /* 0 and 255: of the lesion at hand */
    Image united; /* of all lesions so far */
    bool plain;   /* the only mask file may stand as it is */
} Work;

void completion_mask_name(size_t index, char name[COMPLETION_NAME_BYTES])
{
    snprintf(name, COMPLETION_NAME_BYTES, "masks/%06zu.png", index + 1);
}

/* The last message, with a file's name from the data set's folder on. */
static const char *message(const Work *work)
{
    const char *text = status_message();
    size_t length = strlen(work->all->tree.root);
    bool inside = strncmp(text, work->all->tree.root, length) == 0 && text[length] == '/';
    return inside ? text + length + 1 : text;
}

/* ---- areas ---- */

static Status paint_runs(const uint32_t *lengths, const AreaPart *part, Image *target)
{
    Runs runs;
    TRY(runs_of_lengths(lengths, part->count, part->width, part->height, &runs));
    Status status = STATUS_OK;
    if (part->width == target->width && part->height == target->height)
        runs_paint(&runs, target);
    else
        status = status_set(STATUS_FORMAT, "a mask of %zu x %zu pixels, expected %zu x %zu",
                            part->width, part->height, target->width, target->height);
    runs_clear(&runs);
    return status;
}

/* Runs go along the rows of a window, which may reach beyond the image. */
static Status paint_rows(const AreaPart *part, Image *target)
{
    size_t position = 0;
    for (size_t i = 0; i < part->count; ++i) {
        if (part->lengths[i] > part->width * part->height - position)
            FAIL(STATUS_FORMAT, "run lengths add up to more than %zu x %zu pixels", part->width,
                 part->height);
        for (uint32_t k = 0; k < part->lengths[i]; ++k, ++position) {
            int64_t x = part->left + (int64_t)(position % part->width);
            int64_t y = part->top + (int64_t)(position / part->width);
            if (i % 2 == 1 && x >= 0 && y >= 0 && x < (int64_t)target->width &&
                y < (int64_t)target->height)
                target->pixels[(size_t)y * target->width + (size_t)x] = 255;
        }
    }
    if (position != part->width * part->height)
        FAIL(STATUS_FORMAT, "run lengths add up to %zu pixels, expected %zu x %zu", position,
             part->width, part->height);
    return STATUS_OK;
}

static Status paint_polygon(const AreaPart *part, Image *target)
{
    Runs runs;
    TRY(runs_of_polygon(part->corners, part->count, target->width, target->height, &runs));
    runs_paint(&runs, target);
    runs_clear(&runs);
    return STATUS_OK;
}

static void unite(const Image *part, Image *whole)
{
    for (size_t i = 0; i < whole->width * whole->height; ++i)
        whole->pixels[i] |= part->pixels[i];
}

/* Adds a mask as it was read to `target`, and releases it. */
static Status unite_file(const SourceFile *file, Image *mask, Image *target)
{
    Status status = STATUS_OK;
    if (mask->width == target->width && mask->height == target->height)
        unite(mask, target);
    else
        status = status_set(STATUS_FORMAT,
                            "%s: the mask has %zu x %zu pixels, expected %zu x %zu as the image",
                            file->shown, mask->width, mask->height, target->width, target->height);
    image_clear(mask);
    return status;
}

static Status paint_file(const AreaPart *part, Work *work)
{
    Image mask;
    TRY(mask_file_read(part->file->path, &mask, &work->plain));
    return unite_file(part->file, &mask, &work->lesion);
}

static Status paint_part(const AreaPart *part, Work *work)
{
    switch (part->kind) {
    case AREA_POLYGON:
        return paint_polygon(part, &work->lesion);
    case AREA_RUNS:
        return paint_runs(part->lengths, part, &work->lesion);
    case AREA_ROWS:
        return paint_rows(part, &work->lesion);
    default:
        return paint_file(part, work);
    }
}

/* ---- boxes ---- */

static Status add_box(Work *work, const ImportLesion *lesion, Box box)
{
    ImportImage *image = work->image;
    TRY(MEMORY_GROW(&image->boxes, image->box_count + 1, &image->box_capacity));
    image->boxes[image->box_count++] = (ManifestBox){.box = box, .class_name = lesion->class_name};
    return STATUS_OK;
}

/* The box that the layout gives, cut to the image. */
static Status add_given_box(Work *work, const ImportLesion *lesion)
{
    double width = (double)work->width, height = (double)work->height;
    double x0 = fmax(lesion->x0, 0), y0 = fmax(lesion->y0, 0);
    double x1 = fmin(lesion->x1, width), y1 = fmin(lesion->y1, height);
    Box box = {(float)x0, (float)y0, (float)x1, (float)y1};
    if (!(box.x0 < box.x1 && box.y0 < box.y1))
        return collection_refuse(work->image,
                                 "box %g %g %g %g of %s, expected a part of the image of %zu x %zu",
                                 lesion->x0, lesion->y0, lesion->x1, lesion->y1, lesion->class_name,
                                 work->width, work->height);
    double overhang =
        fmax(fmax(x0 - lesion->x0, y0 - lesion->y0), fmax(lesion->x1 - x1, lesion->y1 - y1));
    if (overhang > overhang_silent)
        TRY(collection_note(work->all, "box that reached beyond its image was cut at the border"));
    return add_box(work, lesion, box);
}

static Status refuse_empty(Work *work, const ImportLesion *lesion)
{
    const AreaPart *part = &lesion->parts[0];
    if (part->file)
        return collection_refuse(work->image,
                                 "%s: no %s of 0.05 percent of the image, expected at least one",
                                 part->file->shown, lesion->class_name);
    return collection_refuse(work->image, "the outline of %s holds no pixel", lesion->class_name);
}

/* Boxes from the area: one of all that is larger than a speck, or one for each region. */
static Status add_area_boxes(Work *work, const ImportLesion *lesion)
{
    Region *regions;
    size_t count, least = 1;
    bool drawn = lesion->parts[0].file == NULL;
    if (!drawn)
        least = (size_t)ceil(region_share_least * (double)work->width * (double)work->height);
    TRY(regions_find(&work->lesion, SOURCE_MASK_THRESHOLD, &regions, &count, NULL));
    Box all = {0};
    bool any = false;
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; ++i) {
        const Box *box = &regions[i].box;
        if (regions[i].area < least)
            continue;
        if (lesion->box_a_region)
            status = add_box(work, lesion, *box);
        all = any ? (Box){fminf(all.x0, box->x0), fminf(all.y0, box->y0), fmaxf(all.x1, box->x1),
                          fmaxf(all.y1, box->y1)}
                  : *box;
        any = true;
    }
    free(regions);
    TRY(status);
    if (count == 0 && lesion->may_be_empty)
        return STATUS_OK;
    if (!any)
        return refuse_empty(work, lesion);
    return lesion->box_a_region ? STATUS_OK : add_box(work, lesion, all);
}

/* ---- one lesion ---- */

static Status complete_lesion(Work *work, const ImportLesion *lesion)
{
    if (lesion->part_count == 0)
        return add_given_box(work, lesion);
    if (!work->lesion.pixels)
        TRY(image_init(&work->lesion, work->width, work->height, 1));
    memset(work->lesion.pixels, 0, work->width * work->height);
    for (size_t i = 0; i < lesion->part_count; ++i) {
        Status status = paint_part(&lesion->parts[i], work);
        if (status == STATUS_FORMAT || status == STATUS_MISSING)
            return collection_refuse(work->image, "%s", message(work));
        TRY(status);
    }
    unite(&work->lesion, &work->united);
    return lesion->has_box ? add_given_box(work, lesion) : add_area_boxes(work, lesion);
}

/* The mask of all lesions together, of which each has its box already. */
static Status complete_numbers(Work *work)
{
    const SourceFile *file = work->image->numbers_file;
    Image mask;
    Status status = mask_file_read_numbers(file->path, &mask);
    if (status == STATUS_OK)
        status = unite_file(file, &mask, &work->united);
    if (status == STATUS_FORMAT)
        return collection_refuse(work->image, "%s", message(work));
    return status;
}

/* ---- the label ---- */

/* Lesions of a class that means none are dropped; others beside them contradict it. */
static Status sort_out_normal(const Collection *all, ImportImage *image)
{
    const ImportSettings *settings = all->settings;
    size_t normal = 0;
    for (size_t i = 0; i < image->lesion_count; ++i)
        normal += collection_is_normal(settings, image->lesions[i].class_name);
    bool labelled = image->label && collection_is_normal(settings, image->label);
    if (normal > 0 && normal < image->lesion_count)
        return collection_refuse(image, "called normal and has lesions, expected one of the two");
    if (labelled && normal < image->lesion_count)
        return collection_refuse(image, "called normal and has %zu lesions, expected none",
                                 image->lesion_count);
    if (normal > 0 || labelled) {
        image->final_label = MANIFEST_NORMAL;
        return STATUS_OK;
    }
    for (size_t i = 0; i < image->lesion_count && settings->class_name; ++i) {
        free(image->lesions[i].class_name);
        image->lesions[i].class_name = NULL;
        TRY(memory_copy_text(settings->class_name, &image->lesions[i].class_name));
    }
    return STATUS_OK;
}

/* The class said of the image, or that of its largest box, as the manifest's own rule is. */
static Status choose_label(Collection *all, ImportImage *image)
{
    const ImportSettings *settings = all->settings;
    const ManifestBox *largest = NULL;
    for (size_t i = 0; i < image->box_count; ++i)
        if (!largest || box_area(&image->boxes[i].box) > box_area(&largest->box))
            largest = &image->boxes[i];
    if (image->label)
        image->final_label = settings->class_name ? settings->class_name : image->label;
    else
        image->final_label = largest ? largest->class_name : MANIFEST_NORMAL;
    if (image->label || largest || !image->normal_note)
        return STATUS_OK;
    return collection_note(all, image->normal_note);
}

/* ---- one image ---- */

static Status write_mask(const Work *work, const NewFolder *folder)
{
    char name[COMPLETION_NAME_BYTES];
    uint8_t *bytes;
    size_t count;
    completion_mask_name((size_t)(work->image - work->all->images), name);
    TRY(image_encode_png(&work->united, PNG_LEVEL, &bytes, &count));
    Status status = new_folder_write(folder, name, bytes, count);
    free(bytes);
    return status;
}

/* The mask of the image, if all its lesions have an area: else it would call some of them none. */
static Status place_mask(const Work *work, const NewFolder *folder)
{
    ImportImage *image = work->image;
    size_t drawn = 0;
    for (size_t i = 0; i < image->lesion_count; ++i)
        drawn += image->lesions[i].part_count > 0;
    bool numbers = image->numbers_file != NULL;
    if ((drawn == 0 && !numbers) || image->box_count == 0)
        return STATUS_OK;
    if (drawn < image->lesion_count && !numbers)
        return collection_note(work->all,
                               "image with outlines of some of its lesions only has no mask");
    const ImportLesion *only = &image->lesions[0];
    bool file = drawn > 0 && only->parts[0].kind == AREA_FILE;
    /* a manifest parts the names of masks by semicolons */
    if (image->lesion_count == 1 && only->part_count == 1 && file && work->plain &&
        !strchr(only->parts[0].file->path, ';')) {
        image->mask_file = only->parts[0].file;
        return STATUS_OK;
    }
    if (file && !work->plain)
        TRY(collection_note(work->all, "mask of 0 and another number was made one of 0 and 255"));
    image->mask_made = true;
    return write_mask(work, folder);
}

/* STATUS_FORMAT and the like become the image's reason. */
static Status open_image(Work *work)
{
    ImportImage *image = work->image;
    Status status = image_read_size(image->file->path, &work->width, &work->height);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        return collection_refuse(image, "%s", message(work));
    bool turned = image->width == work->height && image->height == work->width;
    if ((image->width && image->width != work->width) ||
        (image->height && image->height != work->height))
        return collection_refuse(
            image, "the image has %zu x %zu pixels, expected %zu x %zu as annotated%s", work->width,
            work->height, image->width, image->height,
            turned ? " (of the picture before its EXIF orientation was applied?)" : "");
    return STATUS_OK;
}

static Status complete_image(Work *work, const NewFolder *folder)
{
    ImportImage *image = work->image;
    if (!image->reason)
        TRY(sort_out_normal(work->all, image));
    if (!image->reason)
        TRY(open_image(work));
    if (image->reason || image->final_label)
        return STATUS_OK;
    TRY(image_init(&work->united, work->width, work->height, 1));
    for (size_t i = 0; i < image->lesion_count && !image->reason; ++i)
        TRY(complete_lesion(work, &image->lesions[i]));
    if (image->numbers_file && !image->reason)
        TRY(complete_numbers(work));
    if (image->reason)
        return STATUS_OK;
    TRY(choose_label(work->all, image));
    return place_mask(work, folder);
}

Status completion_run(Collection *all, const NewFolder *folder)
{
    FirstError first = FIRST_ERROR_NONE;
    TRY(new_folder_make(folder, "masks"));
#pragma omp parallel for schedule(dynamic)
    for (size_t i = 0; i < all->count; ++i) {
        if (first_error_before(&first, i))
            continue;
        Work work = {.all = all, .image = &all->images[i]};
        first_error_note(&first, i, complete_image(&work, folder));
        image_clear(&work.lesion);
        image_clear(&work.united);
    }
    return first_error_status(&first);
}

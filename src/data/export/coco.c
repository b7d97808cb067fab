/* COCO's JSON from a source; see export.h. Numbers are written with the digits that a float has, so
 * that a box comes back as it was. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/export/export.h"
#include "data/export/image_names.h"
#include "data/export/lesion_masks.h"
#include "image/runs.h"
#include "store/new_folder.h"

typedef struct {
    const ExportSource *source;
    const NewFolder *folder;
    char **names;
    ExportCounts *counts;
    Split split; /* at hand */
    cJSON *images, *annotations;
    size_t annotation_count; /* of all files, so that ids stay unique when they are joined */
} Coco;

static Status out_of_memory(void)
{
    return status_set(STATUS_NO_MEMORY, "out of memory while annotations were gathered");
}

/* The number that people would write for this float. */
static double shortest(float value)
{
    char text[32];
    for (int digits = 6; digits <= 9; ++digits) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return strtod(text, NULL);
}

static bool add_number(cJSON *object, const char *name, double value)
{
    return cJSON_AddNumberToObject(object, name, value) != NULL;
}

/* ---- an annotation ---- */

/* The part of the mask that belongs to a box, as packed run lengths, and its area. */
static Status add_segmentation(cJSON *annotation, const ExportImage *image, const uint32_t *owners,
                               size_t box)
{
    Image part;
    Runs runs = {0};
    char *text = NULL;
    size_t area = 0, pixels = image->width * image->height;
    Status status;
    TRY(image_init(&part, image->width, image->height, 1));
    for (size_t i = 0; i < pixels; ++i)
        if (owners[i] == box + 1) {
            part.pixels[i] = 255;
            ++area;
        }
    TRY_GOTO(status, done, runs_of_mask(&part, &runs));
    TRY_GOTO(status, done, runs_to_text(&runs, &text));
    cJSON *object = cJSON_AddObjectToObject(annotation, "segmentation");
    cJSON *size = cJSON_AddArrayToObject(object, "size");
    if (!size || !cJSON_AddItemToArray(size, cJSON_CreateNumber((double)image->height)) ||
        !cJSON_AddItemToArray(size, cJSON_CreateNumber((double)image->width)) ||
        !cJSON_AddStringToObject(object, "counts", text) ||
        !add_number(annotation, "area", (double)area))
        status = out_of_memory();
done:
    free(text);
    runs_clear(&runs);
    image_clear(&part);
    return status;
}

static Status add_annotation(Coco *coco, size_t index, const ExportImage *image,
                             const uint32_t *owners, size_t number)
{
    const ExportBox *box = &image->boxes[number];
    const double x = shortest(box->box.x0), y = shortest(box->box.y0);
    const double sides[4] = {x, y, shortest((float)(shortest(box->box.x1) - x)),
                             shortest((float)(shortest(box->box.y1) - y))};
    cJSON *annotation = cJSON_CreateObject();
    cJSON *bbox = cJSON_CreateDoubleArray(sides, 4);
    if (!annotation || !bbox || !cJSON_AddItemToArray(coco->annotations, annotation)) {
        cJSON_Delete(bbox);
        return out_of_memory();
    }
    if (!cJSON_AddItemToObject(annotation, "bbox", bbox) ||
        !add_number(annotation, "id", (double)++coco->annotation_count) ||
        !add_number(annotation, "image_id", (double)index + 1) ||
        !add_number(annotation, "category_id", (double)box->class_index + 1) ||
        !add_number(annotation, "iscrowd", 0) ||
        (!isnan(box->score) && !add_number(annotation, "score", box->score)))
        return out_of_memory();
    ++coco->counts->boxes;
    if (owners)
        return add_segmentation(annotation, image, owners, number);
    return cJSON_AddArrayToObject(annotation, "segmentation") &&
                   add_number(annotation, "area", sides[2] * sides[3])
               ? STATUS_OK
               : out_of_memory();
}

/* ---- an image ---- */

static Status add_annotations(Coco *coco, size_t index, const ExportImage *image)
{
    uint32_t *owners = NULL;
    Status status = STATUS_OK;
    coco->counts->class_only += image->class_only;
    if (image->box_count == 0)
        return STATUS_OK;
    if (image->mask.pixels) {
        TRY(MEMORY_NEW(&owners, image->width * image->height));
        status = lesion_masks_part(image, owners);
        ++coco->counts->masks;
    }
    for (size_t i = 0; i < image->box_count && status == STATUS_OK; ++i)
        status = add_annotation(coco, index, image, owners, i);
    free(owners);
    return status;
}

static Status add_image(Coco *coco, size_t index)
{
    ExportImage image;
    char *place;
    cJSON *entry = cJSON_CreateObject();
    if (!entry || !cJSON_AddItemToArray(coco->images, entry))
        return out_of_memory();
    TRY(coco->source->read(coco->source->context, index, &image));
    Status status = STATUS_OK;
    if (!add_number(entry, "id", (double)index + 1) ||
        !cJSON_AddStringToObject(entry, "file_name", coco->names[index]) ||
        !add_number(entry, "width", (double)image.width) ||
        !add_number(entry, "height", (double)image.height))
        status = out_of_memory();
    if (status == STATUS_OK)
        status = add_annotations(coco, index, &image);
    export_image_clear(&image);
    TRY(status);
    ++coco->counts->images;
    size_t bytes = strlen(coco->names[index]) + sizeof "images/";
    TRY(MEMORY_NEW(&place, bytes));
    snprintf(place, bytes, "images/%s", coco->names[index]);
    status = image_names_link(coco->folder, coco->source->paths[index], place);
    free(place);
    return status;
}

/* ---- a file ---- */

static Status add_categories(const Coco *coco, cJSON *document)
{
    cJSON *list = cJSON_AddArrayToObject(document, "categories");
    for (size_t i = 0; i < coco->source->class_count; ++i) {
        cJSON *category = cJSON_CreateObject();
        if (!category || !cJSON_AddItemToArray(list, category) ||
            !add_number(category, "id", (double)i + 1) ||
            !cJSON_AddStringToObject(category, "name", coco->source->class_names[i]) ||
            !cJSON_AddStringToObject(category, "supercategory", "lesion"))
            return out_of_memory();
    }
    return STATUS_OK;
}

static Status print_document(const Coco *coco, const cJSON *document)
{
    char name[256];
    bool split = coco->split != SPLIT_NONE;
    snprintf(name, sizeof name, "annotations/instances_%s.json",
             split ? split_name(coco->split) : coco->source->unsplit);
    char *text = cJSON_PrintUnformatted(document);
    if (!text)
        return out_of_memory();
    Status status = new_folder_write(coco->folder, name, text, strlen(text));
    free(text);
    return status;
}

static Status write_file(Coco *coco)
{
    cJSON *document = cJSON_CreateObject();
    coco->images = cJSON_AddArrayToObject(document, "images");
    coco->annotations = cJSON_AddArrayToObject(document, "annotations");
    Status status = coco->images && coco->annotations ? STATUS_OK : out_of_memory();
    for (size_t i = 0; i < coco->source->count && status == STATUS_OK; ++i)
        if (coco->source->splits[i] == coco->split)
            status = add_image(coco, i);
    if (status == STATUS_OK)
        status = add_categories(coco, document);
    if (status == STATUS_OK && cJSON_GetArraySize(coco->images) > 0)
        status = print_document(coco, document);
    cJSON_Delete(document);
    return status;
}

Status export_coco(const ExportSource *source, const char *out, ExportCounts *counts)
{
    NewFolder folder = {0};
    Coco coco = {.source = source, .folder = &folder, .counts = counts};
    Status status;
    *counts = (ExportCounts){0};
    TRY_GOTO(status, done, MEMORY_NEW(&coco.names, source->count));
    TRY_GOTO(status, done, image_names_make(source->count, source->paths, coco.names));
    TRY_GOTO(status, done, new_folder_begin(out, &folder));
    TRY_GOTO(status, done, new_folder_make(&folder, "images"));
    TRY_GOTO(status, done, new_folder_make(&folder, "annotations"));
    for (coco.split = SPLIT_TRAIN; coco.split <= SPLIT_NONE; ++coco.split)
        TRY_GOTO(status, done, write_file(&coco));
    status = new_folder_commit(&folder);
done:
    new_folder_clear(&folder);
    for (size_t i = 0; i < source->count && coco.names; ++i)
        free(coco.names[i]);
    free(coco.names);
    return status;
}

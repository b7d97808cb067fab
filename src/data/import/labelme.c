/* LabelMe: a JSON file an image, with shapes in pixels.
 *
 * Since version 1 files have grown keys and lost others; what is read here is in all of them. The
 * oldest have polygons only and do not say so. "imageData", the picture itself in base64, is not
 * looked at: the picture is the file that "imagePath" names, or the one of the same stem.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/json_document.h"
#include "data/import/layout.h"

enum { CIRCLE_CORNERS = 360 };

/* ---- shapes ---- */

/* All points of a shape, in *corners (count x 2). */
static Status read_points(const cJSON *shape, size_t *count, double **corners)
{
    const cJSON *points = json_member(shape, "points"), *point;
    *count = (size_t)cJSON_GetArraySize(points);
    *corners = NULL;
    TRY(MEMORY_NEW(corners, 2 * *count));
    size_t i = 0;
    cJSON_ArrayForEach(point, points) if (!json_numbers(point, 2, *corners + 2 * i++))
    {
        free(*corners);
        *corners = NULL;
        FAIL(STATUS_FORMAT, "point %zu is not x, y", i);
    }
    return STATUS_OK;
}

/* The points' extent is the box, and nothing is known of the outline. */
static Status add_rectangle(ImportLesion *lesion, size_t count, const double *corners)
{
    for (size_t i = 0; i < count; ++i)
        collection_add_box(lesion, corners[2 * i], corners[2 * i + 1], corners[2 * i],
                           corners[2 * i + 1]);
    return STATUS_OK;
}

/* The first point is the centre, the second one on the circle. */
static Status add_circle(ImportLesion *lesion, const double *points)
{
    double *corners, radius = hypot(points[2] - points[0], points[3] - points[1]);
    TRY(MEMORY_NEW(&corners, 2 * CIRCLE_CORNERS));
    for (int i = 0; i < CIRCLE_CORNERS; ++i) {
        corners[2 * i] = points[0] + radius * cos(2 * M_PI * i / CIRCLE_CORNERS);
        corners[2 * i + 1] = points[1] + radius * sin(2 * M_PI * i / CIRCLE_CORNERS);
    }
    return collection_add_part(
        lesion, (AreaPart){.kind = AREA_POLYGON, .count = CIRCLE_CORNERS, .corners = corners});
}

static Status add_points(ImportImage *image, ImportLesion *lesion, const char *type, size_t count,
                         double **corners, size_t number)
{
    size_t needed = strcmp(type, "polygon") == 0 ? 3 : 2;
    bool known = needed == 3 || strcmp(type, "rectangle") == 0 || strcmp(type, "circle") == 0;
    if (!known)
        return collection_refuse(image, "shape %zu is a %s, expected polygon, rectangle or circle",
                                 number, type);
    if (count < needed || (strcmp(type, "circle") == 0 && count != 2))
        return collection_refuse(image, "shape %zu is a %s of %zu points, expected %s%zu", number,
                                 type, count, type[0] == 'c' ? "" : "at least ", needed);
    if (strcmp(type, "rectangle") == 0)
        return add_rectangle(lesion, count, *corners);
    if (strcmp(type, "circle") == 0)
        return add_circle(lesion, *corners);
    AreaPart part = {.kind = AREA_POLYGON, .count = count, .corners = *corners};
    *corners = NULL; /* the lesion's now */
    return collection_add_part(lesion, part);
}

static Status read_shape(ImportImage *image, const cJSON *shape, size_t number)
{
    const char *label = json_text(shape, "label"), *type = json_text(shape, "shape_type");
    int64_t group = 0;
    size_t count;
    double *corners;
    ImportLesion *lesion;
    if (!label)
        FAIL(STATUS_FORMAT, "shape %zu has no label", number);
    if (json_integer(shape, "group_id", &group))
        group += group >= 0; /* 0 is a group of its own here */
    TRY(collection_add_lesion(image, label, group, &lesion));
    TRY(read_points(shape, &count, &corners));
    Status status = add_points(image, lesion, type ? type : "polygon", count, &corners, number);
    free(corners);
    return status;
}

/* "flags" are ticks that people set for the image as a whole. */
static Status read_flags(const cJSON *document, ImportImage *image)
{
    const cJSON *flag;
    cJSON_ArrayForEach(flag, json_member(document, "flags"))
    {
        if (!cJSON_IsTrue(flag) || !flag->string)
            continue;
        if (image->label)
            return collection_refuse(image, "two flags are set, %s and %s, expected one",
                                     image->label, flag->string);
        TRY(memory_copy_text(flag->string, &image->label));
    }
    return STATUS_OK;
}

static Status read_shapes(const cJSON *document, ImportImage *image)
{
    int64_t width, height;
    size_t number = 0;
    const cJSON *shape;
    if (json_integer(document, "imageWidth", &width) && width > 0 &&
        json_integer(document, "imageHeight", &height) && height > 0) {
        image->width = (size_t)width;
        image->height = (size_t)height;
    }
    cJSON_ArrayForEach(shape, json_member(document, "shapes"))
    {
        Status status = read_shape(image, shape, ++number);
        if (status == STATUS_FORMAT)
            return status_prefix(status, "shape %zu", number);
        TRY(status);
    }
    return image->lesion_count == 0 ? read_flags(document, image) : STATUS_OK;
}

/* ---- files ---- */

/* The folder of a file as files show it. */
static void folder_of(const SourceFile *file, char folder[PATH_MAX])
{
    size_t length = (size_t)(file->name - file->shown);
    snprintf(folder, PATH_MAX, "%.*s", (int)(length > 0 ? length - 1 : 0), file->shown);
}

/* imagePath is relative to the JSON file, on whatever system it was written. */
static SourceFile *find_image(const Collection *all, const SourceFile *file, const char *images,
                              const char *path)
{
    char folder[PATH_MAX], stem[NAME_MAX + 1];
    size_t count;
    SourceFile *found = NULL;
    const char *name = path;
    for (const char *c = path; *c; ++c)
        if (*c == '/' || *c == '\\')
            name = c + 1;
    folder_of(file, folder);
    snprintf(stem, sizeof stem, "%.*s", (int)source_stem_length(file->name), file->name);
    const char *const folders[] = {images ? images : folder, "images"};
    for (size_t i = 0; i < 2 && !found && *name; ++i)
        found = source_find(&all->tree, folders[i], name);
    for (size_t i = 0; i < 2 && !found; ++i)
        found = source_find_image(&all->tree, folders[i], stem, &count);
    if (!found && *name) {
        found = source_find_ending(&all->tree, path, &count);
        if (count > 1)
            found = NULL;
    }
    return found && source_is_image(found) ? found : NULL;
}

static Status read_document(Collection *all, SourceFile *file, const char *images,
                            const cJSON *document)
{
    const char *path = json_text(document, "imagePath");
    char folder[PATH_MAX];
    ImportImage *image;
    if (!cJSON_IsArray(json_member(document, "shapes")))
        return source_leave_out(file, "JSON, but without LabelMe's list of shapes");
    SourceFile *picture = find_image(all, file, images, path ? path : "");
    if (!picture)
        return source_leave_out(file, "its image %s is not there", path ? path : "(no imagePath)");
    folder_of(file, folder);
    TRY(collection_add_image(all, picture, collection_split_in(folder), file->path, &image));
    TRY(collection_add_companion(image, file));
    image->normal_note = "image without shapes was taken as normal";
    return read_shapes(document, image);
}

static Status read_file(Collection *all, SourceFile *file, const char *images)
{
    cJSON *document;
    TRY(json_read(file->path, &document));
    Status status = read_document(all, file, images, document);
    cJSON_Delete(document);
    if (status == STATUS_FORMAT && strncmp(status_message(), file->path, strlen(file->path)) != 0)
        return status_prefix(status, "%s", file->path);
    return status;
}

static Status read(Collection *all, const char *images, const char *masks)
{
    size_t files = 0;
    (void)masks;
    for (size_t i = 0; i < all->tree.count; ++i) {
        SourceFile *file = &all->tree.files[i];
        if (!source_ends_in(file, ".json") || file->name[0] == '.' || file->reason)
            continue;
        ++files;
        TRY(read_file(all, file, images));
    }
    if (files == 0)
        FAIL(STATUS_MISSING, "%s: no .json files, expected one an image", all->settings->source);
    return STATUS_OK;
}

const ImportLayout layout_labelme = {
    .name = "labelme",
    .help = "  SRC/1.jpg\n"
            "  SRC/1.json      shapes with label and points; imagePath names the image\n"
            "  Polygons and circles give boxes and masks, rectangles boxes only; shapes of\n"
            "  one group_id are one lesion. Without shapes a flag that is set is the\n"
            "  image's class. --images DIR: where the images are, if not beside the .json\n"
            "  files.\n",
    .uses = LAYOUT_IMAGES,
    .read = read,
};

/* YOLO's text files: one beside each image, or in labels/ where the image is in images/.
 *
 * A line is a class number and four shares of the image (centre, width, height), or three and more
 * corners x y. The tools' own rule is that an image without a text file has no lesion.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/layout.h"
#include "data/import/text_lines.h"
#include "data/import/yolo_names.h"
#include "image/image_file.h"

/* Shares may be this far beyond 0 and 1, from rounding. */
static const double share_slack = 0.01;

typedef struct {
    Collection *all;
    YoloNames names;
} Yolo;

/* ---- one line ---- */

typedef struct {
    const char *path;
    const TextLine *line;
    double width, height; /* of the image */
} Where;

static bool are_shares(size_t count, const double *values)
{
    for (size_t i = 0; i < count; ++i)
        if (!(values[i] >= -share_slack && values[i] <= 1 + share_slack))
            return false;
    return true;
}

/* All numbers of a line, in *values. */
static Status read_numbers(const Where *where, size_t *count, double **values)
{
    char *end, *rest = (char *)where->line->text;
    size_t capacity = 0;
    *count = 0;
    *values = NULL;
    for (; *rest; rest = end + strspn(end, " \t")) {
        double value = strtod(rest, &end);
        if (end == rest || !isfinite(value) || (*end && *end != ' ' && *end != '\t')) {
            free(*values);
            *values = NULL;
            FAIL(STATUS_FORMAT, "%s:%zu: \"%.40s\" is no number, expected class x y width height",
                 where->path, where->line->number, rest);
        }
        TRY(MEMORY_GROW(values, *count + 1, &capacity));
        (*values)[(*count)++] = value;
    }
    return STATUS_OK;
}

static Status add_lesion(const Yolo *yolo, const Where *where, size_t count, const double *values,
                         ImportImage *image)
{
    ImportLesion *lesion;
    size_t classes = yolo->names.class_count;
    if (!(values[0] >= 0 && values[0] < (double)classes) || values[0] != floor(values[0]) ||
        !yolo->names.classes[(size_t)values[0]])
        FAIL(STATUS_FORMAT, "%s:%zu: class %g, expected one of the %zu of %s", where->path,
             where->line->number, values[0], classes, yolo->names.file->path);
    if (!are_shares(count - 1, values + 1))
        return collection_refuse(
            image, "line %zu has numbers beyond 0 and 1, expected shares of the image",
            where->line->number);
    TRY(collection_add_lesion(image, yolo->names.classes[(size_t)values[0]], 0, &lesion));
    if (count == 5) {
        double x = values[1] * where->width, y = values[2] * where->height;
        double half_width = values[3] * where->width / 2,
               half_height = values[4] * where->height / 2;
        collection_add_box(lesion, x - half_width, y - half_height, x + half_width,
                           y + half_height);
        return STATUS_OK;
    }
    double *corners;
    TRY(MEMORY_NEW(&corners, count - 1));
    for (size_t i = 0; i + 1 < count; ++i)
        corners[i] = values[i + 1] * (i % 2 == 0 ? where->width : where->height);
    return collection_add_part(
        lesion, (AreaPart){.kind = AREA_POLYGON, .count = (count - 1) / 2, .corners = corners});
}

static Status read_line(const Yolo *yolo, const Where *where, ImportImage *image)
{
    size_t count;
    double *values;
    TRY(read_numbers(where, &count, &values));
    Status status;
    if (count == 5 || (count >= 7 && count % 2 == 1))
        status = add_lesion(yolo, where, count, values, image);
    else
        status = status_set(STATUS_FORMAT,
                            "%s:%zu: %zu numbers, expected class x y width height, or class and at "
                            "least three corners x y",
                            where->path, where->line->number, count);
    free(values);
    return status;
}

/* ---- one image ---- */

/* The label file of an image: the last "images" of its path is "labels", or beside it. */
static SourceFile *find_labels(const SourceTree *tree, const SourceFile *image)
{
    char place[PATH_MAX];
    const char *found = NULL;
    int stem = (int)(image->name - image->shown) + (int)source_stem_length(image->name);
    for (const char *part = image->shown, *slash; (slash = strchr(part, '/')); part = slash + 1)
        if (slash - part == 6 && strncasecmp(part, "images", 6) == 0)
            found = part;
    if (found) {
        int before = (int)(found - image->shown);
        snprintf(place, sizeof place, "%.*slabels%.*s.txt", before, image->shown, stem - before - 6,
                 found + 6);
        SourceFile *labels = source_find(tree, "", place);
        if (labels)
            return labels;
    }
    snprintf(place, sizeof place, "%.*s.txt", stem, image->shown);
    return source_find(tree, "", place);
}

static Status read_labels(const Yolo *yolo, SourceFile *labels, ImportImage *image)
{
    size_t width, height;
    TextLines lines;
    Status status = image_read_size(image->file->path, &width, &height);
    if (status == STATUS_NO_MEMORY)
        return status;
    if (status != STATUS_OK)
        return collection_refuse(image, "%s", status_message());
    TRY(text_lines_read(labels->path, &lines));
    Where where = {.path = labels->path, .width = (double)width, .height = (double)height};
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i) {
        where.line = &lines.lines[i];
        status = read_line(yolo, &where, image);
    }
    text_lines_clear(&lines);
    return status;
}

static Status add_image(const Yolo *yolo, SourceFile *file, Split split, const char *where)
{
    ImportImage *image;
    TRY(collection_add_image(yolo->all, file, split, where, &image));
    SourceFile *labels = find_labels(&yolo->all->tree, file);
    image->normal_note = labels ? "image with an empty label file was taken as normal"
                                : "image without a label file was taken as normal";
    if (!labels)
        return STATUS_OK;
    TRY(collection_add_companion(image, labels));
    return read_labels(yolo, labels, image);
}

/* ---- places ---- */

/* Whether `place`, without dots and slashes around it, is a folder or a file; it is cut to that. */
static bool is_there(const SourceTree *tree, char *place)
{
    char *start = place;
    size_t length = strlen(place);
    while (length > 0 && place[length - 1] == '/')
        place[--length] = '\0';
    while (strncmp(start, "./", 2) == 0)
        start += 2;
    if (strcmp(start, ".") == 0)
        ++start;
    memmove(place, start, strlen(start) + 1);
    return *place == '\0' || source_has_folder(tree, place) || source_find(tree, "", place);
}

/* `written` below the source, as files show it. Tools write it as seen from other folders ("path"
 * of data.yaml, "../"), or with their own computer's folders in front: what stands before is left
 * aside, but of an absolute name two parts must be there. */
static bool find_place(const Yolo *yolo, const char *written, char place[PATH_MAX])
{
    const SourceTree *tree = &yolo->all->tree;
    bool absolute = *written == '/';
    while (*written == '/' || strncmp(written, "../", 3) == 0)
        written += *written == '/' ? 1 : 3;
    for (const char *root = yolo->names.root; root && !absolute; root = strchr(root, '/')) {
        root += *root == '/';
        snprintf(place, PATH_MAX, "%s/%s", root, written);
        if (is_there(tree, place))
            return true;
    }
    for (const char *rest = written; rest; rest = absolute ? strchr(rest, '/') : NULL) {
        rest += *rest == '/';
        snprintf(place, PATH_MAX, "%s", rest);
        if (absolute && !strchr(rest, '/'))
            return false;
        if (is_there(tree, place))
            return true;
    }
    return false;
}

static Status read_folder(const Yolo *yolo, const char *folder, Split split)
{
    SourceTree *tree = &yolo->all->tree;
    for (size_t i = 0; i < tree->count; ++i)
        if (source_is_in(&tree->files[i], folder, true) && source_is_image(&tree->files[i]) &&
            !tree->files[i].reason)
            TRY(add_image(yolo, &tree->files[i], split, yolo->names.file->path));
    return STATUS_OK;
}

static Status read_list(const Yolo *yolo, SourceFile *list, Split split)
{
    TextLines lines;
    list->taken = true;
    TRY(text_lines_read(list->path, &lines));
    Status status = STATUS_OK;
    for (size_t i = 0; i < lines.count && status == STATUS_OK; ++i) {
        char where[PATH_MAX];
        size_t count;
        const char *name = lines.lines[i].text;
        SourceFile *file = source_find_ending(&yolo->all->tree, name, &count);
        snprintf(where, sizeof where, "%s:%zu", list->path, lines.lines[i].number);
        if (file && count == 1)
            status = add_image(yolo, file, split, where);
        else
            status = collection_note_absent(yolo->all, name, "named by %s, %s", list->shown,
                                            file ? "several files have the name" : "not there");
    }
    text_lines_clear(&lines);
    return status;
}

static Status read_place(const Yolo *yolo, const YoloPlace *place)
{
    char found[PATH_MAX];
    if (!find_place(yolo, place->place, found))
        return collection_note_absent(yolo->all, place->place, "named by %s, not there",
                                      yolo->names.file->shown);
    SourceFile *list = *found ? source_find(&yolo->all->tree, "", found) : NULL;
    return list ? read_list(yolo, list, place->split) : read_folder(yolo, found, place->split);
}

/* No places are named: every image, its folders saying the split. */
static Status read_everything(const Yolo *yolo)
{
    SourceTree *tree = &yolo->all->tree;
    for (size_t i = 0; i < tree->count; ++i) {
        SourceFile *file = &tree->files[i];
        char folders[PATH_MAX];
        snprintf(folders, sizeof folders, "%.*s", (int)(file->name - file->shown), file->shown);
        if (source_is_image(file) && !file->reason)
            TRY(add_image(yolo, file, collection_split_in(folders), yolo->names.file->path));
    }
    return STATUS_OK;
}

static Status read_images(Yolo *yolo)
{
    if (yolo->names.keypoints)
        FAIL(STATUS_FORMAT, "%s: labels with key points, expected boxes or polygons",
             yolo->names.file->path);
    for (size_t i = 0; i < yolo->names.place_count; ++i)
        TRY(read_place(yolo, &yolo->names.places[i]));
    return yolo->names.place_count > 0 ? STATUS_OK : read_everything(yolo);
}

static Status read(Collection *all, const char *images, const char *masks)
{
    Yolo yolo = {.all = all};
    (void)images;
    (void)masks;
    TRY(yolo_names_read(all, &yolo.names));
    Status status = read_images(&yolo);
    yolo_names_clear(&yolo.names);
    return status;
}

const ImportLayout layout_yolo = {
    .name = "yolo",
    .help = "  SRC/data.yaml                names: [polyp, ulcer]; train: images/train\n"
            "  SRC/images/train/1.jpg\n"
            "  SRC/labels/train/1.txt       0 0.5 0.5 0.25 0.4    class, centre, size\n"
            "                               1 0.1 0.1 0.3 0.1 ... class, a polygon\n"
            "  or images and .txt files side by side, with classes.txt or obj.names. An\n"
            "  image without a .txt file is normal, as YOLO has it; the summary counts\n"
            "  those.\n",
    .read = read,
};

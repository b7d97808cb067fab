/* "CVAT for images 1.1": one XML file with all images, their shapes and tags. */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/layout.h"
#include "data/import/xml_document.h"

enum { ELLIPSE_CORNERS = 360 };

typedef struct {
    Collection *all;
    SourceFile *file;
    const char *images; /* the user's folder, or NULL */
} Cvat;

/* ---- shapes ---- */

/* The corners of a box that is turned about its centre, clockwise by degrees. */
static void turn_box(const double box[4], double degrees, double corners[8])
{
    double x = (box[0] + box[2]) / 2, y = (box[1] + box[3]) / 2, angle = degrees * M_PI / 180;
    for (int i = 0; i < 4; ++i) {
        double dx = (i == 0 || i == 3 ? box[0] : box[2]) - x;
        double dy = (i < 2 ? box[1] : box[3]) - y;
        corners[2 * i] = x + dx * cos(angle) - dy * sin(angle);
        corners[2 * i + 1] = y + dx * sin(angle) + dy * cos(angle);
    }
}

static Status add_box(ImportImage *image, ImportLesion *lesion, const xmlNode *shape)
{
    double box[4], degrees = 0, corners[8];
    if (!xml_attribute_number(shape, "xtl", &box[0]) ||
        !xml_attribute_number(shape, "ytl", &box[1]) ||
        !xml_attribute_number(shape, "xbr", &box[2]) ||
        !xml_attribute_number(shape, "ybr", &box[3]))
        return collection_refuse(image, "a box of %s has no xtl, ytl, xbr, ybr",
                                 lesion->class_name);
    xml_attribute_number(shape, "rotation", &degrees);
    turn_box(box, degrees, corners);
    if (degrees == 0)
        collection_add_box(lesion, box[0], box[1], box[2], box[3]);
    for (int i = 0; i < 4 && degrees != 0; ++i)
        collection_add_box(lesion, corners[2 * i], corners[2 * i + 1], corners[2 * i],
                           corners[2 * i + 1]);
    return STATUS_OK;
}

/* "x,y;x,y;..." */
static Status add_polygon(ImportImage *image, ImportLesion *lesion, const xmlNode *shape)
{
    char *text, *end;
    TRY(xml_attribute(shape, "points", &text));
    AreaPart part = {.kind = AREA_POLYGON};
    size_t capacity = 0, numbers = 0;
    bool right = text != NULL;
    Status status = STATUS_OK;
    for (char *rest = text; right && *rest && status == STATUS_OK; rest = end) {
        double value = strtod(rest, &end);
        char expected = numbers % 2 == 0 ? ',' : ';';
        right = end != rest && isfinite(value) && (*end == expected || (expected == ';' && !*end));
        end += right && *end;
        status = MEMORY_GROW(&part.corners, numbers + 1, &capacity);
        if (status == STATUS_OK)
            part.corners[numbers++] = value;
    }
    free(text);
    part.count = numbers / 2;
    if (status == STATUS_OK && right && numbers >= 6 && numbers % 2 == 0)
        return collection_add_part(lesion, part);
    free(part.corners);
    TRY(status);
    return collection_refuse(image, "a polygon of %s, expected points x,y;x,y;... of at least 3",
                             lesion->class_name);
}

static Status add_ellipse(ImportImage *image, ImportLesion *lesion, const xmlNode *shape)
{
    double x, y, rx, ry, degrees = 0, *corners;
    if (!xml_attribute_number(shape, "cx", &x) || !xml_attribute_number(shape, "cy", &y) ||
        !xml_attribute_number(shape, "rx", &rx) || !xml_attribute_number(shape, "ry", &ry))
        return collection_refuse(image, "an ellipse of %s has no cx, cy, rx, ry",
                                 lesion->class_name);
    xml_attribute_number(shape, "rotation", &degrees);
    double angle = degrees * M_PI / 180;
    TRY(MEMORY_NEW(&corners, 2 * ELLIPSE_CORNERS));
    for (int i = 0; i < ELLIPSE_CORNERS; ++i) {
        double dx = rx * cos(2 * M_PI * i / ELLIPSE_CORNERS);
        double dy = ry * sin(2 * M_PI * i / ELLIPSE_CORNERS);
        corners[2 * i] = x + dx * cos(angle) - dy * sin(angle);
        corners[2 * i + 1] = y + dx * sin(angle) + dy * cos(angle);
    }
    return collection_add_part(
        lesion, (AreaPart){.kind = AREA_POLYGON, .count = ELLIPSE_CORNERS, .corners = corners});
}

/* Lengths "4, 2, 7, ..." by rows of a window, the first of pixels outside. */
static Status read_lengths(const char *text, AreaPart *part)
{
    size_t capacity = 0;
    for (char *end; *text; text = end + strspn(end, ", ")) {
        unsigned long length = strtoul(text, &end, 10);
        if (end == text || *text == '-' || length > UINT32_MAX)
            FAIL(STATUS_FORMAT, "\"%.20s\" is no run length", text);
        TRY(MEMORY_GROW(&part->lengths, part->count + 1, &capacity));
        part->lengths[part->count++] = (uint32_t)length;
    }
    return STATUS_OK;
}

static Status add_mask(ImportImage *image, ImportLesion *lesion, const xmlNode *shape)
{
    double left, top, width, height;
    char *text;
    AreaPart part = {.kind = AREA_ROWS};
    if (!xml_attribute_number(shape, "left", &left) || !xml_attribute_number(shape, "top", &top) ||
        !xml_attribute_number(shape, "width", &width) ||
        !xml_attribute_number(shape, "height", &height) || fabs(left) > INT_MAX ||
        fabs(top) > INT_MAX || !(width >= 1 && width <= 65535 && height >= 1 && height <= 65535))
        return collection_refuse(image, "a mask of %s has no left, top, width, height",
                                 lesion->class_name);
    part.left = (int64_t)left;
    part.top = (int64_t)top;
    part.width = (size_t)width;
    part.height = (size_t)height;
    TRY(xml_attribute(shape, "rle", &text));
    Status status = read_lengths(text ? text : "", &part);
    free(text);
    if (status == STATUS_OK)
        return collection_add_part(lesion, part);
    free(part.lengths);
    if (status == STATUS_FORMAT)
        return collection_refuse(image, "a mask of %s: %s", lesion->class_name, status_message());
    return status;
}

static Status add_tag(ImportImage *image, const char *label)
{
    if (image->label && strcmp(image->label, label) != 0)
        return collection_refuse(image, "two tags, %s and %s, expected one", image->label, label);
    return image->label ? STATUS_OK : memory_copy_text(label, &image->label);
}

static Status add_labelled(ImportImage *image, const xmlNode *shape, const char *label)
{
    static const struct {
        const char *name;
        Status (*add)(ImportImage *image, ImportLesion *lesion, const xmlNode *shape);
    } kinds[] = {
        {"box", add_box}, {"polygon", add_polygon}, {"ellipse", add_ellipse}, {"mask", add_mask}};
    double group = 0;
    ImportLesion *lesion;
    if (xml_is(shape, "tag"))
        return add_tag(image, label);
    xml_attribute_number(shape, "group_id", &group);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i) {
        if (!xml_is(shape, kinds[i].name))
            continue;
        if (!(fabs(group) < 1e15))
            group = 0;
        TRY(collection_add_lesion(image, label, (int64_t)group, &lesion));
        return kinds[i].add(image, lesion, shape);
    }
    return collection_refuse(image, "a %s of %s, expected box, polygon, ellipse, mask or tag",
                             (const char *)shape->name, label);
}

static Status add_shape(ImportImage *image, const xmlNode *shape)
{
    char *label;
    TRY(xml_attribute(shape, "label", &label));
    Status status =
        label ? add_labelled(image, shape, label)
              : collection_refuse(image, "a %s without a label", (const char *)shape->name);
    free(label);
    return status;
}

/* ---- images ---- */

/* Tags say something of the image that may have nothing to do with lesions ("blurred"): beside
 * lesions only "normal" is looked at. */
static void settle_tag(const Collection *all, ImportImage *image)
{
    if (!image->label || image->lesion_count == 0 ||
        collection_is_normal(all->settings, image->label))
        return;
    free(image->label);
    image->label = NULL;
}

static Status read_image(const Cvat *cvat, const xmlNode *element, const char *name,
                         const char *subset)
{
    ImportImage *image;
    double width, height;
    size_t count = 1;
    SourceFile *file = source_find(&cvat->all->tree, cvat->images ? cvat->images : "images", name);
    if (!file && !cvat->images)
        file = source_find_ending(&cvat->all->tree, name, &count);
    if (!file || count > 1 || !source_is_image(file))
        return collection_note_absent(cvat->all, name, "named by %s, %s", cvat->file->shown,
                                      file ? "several files have the name" : "not there");
    Split split = subset ? collection_split_of(subset, strlen(subset)) : SPLIT_NONE;
    TRY(collection_add_image(cvat->all, file, split, cvat->file->path, &image));
    image->normal_note = "image without shapes was taken as normal";
    if (xml_attribute_number(element, "width", &width) && width >= 1 && width < INT_MAX &&
        xml_attribute_number(element, "height", &height) && height >= 1 && height < INT_MAX) {
        image->width = (size_t)width;
        image->height = (size_t)height;
    }
    for (const xmlNode *shape = xml_child(element, NULL); shape; shape = xml_next(shape, NULL))
        TRY(add_shape(image, shape));
    settle_tag(cvat->all, image);
    return STATUS_OK;
}

static Status read_named(const Cvat *cvat, const xmlNode *element)
{
    char *name = NULL, *subset = NULL;
    Status status;
    TRY_GOTO(status, done, xml_attribute(element, "name", &name));
    TRY_GOTO(status, done, xml_attribute(element, "subset", &subset));
    TRY_GOTO(status, done,
             collection_check_name(name ? name : "", cvat->file->path, "the name of an <image>"));
    status = read_image(cvat, element, name, subset);
done:
    free(name);
    free(subset);
    return status;
}

static Status read_document(const Cvat *cvat, const xmlDoc *document)
{
    const xmlNode *root = xmlDocGetRootElement(document);
    if (!root || !xml_is(root, "annotations"))
        return source_leave_out(cvat->file, "XML, but without CVAT's root <annotations>");
    if (xml_child(root, "track"))
        FAIL(STATUS_FORMAT,
             "%s: tracks as in \"CVAT for video\", expected an export as \"CVAT for images 1.1\"",
             cvat->file->path);
    cvat->file->taken = true;
    for (const xmlNode *image = xml_child(root, "image"); image; image = xml_next(image, "image"))
        TRY(read_named(cvat, image));
    return STATUS_OK;
}

static Status read(Collection *all, const char *images, const char *masks)
{
    size_t files = 0;
    (void)masks;
    for (size_t i = 0; i < all->tree.count; ++i) {
        Cvat cvat = {.all = all, .file = &all->tree.files[i], .images = images};
        xmlDoc *document;
        if (!source_ends_in(cvat.file, ".xml") || cvat.file->name[0] == '.' || cvat.file->reason)
            continue;
        TRY(xml_read(cvat.file->path, &document));
        Status status = read_document(&cvat, document);
        xmlFreeDoc(document);
        TRY(status);
        files += cvat.file->taken;
    }
    if (files == 0)
        FAIL(STATUS_MISSING, "%s: no annotations.xml as \"CVAT for images 1.1\" exports it",
             all->settings->source);
    return STATUS_OK;
}

const ImportLayout layout_cvat = {
    .name = "cvat",
    .help = "  SRC/annotations.xml     exported as \"CVAT for images 1.1\"\n"
            "  SRC/images/1.jpg\n"
            "  Boxes, polygons, ellipses and masks; shapes of one group are one lesion. A\n"
            "  tag is the class of an image without shapes. Subsets train, val, test are\n"
            "  splits. --images DIR: where the names of the images are.\n",
    .uses = LAYOUT_IMAGES,
    .read = read,
};

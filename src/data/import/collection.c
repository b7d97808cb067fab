/* Gathering images and lesions; see collection.h. */
#include "data/import/collection.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void lesion_clear(ImportLesion *lesion)
{
    free(lesion->class_name);
    for (size_t i = 0; i < lesion->part_count; ++i) {
        free(lesion->parts[i].corners);
        free(lesion->parts[i].lengths);
    }
    free(lesion->parts);
}

static void image_free(ImportImage *image)
{
    for (size_t i = 0; i < image->lesion_count; ++i)
        lesion_clear(&image->lesions[i]);
    free(image->lesions);
    free(image->companions);
    free(image->label);
    free(image->patient);
    free(image->reason);
    free(image->boxes);
}

void collection_clear(Collection *all)
{
    for (size_t i = 0; i < all->count; ++i)
        image_free(&all->images[i]);
    free(all->images);
    for (size_t i = 0; i < all->absent_count; ++i) {
        free(all->absent[i].name);
        free(all->absent[i].reason);
    }
    free(all->absent);
    for (size_t i = 0; i < all->note_count; ++i)
        free(all->notes[i].text);
    free(all->notes);
    source_tree_clear(&all->tree);
    *all = (Collection){0};
}

Status collection_add_image(Collection *all, SourceFile *file, Split split, const char *where,
                            ImportImage **image)
{
    if (file->taken)
        FAIL(STATUS_FORMAT, "%s: %s is listed a second time, expected each image once", where,
             file->shown);
    TRY(MEMORY_GROW(&all->images, all->count + 1, &all->capacity));
    file->taken = true;
    *image = &all->images[all->count++];
    **image = (ImportImage){
        .file = file, .split = all->settings->split == SPLIT_NONE ? split : all->settings->split};
    return STATUS_OK;
}

/* A manifest's boxes are "x0 y0 x1 y1 class;...", on one line. */
static Status check_class(const char *name)
{
    if (*name == '\0')
        FAIL(STATUS_FORMAT, "a lesion without a class, expected a name");
    for (const char *c = name; *c; ++c)
        if (*c == ';' || (unsigned char)*c < ' ')
            FAIL(STATUS_FORMAT, "class \"%s\" has a semicolon or a control character in its name",
                 name);
    return STATUS_OK;
}

Status collection_add_lesion(ImportImage *image, const char *class_name, int64_t group,
                             ImportLesion **lesion)
{
    char *name;
    class_name += strspn(class_name, " \t\r\n");
    TRY(memory_copy_text(class_name, &name));
    size_t length = strlen(name);
    while (length > 0 && strchr(" \t\r\n", name[length - 1]))
        name[--length] = '\0';
    Status status;
    TRY_GOTO(status, fail, check_class(name));
    for (size_t i = 0; i < image->lesion_count && group != 0; ++i) {
        *lesion = &image->lesions[i];
        if ((*lesion)->group == group && strcmp((*lesion)->class_name, name) == 0) {
            free(name);
            return STATUS_OK;
        }
    }
    TRY_GOTO(status, fail,
             MEMORY_GROW(&image->lesions, image->lesion_count + 1, &image->lesion_capacity));
    *lesion = &image->lesions[image->lesion_count++];
    **lesion = (ImportLesion){.class_name = name, .group = group};
    return STATUS_OK;
fail:
    free(name);
    return status;
}

Status collection_add_part(ImportLesion *lesion, AreaPart part)
{
    Status status = MEMORY_GROW(&lesion->parts, lesion->part_count + 1, &lesion->part_capacity);
    if (status != STATUS_OK) {
        free(part.corners);
        free(part.lengths);
        return status;
    }
    lesion->parts[lesion->part_count++] = part;
    return STATUS_OK;
}

void collection_add_box(ImportLesion *lesion, double x0, double y0, double x1, double y1)
{
    lesion->x0 = lesion->has_box ? fmin(lesion->x0, x0) : x0;
    lesion->y0 = lesion->has_box ? fmin(lesion->y0, y0) : y0;
    lesion->x1 = lesion->has_box ? fmax(lesion->x1, x1) : x1;
    lesion->y1 = lesion->has_box ? fmax(lesion->y1, y1) : y1;
    lesion->has_box = true;
}

Status collection_add_companion(ImportImage *image, SourceFile *file)
{
    TRY(MEMORY_GROW(&image->companions, image->companion_count + 1, &image->companion_capacity));
    image->companions[image->companion_count++] = file;
    file->taken = true;
    return STATUS_OK;
}

/* ---- what is left out ---- */

static Status format_text(char **text, const char *format, va_list values)
{
    if (vasprintf(text, format, values) < 0) {
        *text = NULL;
        FAIL(STATUS_NO_MEMORY, "out of memory");
    }
    return STATUS_OK;
}

Status collection_refuse(ImportImage *image, const char *format, ...)
{
    if (image->reason)
        return STATUS_OK;
    va_list values;
    va_start(values, format);
    Status status = format_text(&image->reason, format, values);
    va_end(values);
    return status;
}

Status collection_note_absent(Collection *all, const char *name, const char *format, ...)
{
    char *copy = NULL, *reason = NULL;
    va_list values;
    va_start(values, format);
    Status status = format_text(&reason, format, values);
    va_end(values);
    if (status == STATUS_OK)
        status = memory_copy_text(name, &copy);
    if (status == STATUS_OK)
        status = MEMORY_GROW(&all->absent, all->absent_count + 1, &all->absent_capacity);
    if (status != STATUS_OK) {
        free(copy);
        free(reason);
        return status;
    }
    all->absent[all->absent_count].name = copy;
    all->absent[all->absent_count++].reason = reason;
    return STATUS_OK;
}

static Status note(Collection *all, const char *text)
{
    for (size_t i = 0; i < all->note_count; ++i)
        if (strcmp(all->notes[i].text, text) == 0) {
            ++all->notes[i].count;
            return STATUS_OK;
        }
    TRY(MEMORY_GROW(&all->notes, all->note_count + 1, &all->note_capacity));
    TRY(memory_copy_text(text, &all->notes[all->note_count].text));
    all->notes[all->note_count++].count = 1;
    return STATUS_OK;
}

Status collection_note(Collection *all, const char *text)
{
    Status status;
#pragma omp critical(collection_note)
    status = note(all, text);
    return status;
}

/* ---- names ---- */

bool collection_is_normal(const ImportSettings *settings, const char *name)
{
    for (size_t i = 0; i < settings->normal_count; ++i)
        if (strcmp(settings->normal_names[i], name) == 0)
            return true;
    return strcasecmp(name, MANIFEST_NORMAL) == 0;
}

Split collection_split_of(const char *word, size_t length)
{
    static const struct {
        const char *name;
        Split split;
    } names[] = {
        {"train", SPLIT_TRAIN},      {"training", SPLIT_TRAIN},        {"val", SPLIT_VALIDATION},
        {"valid", SPLIT_VALIDATION}, {"validation", SPLIT_VALIDATION}, {"test", SPLIT_TEST},
        {"testing", SPLIT_TEST},
    };
    while (length > 0 && isdigit((unsigned char)word[length - 1]))
        --length;
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        if (strlen(names[i].name) == length && strncasecmp(names[i].name, word, length) == 0)
            return names[i].split;
    return SPLIT_NONE;
}

Split collection_split_in(const char *text)
{
    for (;;) {
        while (*text && !isalnum((unsigned char)*text))
            ++text;
        size_t length = 0;
        while (isalnum((unsigned char)text[length]))
            ++length;
        if (length == 0)
            return SPLIT_NONE;
        Split split = collection_split_of(text, length);
        if (split != SPLIT_NONE)
            return split;
        text += length;
    }
}

Status collection_check_name(const char *name, const char *where, const char *what)
{
    if (*name == '\0')
        FAIL(STATUS_FORMAT, "%s: %s is empty, expected the name of a file", where, what);
    for (const char *part = name; part; part = strpbrk(part, "/\\")) {
        part += strspn(part, "/\\");
        size_t length = strcspn(part, "/\\");
        if (length == 2 && strncmp(part, "..", 2) == 0)
            FAIL(STATUS_FORMAT, "%s: %s is \"%s\", expected a file below the data set's folder",
                 where, what, name);
    }
    return STATUS_OK;
}

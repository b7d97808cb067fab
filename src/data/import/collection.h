/* What an importer gathered: the images of a data set and what is said of each.
 *
 * A layout's file (coco.c, voc.c, ...) only reads: it lists images, their lesions with boxes or
 * areas as the layout gives them, and notes what cannot be used. completion.c then opens the
 * images, draws areas, and derives boxes and masks; tables.c writes. An image with anything wrong
 * in it is left out as a whole, with the reason: half of its lesions would teach that the others
 * are none.
 *
 * Pointers to images and lesions are valid until the next one is added.
 */
#ifndef GISD_DATA_IMPORT_COLLECTION_H
#define GISD_DATA_IMPORT_COLLECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/import/import.h"
#include "data/import/source_tree.h"
#include "data/manifest.h"
#include "data/split.h"

/* A part of a lesion's area. */
typedef enum {
    AREA_POLYGON, /* corners */
    AREA_RUNS,    /* COCO's, of a mask of width x height */
    AREA_ROWS,    /* runs by rows in a window of the image: left, top, width, height */
    AREA_FILE,    /* a mask file of two values */
} AreaKind;

typedef struct {
    AreaKind kind;
    size_t count;      /* of corners, or of lengths */
    double *corners;   /* count x 2: x, y */
    uint32_t *lengths; /* count; the first run is of 0 */
    int64_t left, top;
    size_t width, height;
    SourceFile *file;
} AreaPart;

typedef struct {
    char *class_name; /* owned */
    int64_t group;    /* parts of one lesion have the same; 0: none */
    bool has_box;
    double x0, y0, x1, y1; /* half-open, pixels */
    bool may_be_empty;     /* an area without a pixel says that there is no lesion */
    bool box_a_region;     /* each connected region of the area is a lesion with its box */
    size_t part_count, part_capacity;
    AreaPart *parts;
} ImportLesion;

typedef struct {
    SourceFile *file;
    Split split;
    size_t width, height; /* as annotated; 0: not said */
    char *label;          /* said of the image as a whole; owned; NULL: its lesions say it */
    char *patient;        /* owned; NULL: not known */
    size_t lesion_count, lesion_capacity;
    ImportLesion *lesions;
    /* static: why no lesion and no label mean normal; NULL: needs no word */
    const char *normal_note;
    SourceFile *numbers_file; /* a mask of numbers, of all lesions together; NULL */
    size_t companion_count, companion_capacity;
    SourceFile **companions; /* files that are about this image alone */
    char *reason;            /* why it is not imported; owned; NULL: it is */

    /* completion.c: */
    const char *final_label; /* into a lesion, `label`, or static */
    size_t box_count, box_capacity;
    ManifestBox *boxes;    /* class names are the lesions' */
    SourceFile *mask_file; /* the mask as it is there */
    bool mask_made;        /* or masks/NUMBER.png, number being the image's index + 1 */
} ImportImage;

/* Something that was understood in one of two ways, or left aside; told at the end. */
typedef struct {
    char *text;
    size_t count;
} ImportNote;

typedef struct {
    const ImportSettings *settings;
    SourceTree tree;
    size_t count, capacity;
    ImportImage *images;
    size_t absent_count, absent_capacity;
    struct {
        char *name, *reason;
    } * absent; /* what annotations name and is not there */
    size_t note_count, note_capacity;
    ImportNote *notes;
} Collection;

void collection_clear(Collection *all);

/* Adds an image. STATUS_FORMAT: it is there already in another split. An image that is there in
 * the same split is an error too. `where` names what lists it, for messages. */
Status collection_add_image(Collection *all, SourceFile *file, Split split, const char *where,
                            ImportImage **image);

/* Adds a lesion; blanks around the class are cut off. With a group that a lesion of the same class
 * has already, that one is returned. STATUS_FORMAT: no class of a manifest can have this name. */
Status collection_add_lesion(ImportImage *image, const char *class_name, int64_t group,
                             ImportLesion **lesion);

/* Adds a part of an area; the arrays it points to become the lesion's, also after an error. */
Status collection_add_part(ImportLesion *lesion, AreaPart part);

/* Widens the lesion's box to hold this one. */
void collection_add_box(ImportLesion *lesion, double x0, double y0, double x1, double y1);

/* Names a file that is about this image alone, and shares its fate. */
Status collection_add_companion(ImportImage *image, SourceFile *file);

/* The image is not imported; a reason given before stays. */
Status collection_refuse(ImportImage *image, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Something that is named and not there. */
Status collection_note_absent(Collection *all, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Counts one more of what `text` says. Any thread may call it. */
Status collection_note(Collection *all, const char *text);

/* Whether a class or folder means an image without lesions: "normal", or the user's names. */
bool collection_is_normal(const ImportSettings *settings, const char *name);

/* The split that a word names: train, training, val, valid, validation, test, testing, of any case,
 * digits after it left aside ("train2017"); SPLIT_NONE: none of them. */
Split collection_split_of(const char *word, size_t length);

/* The split that one of the words of `text` names (words are parted by anything but letters and
 * digits). */
Split collection_split_in(const char *text);

/* A name that annotations give to a file: STATUS_FORMAT if it climbs out of the folder ("../x") or
 * is empty. `where` and `what` are for the message. */
Status collection_check_name(const char *name, const char *where, const char *what);

#endif

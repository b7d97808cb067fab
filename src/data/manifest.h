/* The list of a data set's images: manifest.csv, one row an image.
 *
 * Columns, by name and in any order: image, mask, label, patient, lesion, form, split, boxes,
 * mask_values, centre; all but image and label may be left out. Others (device, scene, age, sex...)
 * are kept with their texts. Paths are relative to the manifest; mask may be several files, parted
 * by ";", one a lesion. boxes is "x0 y0 x1 y1 class;..." in pixels of the image, half-open.
 * mask_values says how the row's masks are to be read, see mask_rule.h. Classes are the distinct
 * labels other than "normal": GC, GU, CG first, in this order, then the others sorted by name.
 * Reading checks all that can be known without opening an image; source.h opens them. What is true
 * of all images at once stands beside the manifest, see properties.h.
 */
#ifndef GISD_DATA_MANIFEST_H
#define GISD_DATA_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/findings.h"
#include "data/mask_rule.h"
#include "data/split.h"
#include "image/box.h"
#include "image/image.h"
#include "store/csv.h"

#define MANIFEST_NORMAL "normal"

typedef struct {
    Box box;
    char *class_name;     /* as written */
    uint32_t class_index; /* into the manifest's classes */
} ManifestBox;

/* Texts are borrowed from the manifest's table and never NULL. */
typedef struct {
    size_t line;              /* in the file, for messages */
    const char *image, *mask; /* as written */
    size_t mask_count;
    const char **masks; /* mask_count files */
    MaskRule mask_rule; /* the row's own, else the set's */
    const char *label;  /* as written; an empty one means the class of the largest box */
    const char *patient, *lesion, *form, *centre;
    int32_t form_index;  /* 0: no form; uplift, flat, depression */
    Split split;         /* SPLIT_NONE: not given */
    int32_t label_index; /* class, or LABEL_NORMAL */
    uint32_t patient_index;
    size_t box_count;
    ManifestBox *boxes; /* box_count */
    char *box_text;     /* owns the class names */
    char *mask_text;    /* owns the masks' names */
    bool broken;        /* a problem was reported: nothing of the row but its files' names is to be
                           trusted */
} ManifestRow;

typedef struct {
    char *path;
    CsvTable table;
    size_t count;
    ManifestRow *rows; /* count */
    size_t class_count;
    const char **class_names; /* class_count; borrowed from the table */
    size_t patient_count;
    const char **patients; /* patient_count; an image without a patient has its own path here */
    bool by_patient;       /* some row names a patient */
    size_t kept_count;     /* columns that are kept as texts: centre, lesion and unknown ones */
    size_t *kept_columns;  /* kept_count; of the table, those with a text in any row */
    bool unlabelled;       /* what its columns annotate was not looked at; every row is normal */
    bool synthetic;        /* of the folder's properties; a parsed text has none */
    bool hard;             /* likewise: the images are a phantom's hard ones */
    MaskRule mask_rule;    /* of the folder's properties; rows have it where they say nothing */
} Manifest;

/* Reads and checks a manifest. With findings that keep errors, every error of a row is added there,
 * the row is marked as broken and reading goes on; otherwise the first one is returned. Warnings
 * are added too; findings may be NULL. */
Status manifest_read(const char *path, Findings *findings, Manifest *manifest);

/* The same of frames of which nobody has said what they show: only `image` is required, and the
 * columns label, mask, boxes, lesion, form and mask_values are kept as texts, whatever they hold.
 */
Status manifest_read_unlabelled(const char *path, Findings *findings, Manifest *manifest);

/* The same as manifest_read() from text in memory (a pack keeps its manifest); `path` is for
 * messages. */
Status manifest_parse(const char *path, const char *text, size_t bytes, Manifest *manifest);

void manifest_clear(Manifest *manifest);

/* The name of a kept column, and a row's text in it; borrowed. */
const char *manifest_kept_name(const Manifest *manifest, size_t kept);
const char *manifest_kept_text(const Manifest *manifest, size_t kept, size_t row);

/* Writing: the header, then rows whose texts may be NULL for empty; label_index, patient_index and
 * class_index are not looked at. Commit with csv_writer_commit(). */
void manifest_write_header(CsvWriter *writer);
Status manifest_write_row(CsvWriter *writer, const ManifestRow *row);

#endif

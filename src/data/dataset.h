/* A data set in memory: every image decoded once, resized once, ready for batches.
 *
 * Training images are held a quarter larger than the network's input (training_side), so that a
 * random window still has a pixel for each pixel; the others at the input size itself. Both are
 * resized straight from the source with the antialiased triangle filter. Everything that can change
 * a result is hashed into the fingerprint, so the same content read from a manifest or from a pack
 * has the same one. Names, further columns and warnings are not: a column that splits are made by
 * (centre) is in it through the splits.
 */
#ifndef GISD_DATA_DATASET_H
#define GISD_DATA_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "data/split.h"
#include "image/box.h"
#include "image/denoise_choice.h"
#include "image/overlay_box.h"

enum { LABEL_NORMAL = -1 };

/* One annotated box. */
typedef struct {
    Box box; /* in fractions of the square; see dataset_annotated() for that of a denoised set */
    uint32_t class_index;
} Lesion;

/* One image's description. */
typedef struct {
    char *name;              /* path as the manifest writes it */
    int32_t label;           /* class index, or LABEL_NORMAL */
    uint32_t patient;        /* index into patients; an image without one is its own patient */
    char *form;              /* "uplift", "flat", "depression" or "" */
    Split split;             /* never SPLIT_NONE */
    bool has_mask;           /* annotated; a normal image is, with an empty mask */
    size_t lesion_count;     /* boxes */
    Lesion *lesions;         /* lesion_count */
    uint32_t width, height;  /* of the source image in pixels */
    PixelBox crop;           /* of a denoised set: what is left of the source image */
    OverlaySummary surround; /* likewise: what is left of the black surround in it */
} Example;

typedef struct Dataset {
    size_t count;
    Example *examples;     /* count */
    size_t size;           /* S, side of the network's input */
    bool letterbox;        /* pictures are fitted into the square, else stretched over it */
    DenoiseChoice denoise; /* what the pictures went through before */
    size_t training_side;  /* dataset_training_side(S) */
    size_t class_count;    /* lesion classes; normal is none of them */
    char **class_names;    /* class_count */
    size_t patient_count;
    char **patients;      /* patient_count names */
    bool by_patient;      /* false: the manifest names no patients, so the split is by image */
    bool unlabelled;      /* nobody was asked what the images show: all count as normal, without a
                             mask, and there is one class, of which there is none */
    bool synthetic;       /* the images were computed, as the phantom's are */
    bool hard;            /* they are of the phantom's hard level */
    size_t column_count;  /* further columns of the manifest, such as centre, age and sex */
    char **column_names;  /* column_count */
    char **column_texts;  /* count x column_count; "" where a row says nothing */
    bool compared;        /* its pictures were compared with each other, ... */
    size_t near_pairs;    /* ... and so many near-equal pairs stand in two splits */
    size_t warning_count; /* what deserves a look in the manifest and its files */
    char **warnings;      /* warning_count texts that begin with the manifest's path and line */
    uint8_t **pixels; /* count pointers to side x side x 3, side = dataset_side(); into one block */
    uint8_t **masks;  /* count pointers to side x side of 0 or 1; NULL if not annotated */
    uint8_t *pixel_block, *mask_block; /* storage behind the two */
    bool lent;                         /* it is not the data set's: see dataset_move() */
    char fingerprint[HASH_TEXT_BYTES];
} Dataset;

/* Reads a manifest (.csv) or a pack (.h5) for networks of input side `size`, on all OpenMP threads.
 * Errors name the file and line. *dataset is NULL after an error; dataset_free() takes NULL. */
Status dataset_load(const char *path, size_t size, const SplitSettings *split, Dataset **dataset);

/* In what form a network wants its data. A pack holds none but `size` with the rest zero. */
typedef struct {
    size_t size;
    bool letterbox; /* pictures are fitted into the square */
    DenoiseChoice denoise;
} DatasetForm;

DatasetForm dataset_form(const Dataset *dataset);
bool dataset_has_form(const Dataset *dataset, const DatasetForm *form);

/* The same in another form. */
Status dataset_load_form(const char *path, const DatasetForm *form, const SplitSettings *split,
                         Dataset **dataset);

/* The same without annotations: the manifest needs no column but `image`, and what others say of
 * lesions is not looked at, in a pack neither. */
Status dataset_load_unlabelled(const char *path, const DatasetForm *form,
                               const SplitSettings *split, Dataset **dataset);
void dataset_free(Dataset *dataset);

/* ceil(1.25 size). */
size_t dataset_training_side(size_t size);

/* The side in pixels at which example `index` is stored. */
size_t dataset_side(const Dataset *dataset, size_t index);

/* The part of its source image that the network sees, in pixels: all of it, but for a denoised set.
 */
PixelBox dataset_seen(const Dataset *dataset, const Example *example);

/* The part that boxes and mask are given in: what the network sees where it learns from them, the
 * whole image where answers are held against them, so that what a crop cuts away is missed. */
PixelBox dataset_annotated(const Dataset *dataset, const Example *example);

/* The number of examples of a split, and their indices in ascending order. */
size_t dataset_split_count(const Dataset *dataset, Split split);
void dataset_split_indices(const Dataset *dataset, Split split, size_t *indices /* that many */);

/* Of pixels and masks. */
size_t dataset_bytes(const Dataset *dataset);

/* Allocates pixels and masks (zeroed) for examples whose split and has_mask are set. */
Status dataset_reserve(Dataset *dataset);

/* Computes the fingerprint from everything else. */
Status dataset_seal(Dataset *dataset);

/* The data set but for pixels and masks as one blob, to be sent to another process of the same
 * build; released with free(). dataset_from_bytes() checks every count it reads: STATUS_FORMAT if
 * the blob is cut. What it gives has no pixels and masks until dataset_lend(). */
Status dataset_to_bytes(const Dataset *dataset, uint8_t **bytes, size_t *byte_count);
Status dataset_from_bytes(const uint8_t *bytes, size_t byte_count, Dataset **dataset);

/* Pixels and masks in storage of the caller's, [dataset_bytes()], which outlives the data set.
 * dataset_move() brings them there and gives the data set's own storage back on the way; where the
 * other is claimed beforehand, as shared memory is, there are two of everything until then.
 * dataset_lend() has a data set without any use them as they lie there after such a move, in
 * whatever process. Nothing writes to lent storage. */
void dataset_move(Dataset *dataset, uint8_t *storage);
Status dataset_lend(Dataset *dataset, uint8_t *storage);

#endif

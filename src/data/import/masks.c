/* Images and masks in two folders, or side by side with names that tell them apart.
 *
 * Which image a mask belongs to is a matter of names: both are reduced to a key, the folders that
 * say neither "images" nor "masks" and the name without its suffix, and a mask tries shorter and
 * shorter forms of its own until an image has it. So train/masks/a_segmentation.png is the mask of
 * train/images/a.jpg, and x_mask_1.png a second one of x.png.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/import/layout.h"

static const char *const image_folders[] = {"images", "image",    "imgs",      "img",
                                            "frames", "original", "originals", "jpegimages"};
static const char *const mask_folders[] = {
    "masks", "mask",   "gt",           "ground truth",  "groundtruth", "ground_truth",
    "label", "labels", "segmentation", "segmentations", "annotation",  "annotations"};
static const char *const mask_words[] = {"mask", "masks", "segmentation", "seg",
                                         "gt",   "label", "groundtruth",  "annotation"};

typedef struct {
    SourceFile *file;
    char *key;     /* folders and stem; owned */
    size_t folder; /* length of the key's folders, with the slash */
    bool mask, in_mask_folder;
    size_t image; /* index among the annotations, once it is there; SIZE_MAX */
} Candidate;

typedef struct {
    Collection *all;
    const char *images, *masks; /* the user's folders, or NULL */
    size_t count;
    Candidate *candidates; /* all image files */
    size_t image_count;
    Candidate **images_by_key; /* image_count, sorted */
} Pairing;

static bool is_one_of(const char *word, size_t length, size_t count, const char *const *words)
{
    for (size_t i = 0; i < count; ++i)
        if (strlen(words[i]) == length && strncasecmp(words[i], word, length) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(word, length, words)                                                             \
    is_one_of((word), (length), sizeof(words) / sizeof *(words), (words))

/* ---- names of masks ---- */

static bool is_gap(char c)
{
    return c == '_' || c == '-' || c == '.' || c == ' ';
}

/* The length of `stem` without a number at its end and the gap before it; `length` if there is
 * none. */
static size_t without_number(const char *stem, size_t length)
{
    size_t end = length;
    while (end > 0 && isdigit((unsigned char)stem[end - 1]))
        --end;
    if (end == length || length - end > 4 || end < 2 || !is_gap(stem[end - 1]))
        return length;
    return end - 1;
}

/* The same without a word for masks at its end. */
static size_t without_word(const char *stem, size_t length)
{
    size_t start = length;
    while (start > 0 && isalpha((unsigned char)stem[start - 1]))
        --start;
    if (start < 2 || !is_gap(stem[start - 1]) ||
        !IS_ONE_OF(stem + start, length - start, mask_words))
        return length;
    return start - 1;
}

/* "a_mask", "a-seg", "a_mask_1": the length of "a"; `length` if it is no such name. */
static size_t without_mask_word(const char *stem, size_t length)
{
    size_t numberless = without_number(stem, length), wordless = without_word(stem, numberless);
    return wordless < numberless ? wordless : length;
}

/* ---- keys ---- */

typedef enum { FOLDER_ANY, FOLDER_IMAGES, FOLDER_MASKS } FolderKind;

/* Drops the folders of `path` that are called after images or masks; returns the last of them. */
static FolderKind drop_folders(const char *path, char *key)
{
    FolderKind kind = FOLDER_ANY;
    for (const char *part = path, *slash; (slash = strchr(part, '/')); part = slash + 1) {
        size_t length = (size_t)(slash - part);
        if (IS_ONE_OF(part, length, mask_folders))
            kind = FOLDER_MASKS;
        else if (IS_ONE_OF(part, length, image_folders))
            kind = FOLDER_IMAGES;
        else
            key += sprintf(key, "%.*s/", (int)length, part);
    }
    *key = '\0';
    return kind;
}

static Status describe(const Pairing *pairing, SourceFile *file, Candidate *candidate)
{
    *candidate = (Candidate){.file = file, .image = SIZE_MAX};
    bool in_images = pairing->images && source_is_in(file, pairing->images, true);
    bool in_masks = pairing->masks && source_is_in(file, pairing->masks, true);
    /* the more particular of the user's two folders counts */
    if (in_images && in_masks)
        in_images = strlen(pairing->images) > strlen(pairing->masks);
    in_masks = in_masks && !in_images;
    const char *base = in_images ? pairing->images : in_masks ? pairing->masks : "";
    const char *path = file->shown + strlen(base);
    path += *path == '/';
    TRY(MEMORY_NEW(&candidate->key, strlen(path) + 2));
    FolderKind kind = drop_folders(path, candidate->key);
    candidate->folder = strlen(candidate->key);
    size_t length = source_stem_length(file->name);
    memcpy(candidate->key + candidate->folder, file->name, length);
    if (in_images || in_masks || pairing->masks)
        kind = in_masks ? FOLDER_MASKS : FOLDER_IMAGES;
    candidate->in_mask_folder = kind == FOLDER_MASKS;
    candidate->mask = kind == FOLDER_MASKS ||
                      (kind == FOLDER_ANY && without_mask_word(file->name, length) < length);
    return STATUS_OK;
}

static int by_key(const void *a, const void *b)
{
    const Candidate *x = *(Candidate *const *)a, *y = *(Candidate *const *)b;
    int order = strcasecmp(x->key, y->key);
    return order != 0 ? order : strcmp(x->file->path, y->file->path);
}

/* The image whose key has those `length` bytes; *count is how many there are. */
static Candidate *find_image(const Pairing *pairing, const char *key, size_t length, size_t *count)
{
    size_t low = 0, high = pairing->image_count;
    *count = 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *other = pairing->images_by_key[middle]->key;
        int order = strncasecmp(other, key, length);
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* shorter keys stand before longer ones that begin alike */
    Candidate *found = NULL;
    for (size_t i = low; i < pairing->image_count; ++i) {
        Candidate *image = pairing->images_by_key[i];
        if (strncasecmp(image->key, key, length) != 0)
            break;
        if (image->key[length] != '\0')
            break;
        found = found ? found : image;
        ++*count;
    }
    return found;
}

/* Tries the forms of a mask's name. */
static Candidate *match(const Pairing *pairing, const Candidate *mask, size_t *count)
{
    const char *stem = mask->key + mask->folder;
    size_t length = strlen(stem);
    const size_t lengths[] = {length, without_mask_word(stem, length),
                              mask->in_mask_folder ? without_number(stem, length) : length};
    for (size_t i = 0; i < 3; ++i) {
        if (i > 0 && lengths[i] == length)
            continue;
        Candidate *image = find_image(pairing, mask->key, mask->folder + lengths[i], count);
        if (image)
            return image;
    }
    /* masks/NAME/1.png */
    if (mask->in_mask_folder && mask->folder > 1)
        return find_image(pairing, mask->key, mask->folder - 1, count);
    return NULL;
}

/* ---- annotations ---- */

static Split split_of_key(const Candidate *candidate)
{
    for (const char *part = candidate->key, *slash; (slash = strchr(part, '/')); part = slash + 1) {
        Split split = collection_split_of(part, (size_t)(slash - part));
        if (split != SPLIT_NONE)
            return split;
    }
    return SPLIT_NONE;
}

/* Whether a folder of the image is called normal. */
static bool is_in_normal_folder(const Pairing *pairing, const Candidate *image)
{
    for (const char *part = image->key, *slash; (slash = strchr(part, '/')); part = slash + 1) {
        char folder[NAME_MAX + 1];
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - part), part);
        if (collection_is_normal(pairing->all->settings, folder))
            return true;
    }
    return false;
}

static Status add_image(Pairing *pairing, Candidate *image)
{
    ImportImage *added;
    if (image->image != SIZE_MAX)
        return STATUS_OK;
    TRY(collection_add_image(pairing->all, image->file, split_of_key(image), "images", &added));
    added->normal_note = "image with an empty mask was taken as normal";
    image->image = (size_t)(added - pairing->all->images);
    return STATUS_OK;
}

static Status add_mask(Pairing *pairing, const Candidate *mask)
{
    size_t count;
    ImportLesion *lesion;
    Candidate *image = match(pairing, mask, &count);
    if (!image)
        return source_leave_out(mask->file, "a mask without an image");
    if (count > 1)
        return source_leave_out(mask->file, "a mask that %zu images may have, as %s", count,
                                image->file->shown);
    TRY(add_image(pairing, image));
    ImportImage *added = &pairing->all->images[image->image];
    TRY(collection_add_companion(added, mask->file));
    TRY(collection_add_lesion(added, pairing->all->settings->class_name, 0, &lesion));
    lesion->may_be_empty = true;
    TRY(collection_add_part(lesion, (AreaPart){.kind = AREA_FILE, .file = mask->file}));
    /* the only mask holds all lesions; of several, each holds one */
    for (size_t i = 0; i < added->lesion_count; ++i)
        added->lesions[i].box_a_region = added->lesion_count == 1;
    return STATUS_OK;
}

static Status pair(Pairing *pairing)
{
    for (size_t i = 0; i < pairing->count; ++i)
        if (pairing->candidates[i].mask)
            TRY(add_mask(pairing, &pairing->candidates[i]));
    for (size_t i = 0; i < pairing->count; ++i) {
        Candidate *image = &pairing->candidates[i];
        if (image->mask || image->image != SIZE_MAX)
            continue;
        if (pairing->images && !source_is_in(image->file, pairing->images, true)) {
            TRY(source_leave_out(image->file, "neither below --images nor a mask"));
        } else if (is_in_normal_folder(pairing, image)) {
            TRY(add_image(pairing, image));
            pairing->all->images[image->image].normal_note = NULL;
        } else {
            TRY(source_leave_out(image->file, "an image without a mask"));
        }
    }
    return STATUS_OK;
}

static Status sort_images(Pairing *pairing)
{
    TRY(MEMORY_NEW(&pairing->images_by_key, pairing->count));
    for (size_t i = 0; i < pairing->count; ++i) {
        Candidate *candidate = &pairing->candidates[i];
        if (!candidate->mask &&
            (!pairing->images || source_is_in(candidate->file, pairing->images, true)))
            pairing->images_by_key[pairing->image_count++] = candidate;
    }
    if (pairing->image_count > 0)
        qsort(pairing->images_by_key, pairing->image_count, sizeof *pairing->images_by_key, by_key);
    return STATUS_OK;
}

static Status read(Collection *all, const char *images, const char *masks)
{
    Pairing pairing = {.all = all, .images = images, .masks = masks};
    Status status;
    TRY_GOTO(status, done, MEMORY_NEW(&pairing.candidates, all->tree.count));
    for (size_t i = 0; i < all->tree.count; ++i)
        if (source_is_image(&all->tree.files[i]) && !all->tree.files[i].reason)
            TRY_GOTO(status, done,
                     describe(&pairing, &all->tree.files[i], &pairing.candidates[pairing.count++]));
    TRY_GOTO(status, done, sort_images(&pairing));
    status = pair(&pairing);
done:
    for (size_t i = 0; i < pairing.count; ++i)
        free(pairing.candidates[i].key);
    free(pairing.candidates);
    free(pairing.images_by_key);
    return status;
}

const ImportLayout layout_masks = {
    .name = "masks",
    .help = "  SRC/images/NAME.jpg      frames; also image, imgs, frames, Original, ...\n"
            "  SRC/masks/NAME.png       their masks; also mask, gt, Ground Truth, ...\n"
            "  or SRC/NAME.png and SRC/NAME_mask.png side by side. A mask may add _mask,\n"
            "  -mask, _segmentation, _seg, _gt or a number to the NAME; several masks of\n"
            "  an image hold one lesion each, a single one any number of them. Folders\n"
            "  called train, val or test above or below are splits. Masks have two values,\n"
            "  the lower one outside. An empty mask says that the image is normal, and so\n"
            "  does a folder called normal. --class NAME says what the lesions are;\n"
            "  --images DIR, --masks DIR: other folders.\n",
    .uses = LAYOUT_IMAGES | LAYOUT_MASKS | LAYOUT_CLASS,
    .read = read,
};

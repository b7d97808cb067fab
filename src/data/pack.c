/* Packs; see pack.h. Written in groups of images: a group is decoded in parallel, then appended by
 * one thread, since the HDF5 library here serves one thread at a time. */
#include "data/pack.h"

#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/dataset_load.h"
#include "data/dataset_looks.h"
#include "data/leaks.h"
#include "data/manifest.h"
#include "data/pack_looks.h"
#include "data/source.h"
#include "store/files.h"
#include "store/hdf5_reader.h"
#include "store/hdf5_writer.h"

#define PACK_KIND "gisd pack"
enum { PACK_FORMAT = 1, GROUP = 64, SIDES = 2 };

static const char *const side_names[SIDES] = {"training", "network"};

/* The buffers of one group. */
typedef struct {
    size_t sides[SIDES];     /* in pixels */
    uint8_t *pixels[SIDES];  /* GROUP x side x side x 3 */
    uint8_t *masks[SIDES];   /* GROUP x side x side */
    int64_t sizes[GROUP][2]; /* width, height of the sources */
    size_t box_counts[GROUP];
    Box *boxes[GROUP];     /* derived from masks, box_counts each, in pixels of the sources */
    AnnotationTally tally; /* over all groups */
} Group;

static void group_clear(Group *group)
{
    for (int s = 0; s < SIDES; ++s) {
        free(group->pixels[s]);
        free(group->masks[s]);
    }
    for (size_t slot = 0; slot < GROUP; ++slot)
        free(group->boxes[slot]);
}

static Status group_init(Group *group, size_t size)
{
    *group = (Group){.sides = {dataset_training_side(size), size}};
    for (int s = 0; s < SIDES; ++s) {
        size_t area = group->sides[s] * group->sides[s];
        Status status = memory_new((void **)&group->pixels[s], GROUP, area * 3);
        if (status == STATUS_OK)
            status = memory_new((void **)&group->masks[s], GROUP, area);
        if (status != STATUS_OK) {
            group_clear(group);
            return status;
        }
    }
    return STATUS_OK;
}

/* Decodes row `start` + `slot` of the manifest. */
static Status decode_image(const Manifest *manifest, size_t start, Findings *findings, Look *looks,
                           Group *group, size_t slot)
{
    Source source;
    TRY(source_read(manifest, &manifest->rows[start + slot], findings, &group->tally, &source));
    group->sizes[slot][0] = (int64_t)source.image.width;
    group->sizes[slot][1] = (int64_t)source.image.height;
    Status status = look_take(&source.image, &looks[start + slot]);
    for (int s = 0; s < SIDES && status == STATUS_OK; ++s) {
        size_t area = group->sides[s] * group->sides[s];
        status = source_resize(&source, group->sides[s], false, group->pixels[s] + slot * area * 3,
                               group->masks[s] + slot * area);
    }
    if (source.derived) {
        group->box_counts[slot] = source.box_count;
        group->boxes[slot] = source.boxes;
        source.boxes = NULL;
    }
    source_clear(&source);
    return status;
}

static void dataset_name(char name[64], int side, const char *what)
{
    snprintf(name, 64, "%s/%s", side_names[side], what);
}

static Status create_arrays(const Group *group, Hdf5Writer *writer)
{
    for (int s = 0; s < SIDES; ++s) {
        char name[64];
        const size_t dims[4] = {0, group->sides[s], group->sides[s], 3};
        dataset_name(name, s, "pixels");
        TRY(hdf5_create_rows(writer, name, HDF5_U8, 4, dims,
                             "images: image x row x column x red, green, blue", NULL));
        dataset_name(name, s, "masks");
        TRY(hdf5_create_rows(writer, name, HDF5_U8, 3, dims,
                             "masks: image x row x column, 1 in the lesion; 0 too where none is "
                             "annotated",
                             NULL));
    }
    TRY(hdf5_create_rows(writer, "sizes", HDF5_I64, 2, (const size_t[]){0, 2},
                         "width and height of the source images", "pixels"));
    TRY(hdf5_create_rows(writer, "derived/images", HDF5_I64, 1, (const size_t[]){0},
                         "images of boxes that the manifest lacks, counted from 0", NULL));
    return hdf5_create_rows(writer, "derived/boxes", HDF5_F32, 2, (const size_t[]){0, 4},
                            "their x0, y0, x1, y1: those about the regions of the masks", "pixels");
}

/* Moves the derived boxes of a group, which begins at image `start`, to the file. */
static Status append_boxes(Group *group, size_t start, size_t count, Hdf5Writer *writer)
{
    for (size_t slot = 0; slot < count; ++slot) {
        const int64_t image = (int64_t)(start + slot);
        for (size_t i = 0; i < group->box_counts[slot]; ++i) {
            const Box *box = &group->boxes[slot][i];
            const float sides[4] = {box->x0, box->y0, box->x1, box->y1};
            TRY(hdf5_append(writer, "derived/images", HDF5_I64, 1, &image));
            TRY(hdf5_append(writer, "derived/boxes", HDF5_F32, 1, sides));
        }
        free(group->boxes[slot]);
        group->boxes[slot] = NULL;
        group->box_counts[slot] = 0;
    }
    return STATUS_OK;
}

static Status append_group(Group *group, size_t start, size_t count, Hdf5Writer *writer)
{
    for (int s = 0; s < SIDES; ++s) {
        char name[64];
        dataset_name(name, s, "pixels");
        TRY(hdf5_append(writer, name, HDF5_U8, count, group->pixels[s]));
        dataset_name(name, s, "masks");
        TRY(hdf5_append(writer, name, HDF5_U8, count, group->masks[s]));
    }
    TRY(hdf5_append(writer, "sizes", HDF5_I64, count, group->sizes));
    return append_boxes(group, start, count, writer);
}

static Status write_images(const Manifest *manifest, Findings *findings, Look *looks, Group *group,
                           Hdf5Writer *writer)
{
    TRY(create_arrays(group, writer));
    for (size_t start = 0; start < manifest->count; start += GROUP) {
        size_t count = manifest->count - start < GROUP ? manifest->count - start : GROUP;
        FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic)
        for (size_t slot = 0; slot < count; ++slot)
            if (!first_error_before(&first, slot))
                first_error_note(&first, slot,
                                 decode_image(manifest, start, findings, looks, group, slot));
        TRY(first_error_status(&first));
        TRY(append_group(group, start, count, writer));
    }
    return annotations_check_tally(manifest, &group->tally);
}

static Status write_warnings(Findings *findings, Hdf5Writer *writer)
{
    char **texts;
    size_t count;
    Status status = findings_gather(findings, &texts, &count);
    if (status == STATUS_OK && count > 0)
        status = hdf5_write_texts(writer, "warnings", count, (const char *const *)texts,
                                  "what deserves a look in the manifest and its files");
    for (size_t i = 0; i < count; ++i)
        free(texts[i]);
    free(texts);
    return status;
}

/* Copies in two splits that the manifest gives. What leaks otherwise is found, and told, by the run
 * that reads the pack, for its experiment may split anew. */
static Status check_copies(const Manifest *manifest, const Look *looks)
{
    Findings findings = {0};
    Split *splits;
    TRY(MEMORY_NEW(&splits, manifest->count));
    for (size_t i = 0; i < manifest->count; ++i)
        splits[i] = manifest->rows[i].split;
    Status status = leaks_check(manifest, looks, splits, &findings);
    findings_clear(&findings);
    free(splits);
    return status;
}

static Status write_content(const char *manifest_path, const Manifest *manifest, size_t size,
                            Findings *findings, Hdf5Writer *writer)
{
    TRY(hdf5_set_text(writer, "/", "kind", PACK_KIND));
    TRY(hdf5_set_i64(writer, "/", "format", PACK_FORMAT));
    TRY(hdf5_set_i64(writer, "/", "size", (int64_t)size));
    TRY(hdf5_set_i64(writer, "/", "synthetic", manifest->synthetic + manifest->hard));
    char *text;
    size_t bytes;
    TRY(files_read(manifest_path, &text, &bytes));
    Status status = hdf5_write_u8(writer, "manifest", bytes, (const uint8_t *)text,
                                  "the manifest that was packed, as it was", NULL);
    free(text);
    TRY(status);
    Look *looks;
    Group group;
    TRY(MEMORY_NEW(&looks, manifest->count));
    status = group_init(&group, size);
    if (status == STATUS_OK) {
        status = write_images(manifest, findings, looks, &group, writer);
        group_clear(&group);
    }
    if (status == STATUS_OK)
        status = write_warnings(findings, writer);
    if (status == STATUS_OK)
        status = pack_write_looks(writer, manifest->count, looks);
    if (status == STATUS_OK)
        status = check_copies(manifest, looks);
    free(looks);
    return status;
}

static Status write_pack(const char *manifest_path, const Manifest *manifest, size_t size,
                         Findings *findings, const char *pack_path)
{
    Hdf5Writer *writer;
    TRY(dataset_check(manifest, size));
    TRY(hdf5_writer_new(pack_path, &writer));
    Status status = write_content(manifest_path, manifest, size, findings, writer);
    if (status == STATUS_OK)
        return hdf5_writer_commit(writer);
    hdf5_writer_abandon(writer);
    return status;
}

Status pack_write(const char *manifest_path, size_t size, const char *pack_path)
{
    Findings findings = {0};
    Manifest manifest;
    Status status = manifest_read(manifest_path, &findings, &manifest);
    if (status == STATUS_OK) {
        status = write_pack(manifest_path, &manifest, size, &findings, pack_path);
        manifest_clear(&manifest);
    }
    findings_clear(&findings);
    return status;
}

/* ---- reading ---- */

bool pack_is_one(const char *path)
{
    return hdf5_is_kind(path, PACK_KIND);
}

static Status check_kind(const Hdf5Reader *reader, size_t size)
{
    const char *path = hdf5_reader_path(reader);
    if (!hdf5_has_attribute(reader, "/", "kind"))
        FAIL(STATUS_FORMAT, "%s: not a pack, expected the attribute kind", path);
    char *kind;
    TRY(hdf5_get_text(reader, "/", "kind", &kind));
    bool known = strcmp(kind, PACK_KIND) == 0;
    free(kind);
    if (!known)
        FAIL(STATUS_FORMAT, "%s: not a pack, expected the kind \"" PACK_KIND "\"", path);
    int64_t format, packed;
    TRY(hdf5_get_i64(reader, "/", "format", &format));
    TRY(hdf5_get_i64(reader, "/", "size", &packed));
    if (format != PACK_FORMAT)
        FAIL(STATUS_UNSUPPORTED, "%s: pack of format %lld, expected %d", path, (long long)format,
             PACK_FORMAT);
    if (packed != (int64_t)size)
        FAIL(STATUS_ARGUMENT, "%s: packed for size %lld, expected %zu: pack again with --size %zu",
             path, (long long)packed, size, size);
    return STATUS_OK;
}

static Status read_text_manifest(const Hdf5Reader *reader, Manifest *manifest)
{
    size_t bytes, length = strlen(hdf5_reader_path(reader)) + sizeof "/manifest";
    uint8_t *text = NULL;
    char *name = NULL;
    Status status;
    int64_t synthetic = 0; /* packs of earlier versions do not say */
    if (hdf5_has_attribute(reader, "/", "synthetic"))
        TRY(hdf5_get_i64(reader, "/", "synthetic", &synthetic));
    TRY(hdf5_count(reader, "manifest", &bytes));
    TRY_GOTO(status, end, MEMORY_NEW(&text, bytes + 1));
    TRY_GOTO(status, end, hdf5_read_u8(reader, "manifest", bytes, text));
    TRY_GOTO(status, end, MEMORY_NEW(&name, length));
    snprintf(name, length, "%s/manifest", hdf5_reader_path(reader));
    status = manifest_parse(name, (const char *)text, bytes, manifest);
    if (status == STATUS_OK)
        manifest->synthetic = synthetic != 0;
    manifest->hard = synthetic == 2;
end:
    free(text);
    free(name);
    return status;
}

static Status check_shape(const Hdf5Reader *reader, const char *name, size_t rank,
                          const size_t *expected)
{
    size_t found_rank, found[HDF5_MAX_RANK];
    TRY(hdf5_dims(reader, name, &found_rank, found));
    if (found_rank != rank || memcmp(found, expected, rank * sizeof *found) != 0)
        FAIL(STATUS_FORMAT, "%s: /%s has another shape than the manifest and size ask for",
             hdf5_reader_path(reader), name);
    return STATUS_OK;
}

static Status check_shapes(const Hdf5Reader *reader, size_t count, size_t size)
{
    const size_t sides[SIDES] = {dataset_training_side(size), size};
    for (int s = 0; s < SIDES; ++s) {
        char name[64];
        const size_t dims[4] = {count, sides[s], sides[s], 3};
        dataset_name(name, s, "pixels");
        TRY(check_shape(reader, name, 4, dims));
        dataset_name(name, s, "masks");
        TRY(check_shape(reader, name, 3, dims));
    }
    return check_shape(reader, "sizes", 2, (const size_t[]){count, 2});
}

/* Boxes that were derived from masks, by image; all zero in packs of earlier versions. */
typedef struct {
    size_t count, next;
    int64_t *images; /* count, ascending */
    Box *boxes;      /* count */
} DerivedBoxes;

static void derived_clear(DerivedBoxes *derived)
{
    free(derived->images);
    free(derived->boxes);
}

static Status read_derived(const Hdf5Reader *reader, DerivedBoxes *derived)
{
    *derived = (DerivedBoxes){0};
    if (!hdf5_has(reader, "derived/images"))
        return STATUS_OK;
    float(*sides)[4];
    TRY(hdf5_count(reader, "derived/images", &derived->count));
    TRY(MEMORY_NEW(&derived->images, derived->count));
    TRY(MEMORY_NEW(&derived->boxes, derived->count));
    TRY(MEMORY_NEW(&sides, derived->count));
    Status status = hdf5_read_i64(reader, "derived/images", derived->count, derived->images);
    if (status == STATUS_OK)
        status = hdf5_read_f32(reader, "derived/boxes", 4 * derived->count, &sides[0][0]);
    for (size_t i = 0; i < derived->count && status == STATUS_OK; ++i)
        derived->boxes[i] = (Box){sides[i][0], sides[i][1], sides[i][2], sides[i][3]};
    free(sides);
    return status;
}

/* The lesions of image i: the row's, or those derived from its mask. */
static Status read_lesions(const Manifest *manifest, size_t i, DerivedBoxes *derived,
                           Dataset *dataset)
{
    Example *example = &dataset->examples[i];
    const ManifestRow *row = &manifest->rows[i];
    size_t first = derived->next;
    while (derived->next < derived->count && derived->images[derived->next] == (int64_t)i)
        ++derived->next;
    if (row->box_count == 0 && row->label_index != LABEL_NORMAL)
        return dataset_set_lesions(dataset, row, derived->next - first, derived->boxes + first,
                                   example);
    const PictureSize size = {example->width, example->height, example->width, example->height, 1};
    Box *boxes;
    TRY(MEMORY_NEW(&boxes, row->box_count));
    Status status = annotations_fit_boxes(manifest, row, &size, boxes);
    if (status == STATUS_OK)
        status = dataset_set_lesions(dataset, row, row->box_count, boxes, example);
    free(boxes);
    return status;
}

static Status read_examples(const Hdf5Reader *reader, const Manifest *manifest, Dataset *dataset)
{
    int64_t(*sizes)[2];
    DerivedBoxes derived;
    TRY(MEMORY_NEW(&sizes, manifest->count));
    Status status = hdf5_read_i64(reader, "sizes", 2 * manifest->count, &sizes[0][0]);
    if (status == STATUS_OK)
        status = read_derived(reader, &derived);
    else
        derived = (DerivedBoxes){0};
    for (size_t i = 0; i < manifest->count && status == STATUS_OK; ++i) {
        Example *example = &dataset->examples[i];
        if (sizes[i][0] < 1 || sizes[i][1] < 1 || sizes[i][0] > INT32_MAX ||
            sizes[i][1] > INT32_MAX) {
            status = status_set(STATUS_FORMAT, "%s: /sizes row %zu is %lld x %lld, expected pixels",
                                hdf5_reader_path(reader), i, (long long)sizes[i][0],
                                (long long)sizes[i][1]);
            break;
        }
        example->width = (uint32_t)sizes[i][0];
        example->height = (uint32_t)sizes[i][1];
        status = read_lesions(manifest, i, &derived, dataset);
    }
    if (status == STATUS_OK && derived.next != derived.count)
        status = status_set(STATUS_FORMAT,
                            "%s: /derived/images has %lld as number %zu, expected images in their "
                            "order",
                            hdf5_reader_path(reader), (long long)derived.images[derived.next],
                            derived.next);
    derived_clear(&derived);
    free(sizes);
    return status;
}

static Status read_warnings(const Hdf5Reader *reader, Dataset *dataset)
{
    Hdf5Texts texts;
    if (!hdf5_has(reader, "warnings"))
        return STATUS_OK;
    TRY(hdf5_read_texts(reader, "warnings", &texts));
    dataset->warning_count = texts.count;
    dataset->warnings = texts.items; /* taken over */
    return STATUS_OK;
}

/* Reads runs of images of one split and mask state at once: they lie side by side in both. */
static Status read_pixels(const Hdf5Reader *reader, Dataset *dataset)
{
    for (size_t start = 0, next; start < dataset->count; start = next) {
        int s = dataset->examples[start].split == SPLIT_TRAIN ? 0 : 1;
        bool has_mask = dataset->examples[start].has_mask;
        for (next = start + 1; next < dataset->count && next - start < GROUP; ++next)
            if ((dataset->examples[next].split == SPLIT_TRAIN ? 0 : 1) != s ||
                dataset->examples[next].has_mask != has_mask)
                break;
        size_t rows = next - start;
        size_t area = dataset_side(dataset, start) * dataset_side(dataset, start);
        char name[64];
        dataset_name(name, s, "pixels");
        TRY(hdf5_read_rows(reader, name, HDF5_U8, start, rows, rows * area * 3,
                           dataset->pixels[start]));
        dataset_name(name, s, "masks");
        if (has_mask)
            TRY(hdf5_read_rows(reader, name, HDF5_U8, start, rows, rows * area,
                               dataset->masks[start]));
    }
    return STATUS_OK;
}

static Status read_content(const Hdf5Reader *reader, size_t size, const SplitSettings *split,
                           Dataset *dataset)
{
    TRY(check_kind(reader, size));
    Manifest manifest;
    Look *looks = NULL;
    TRY(read_text_manifest(reader, &manifest));
    Status status = check_shapes(reader, manifest.count, size);
    if (status == STATUS_OK)
        status = pack_read_looks(reader, manifest.count, &looks);
    if (status == STATUS_OK && !looks && split->group == SPLIT_GROUP_SCENE)
        status = status_set(STATUS_UNSUPPORTED,
                            "%s: packed by an earlier version, which did not compare pictures, "
                            "expected looks to find scenes in: pack again",
                            hdf5_reader_path(reader));
    if (status == STATUS_OK)
        status = dataset_describe(&manifest, size, split, looks, dataset);
    if (status == STATUS_OK)
        status = read_examples(reader, &manifest, dataset);
    if (status == STATUS_OK)
        status = read_warnings(reader, dataset);
    if (status == STATUS_OK && looks)
        status = dataset_check_leaks(&manifest, looks, dataset);
    free(looks);
    manifest_clear(&manifest);
    TRY(status);
    return read_pixels(reader, dataset);
}

Status pack_read(const char *path, size_t size, const SplitSettings *split, Dataset *dataset)
{
    Hdf5Reader *reader;
    TRY(hdf5_reader_new(path, &reader));
    Status status = read_content(reader, size, split, dataset);
    return hdf5_reader_end(reader, status);
}

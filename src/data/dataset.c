/* The data set's memory, fingerprint and blob; see dataset.h. Reading one is dataset_load.c. */
#include "data/dataset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

size_t dataset_training_side(size_t size)
{
    return (5 * size + 3) / 4;
}

static size_t side_of(const Dataset *dataset, const Example *example)
{
    return example->split == SPLIT_TRAIN ? dataset->training_side : dataset->size;
}

size_t dataset_side(const Dataset *dataset, size_t index)
{
    return side_of(dataset, &dataset->examples[index]);
}

DatasetForm dataset_form(const Dataset *dataset)
{
    return (DatasetForm){dataset->size, dataset->letterbox, dataset->denoise};
}

bool dataset_has_form(const Dataset *dataset, const DatasetForm *form)
{
    return dataset->size == form->size && dataset->letterbox == form->letterbox &&
           dataset->denoise == form->denoise;
}

PixelBox dataset_seen(const Dataset *dataset, const Example *example)
{
    return dataset->denoise != DENOISE_NONE ? example->crop
                                            : (PixelBox){0, 0, example->width, example->height};
}

PixelBox dataset_annotated(const Dataset *dataset, const Example *example)
{
    return example->split == SPLIT_TRAIN ? dataset_seen(dataset, example)
                                         : (PixelBox){0, 0, example->width, example->height};
}

size_t dataset_split_count(const Dataset *dataset, Split split)
{
    size_t count = 0;
    for (size_t i = 0; i < dataset->count; ++i)
        count += dataset->examples[i].split == split;
    return count;
}

void dataset_split_indices(const Dataset *dataset, Split split, size_t *indices)
{
    for (size_t i = 0; i < dataset->count; ++i)
        if (dataset->examples[i].split == split)
            *indices++ = i;
}

static void free_names(size_t count, char **names)
{
    for (size_t i = 0; names && i < count; ++i)
        free(names[i]);
    free(names);
}

void dataset_free(Dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t i = 0; dataset->examples && i < dataset->count; ++i) {
        free(dataset->examples[i].name);
        free(dataset->examples[i].form);
        free(dataset->examples[i].lesions);
    }
    free(dataset->examples);
    free_names(dataset->class_count, dataset->class_names);
    free_names(dataset->patient_count, dataset->patients);
    free_names(dataset->column_count, dataset->column_names);
    free_names(dataset->count * dataset->column_count, dataset->column_texts);
    free_names(dataset->warning_count, dataset->warnings);
    free(dataset->pixels);
    free(dataset->masks);
    if (!dataset->lent) {
        free(dataset->pixel_block);
        free(dataset->mask_block);
    }
    free(dataset);
}

/* Areas of all stored images, and of those with a mask. */
static void count_areas(const Dataset *dataset, size_t *pixels, size_t *masks)
{
    *pixels = *masks = 0;
    for (size_t i = 0; i < dataset->count; ++i) {
        size_t side = dataset_side(dataset, i);
        *pixels += side * side;
        *masks += dataset->examples[i].has_mask ? side * side : 0;
    }
}

size_t dataset_bytes(const Dataset *dataset)
{
    size_t pixel_area, mask_area;
    count_areas(dataset, &pixel_area, &mask_area);
    return 3 * pixel_area + mask_area;
}

/* One after the other in the two blocks. */
static void point(Dataset *dataset)
{
    uint8_t *pixels = dataset->pixel_block, *mask = dataset->mask_block;
    for (size_t i = 0; i < dataset->count; ++i) {
        const size_t area = dataset_side(dataset, i) * dataset_side(dataset, i);
        dataset->pixels[i] = pixels;
        pixels += area * 3;
        if (dataset->examples[i].has_mask) {
            dataset->masks[i] = mask;
            mask += area;
        }
    }
}

static Status reserve_pointers(Dataset *dataset)
{
    TRY(MEMORY_NEW(&dataset->pixels, dataset->count));
    return MEMORY_NEW(&dataset->masks, dataset->count);
}

Status dataset_reserve(Dataset *dataset)
{
    size_t pixel_area, mask_area;
    count_areas(dataset, &pixel_area, &mask_area);
    TRY(reserve_pointers(dataset));
    TRY(memory_new((void **)&dataset->pixel_block, pixel_area, 3));
    TRY(memory_new((void **)&dataset->mask_block, mask_area, 1));
    point(dataset);
    return STATUS_OK;
}

/* ---- storage of somebody else's: the pixels of all examples, then their masks ---- */

static void use_storage(Dataset *dataset, uint8_t *storage)
{
    size_t pixel_area, mask_area;
    count_areas(dataset, &pixel_area, &mask_area);
    dataset->pixel_block = storage;
    dataset->mask_block = storage + pixel_area * 3;
    dataset->lent = true;
    point(dataset);
}

/* What has been copied goes back to the system piece by piece. */
static void move_block(uint8_t *from, size_t bytes, uint8_t *to)
{
    enum { PIECE = 16 << 20 };
    for (size_t done = 0; done < bytes; done += PIECE) {
        const size_t piece = bytes - done < PIECE ? bytes - done : PIECE;
        memcpy(to + done, from + done, piece);
        memory_let_go(from + done, piece);
    }
    free(from);
}

void dataset_move(Dataset *dataset, uint8_t *storage)
{
    size_t pixel_area, mask_area;
    count_areas(dataset, &pixel_area, &mask_area);
    assert(!dataset->lent);
    move_block(dataset->pixel_block, pixel_area * 3, storage);
    move_block(dataset->mask_block, mask_area, storage + pixel_area * 3);
    use_storage(dataset, storage);
}

Status dataset_lend(Dataset *dataset, uint8_t *storage)
{
    assert(!dataset->pixels);
    TRY(reserve_pointers(dataset));
    use_storage(dataset, storage);
    return STATUS_OK;
}

/* ---- one blob: every field in a fixed order, written twice: once to count, once to store ---- */

typedef struct {
    uint8_t *bytes; /* NULL: only count */
    size_t used;
} Writer;

static void put(Writer *writer, const void *data, size_t bytes)
{
    if (writer->bytes && bytes > 0)
        memcpy(writer->bytes + writer->used, data, bytes);
    writer->used += bytes;
}

static void put_number(Writer *writer, uint64_t number)
{
    put(writer, &number, sizeof number);
}

static void put_text(Writer *writer, const char *text)
{
    put_number(writer, strlen(text));
    put(writer, text, strlen(text));
}

static void put_names(Writer *writer, size_t count, char **names)
{
    put_number(writer, count);
    for (size_t i = 0; i < count; ++i)
        put_text(writer, names[i]);
}

static void put_lesions(Writer *writer, const Example *example)
{
    put_number(writer, example->lesion_count);
    for (size_t i = 0; i < example->lesion_count; ++i) {
        const Lesion *lesion = &example->lesions[i];
        put(writer, &lesion->box.x0, sizeof(float));
        put(writer, &lesion->box.y0, sizeof(float));
        put(writer, &lesion->box.x1, sizeof(float));
        put(writer, &lesion->box.y1, sizeof(float));
        put(writer, &lesion->class_index, sizeof lesion->class_index);
    }
}

/* Everything about an example that a result can depend on, but for its pixels. */
static void put_meaning(Writer *writer, const Example *example)
{
    put_number(writer, (uint64_t)(int64_t)example->label);
    put_number(writer, example->patient);
    put_text(writer, example->form);
    put_number(writer, example->split);
    put_number(writer, example->has_mask);
    put_lesions(writer, example);
    put_number(writer, example->width);
    put_number(writer, example->height);
}

/* What is left of a denoised image. */
static void put_crop(Writer *writer, const PixelBox *crop)
{
    put_number(writer, crop->x0);
    put_number(writer, crop->y0);
    put_number(writer, crop->x1);
    put_number(writer, crop->y1);
}

static void put_dataset(Writer *writer, const Dataset *dataset)
{
    put_number(writer, dataset->size);
    put_number(writer, dataset->by_patient);
    put_number(writer, dataset->synthetic + dataset->hard);
    put_number(writer, dataset->letterbox);
    put_number(writer, dataset->denoise);
    put_number(writer, dataset->unlabelled);
    put_number(writer, dataset->compared);
    put_number(writer, dataset->near_pairs);
    put_names(writer, dataset->class_count, dataset->class_names);
    put_names(writer, dataset->patient_count, dataset->patients);
    put(writer, dataset->fingerprint, sizeof dataset->fingerprint);
    put_number(writer, dataset->count);
    for (size_t i = 0; i < dataset->count; ++i) {
        put_text(writer, dataset->examples[i].name);
        put_meaning(writer, &dataset->examples[i]);
        put_crop(writer, &dataset->examples[i].crop);
        put(writer, &dataset->examples[i].surround, sizeof(OverlaySummary));
    }
    put_names(writer, dataset->column_count, dataset->column_names);
    put_names(writer, dataset->count * dataset->column_count, dataset->column_texts);
    put_names(writer, dataset->warning_count, dataset->warnings);
}

Status dataset_to_bytes(const Dataset *dataset, uint8_t **bytes, size_t *byte_count)
{
    Writer writer = {0};
    put_dataset(&writer, dataset);
    TRY(MEMORY_NEW(bytes, writer.used));
    writer = (Writer){.bytes = *bytes};
    put_dataset(&writer, dataset);
    *byte_count = writer.used;
    return STATUS_OK;
}

/* Images are hashed one by one, in parallel; then the hashes with the rest. Names of files and
 * patients, further columns and warnings are left out: they change no number. */
Status dataset_seal(Dataset *dataset)
{
    uint64_t *hashes;
    TRY(MEMORY_NEW(&hashes, 2 * dataset->count));
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < dataset->count; ++i) {
        size_t area = dataset_side(dataset, i) * dataset_side(dataset, i);
        hashes[2 * i] = hash_bytes(dataset->pixels[i], area * 3, 1);
        hashes[2 * i + 1] = dataset->masks[i] ? hash_bytes(dataset->masks[i], area, 2) : 0;
    }
    Writer writer = {0};
    Status status = STATUS_OK;
    for (int pass = 0; pass < 2; ++pass) {
        if (pass == 1) {
            TRY_GOTO(status, end, MEMORY_NEW(&writer.bytes, writer.used));
            writer.used = 0;
        }
        put_number(&writer, dataset->size);
        put_number(&writer, dataset->by_patient);
        put_names(&writer, dataset->class_count, dataset->class_names);
        put_number(&writer, dataset->count);
        for (size_t i = 0; i < dataset->count; ++i)
            put_meaning(&writer, &dataset->examples[i]);
        put(&writer, hashes, 2 * dataset->count * sizeof *hashes);
        /* Only where true, so that a set without the property keeps the fingerprint it had. */
        if (dataset->synthetic)
            put_text(&writer, "synthetic");
        if (dataset->letterbox)
            put_text(&writer, "letterbox");
        if (dataset->unlabelled)
            put_text(&writer, "unlabelled");
        if (dataset->denoise != DENOISE_NONE)
            put_text(&writer, denoise_choice_names[dataset->denoise]);
        for (size_t i = 0; i < dataset->count && dataset->denoise != DENOISE_NONE; ++i)
            put_crop(&writer, &dataset->examples[i].crop);
    }
    hash_text(writer.bytes, writer.used, dataset->fingerprint);
end:
    free(writer.bytes);
    free(hashes);
    return status;
}

typedef struct {
    const uint8_t *bytes;
    size_t left;
} Reader;

static Status get(Reader *reader, void *data, size_t bytes)
{
    if (bytes > reader->left)
        FAIL(STATUS_FORMAT, "data set blob: %zu bytes left, expected %zu more", reader->left,
             bytes);
    if (bytes > 0)
        memcpy(data, reader->bytes, bytes);
    reader->bytes += bytes;
    reader->left -= bytes;
    return STATUS_OK;
}

static Status get_number(Reader *reader, uint64_t *number)
{
    *number = 0;
    return get(reader, number, sizeof *number);
}

/* A count of things that take at least a byte each. */
static Status get_count(Reader *reader, size_t *count)
{
    uint64_t number;
    *count = 0;
    TRY(get_number(reader, &number));
    if (number > reader->left)
        FAIL(STATUS_FORMAT, "data set blob: a count of %llu with %zu bytes left",
             (unsigned long long)number, reader->left);
    *count = (size_t)number;
    return STATUS_OK;
}

static Status get_text(Reader *reader, char **text)
{
    size_t length;
    TRY(get_count(reader, &length));
    TRY(MEMORY_NEW(text, length + 1));
    return get(reader, *text, length);
}

static Status get_names(Reader *reader, size_t *count, char ***names)
{
    size_t expected;
    TRY(get_count(reader, &expected));
    TRY(MEMORY_NEW(names, expected));
    *count = expected;
    for (size_t i = 0; i < expected; ++i)
        TRY(get_text(reader, &(*names)[i]));
    return STATUS_OK;
}

static Status get_lesions(Reader *reader, Example *example)
{
    size_t count;
    TRY(get_count(reader, &count));
    TRY(MEMORY_NEW(&example->lesions, count));
    example->lesion_count = count;
    for (size_t i = 0; i < count; ++i) {
        Lesion *lesion = &example->lesions[i];
        TRY(get(reader, &lesion->box.x0, sizeof(float)));
        TRY(get(reader, &lesion->box.y0, sizeof(float)));
        TRY(get(reader, &lesion->box.x1, sizeof(float)));
        TRY(get(reader, &lesion->box.y1, sizeof(float)));
        TRY(get(reader, &lesion->class_index, sizeof lesion->class_index));
    }
    return STATUS_OK;
}

static Status get_crop(Reader *reader, PixelBox *crop)
{
    uint64_t corners[4];
    for (size_t i = 0; i < 4; ++i)
        TRY(get_number(reader, &corners[i]));
    *crop = (PixelBox){corners[0], corners[1], corners[2], corners[3]};
    return STATUS_OK;
}

static Status get_example(Reader *reader, Example *example)
{
    uint64_t number;
    TRY(get_text(reader, &example->name));
    TRY(get_number(reader, &number));
    example->label = (int32_t)(int64_t)number;
    TRY(get_number(reader, &number));
    example->patient = (uint32_t)number;
    TRY(get_text(reader, &example->form));
    TRY(get_number(reader, &number));
    if (number >= SPLIT_NONE)
        FAIL(STATUS_FORMAT, "data set blob: split %llu", (unsigned long long)number);
    example->split = (Split)number;
    TRY(get_number(reader, &number));
    example->has_mask = number != 0;
    TRY(get_lesions(reader, example));
    TRY(get_number(reader, &number));
    example->width = (uint32_t)number;
    TRY(get_number(reader, &number));
    example->height = (uint32_t)number;
    TRY(get_crop(reader, &example->crop));
    return get(reader, &example->surround, sizeof example->surround);
}

/* Further columns and warnings. */
static Status get_notes(Reader *reader, Dataset *dataset)
{
    size_t texts;
    TRY(get_names(reader, &dataset->column_count, &dataset->column_names));
    TRY(get_count(reader, &texts));
    if (texts != dataset->count * dataset->column_count)
        FAIL(STATUS_FORMAT, "data set blob: %zu texts of %zu columns", texts,
             dataset->column_count);
    TRY(MEMORY_NEW(&dataset->column_texts, texts));
    for (size_t i = 0; i < texts; ++i)
        TRY(get_text(reader, &dataset->column_texts[i]));
    return get_names(reader, &dataset->warning_count, &dataset->warnings);
}

static Status get_dataset(Reader *reader, Dataset *dataset)
{
    uint64_t number;
    TRY(get_number(reader, &number));
    dataset->size = (size_t)number;
    dataset->training_side = dataset_training_side(dataset->size);
    TRY(get_number(reader, &number));
    dataset->by_patient = number != 0;
    TRY(get_number(reader, &number));
    dataset->synthetic = number != 0;
    dataset->hard = number == 2;
    TRY(get_number(reader, &number));
    dataset->letterbox = number != 0;
    TRY(get_number(reader, &number));
    if (number >= DENOISE_CHOICES)
        FAIL(STATUS_FORMAT, "data set blob: denoise %llu", (unsigned long long)number);
    dataset->denoise = (DenoiseChoice)number;
    TRY(get_number(reader, &number));
    dataset->unlabelled = number != 0;
    TRY(get_number(reader, &number));
    dataset->compared = number != 0;
    TRY(get_number(reader, &number));
    dataset->near_pairs = (size_t)number;
    TRY(get_names(reader, &dataset->class_count, &dataset->class_names));
    TRY(get_names(reader, &dataset->patient_count, &dataset->patients));
    TRY(get(reader, dataset->fingerprint, sizeof dataset->fingerprint));
    size_t count;
    TRY(get_count(reader, &count));
    TRY(MEMORY_NEW(&dataset->examples, count));
    dataset->count = count;
    for (size_t i = 0; i < count; ++i)
        TRY(get_example(reader, &dataset->examples[i]));
    TRY(get_notes(reader, dataset));
    if (reader->left)
        FAIL(STATUS_FORMAT, "data set blob: %zu bytes too many", reader->left);
    return STATUS_OK;
}

Status dataset_from_bytes(const uint8_t *bytes, size_t byte_count, Dataset **dataset)
{
    TRY(MEMORY_NEW(dataset, 1));
    Reader reader = {.bytes = bytes, .left = byte_count};
    Status status = get_dataset(&reader, *dataset);
    if (status != STATUS_OK) {
        dataset_free(*dataset);
        *dataset = NULL;
    }
    return status;
}

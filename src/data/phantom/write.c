/* The phantom data set as files, in a folder that appears whole or not at all (new_folder.h). */
#include "data/phantom/phantom.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/manifest.h"
#include "data/properties.h"
#include "data/split.h"
#include "image/image_file.h"
#include "store/csv.h"
#include "store/files.h"
#include "store/new_folder.h"

enum { JPEG_QUALITY = 95, PNG_LEVEL = 1, PLACE_BYTES = 40 };

/* What the tables need to know of an image once it is written. */
typedef struct {
    bool ill; /* it shows a lesion */
    size_t box_count;
    Box boxes[PHANTOM_LESIONS];
    size_t overlay_count;
    Overlay overlays[OVERLAY_MOST];
} Record;

static void image_place(const PhantomSettings *settings, size_t index, char place[PLACE_BYTES])
{
    snprintf(place, PLACE_BYTES, "images/%06zu.%s", index, settings->noise ? "png" : "jpg");
}

static void mask_place(size_t index, char place[PLACE_BYTES])
{
    snprintf(place, PLACE_BYTES, "masks/%06zu.png", index);
}

static Status write_png(const NewFolder *folder, const char *place, const Image *image)
{
    uint8_t *bytes;
    size_t count;
    TRY(image_encode_png(image, PNG_LEVEL, &bytes, &count));
    const Status status = new_folder_write(folder, place, bytes, count);
    free(bytes);
    return status;
}

static Status write_jpeg(const NewFolder *folder, const char *place, const Image *image)
{
    uint8_t *bytes;
    size_t count;
    TRY(image_encode_jpeg(image, JPEG_QUALITY, &bytes, &count));
    const Status status = new_folder_write(folder, place, bytes, count);
    free(bytes);
    return status;
}

/* The image without noise, then with it. */
static Status write_noisy(const PhantomSettings *settings, size_t index, const NewFolder *folder,
                          Image *image)
{
    char place[PLACE_BYTES];
    RandomStream stream;
    snprintf(place, sizeof place, "clean/%06zu.png", index);
    TRY(write_png(folder, place, image));
    random_init(&stream, settings->seed, "phantom/noise", (uint32_t)index, 0);
    noise_disturb(&stream, settings->noise, image);
    image_place(settings, index, place);
    return write_png(folder, place, image);
}

static Status write_image(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                          Scene *scene, const NewFolder *folder, Record *record)
{
    PhantomImage made;
    char place[PLACE_BYTES];
    Status status = settings->frames ? phantom_frame_image(settings, index, what, &made)
                                     : phantom_image(settings, index, what, scene, &made);
    if (status != STATUS_OK) {
        phantom_image_clear(&made);
        return status;
    }
    record->ill = settings->frames ? made.box_count > 0 : what->kind != LESION_NONE;
    record->box_count = made.box_count;
    memcpy(record->boxes, made.boxes, sizeof record->boxes);
    record->overlay_count = made.overlays.count;
    memcpy(record->overlays, made.overlays.items, sizeof record->overlays);
    image_place(settings, index, place);
    status = settings->noise ? write_noisy(settings, index, folder, &made.image)
                             : write_jpeg(folder, place, &made.image);
    mask_place(index, place);
    if (status == STATUS_OK && record->ill)
        status = write_png(folder, place, &made.mask);
    phantom_image_clear(&made);
    return status;
}

/* All images, on all threads; the first error ends it and is the one returned. */
static Status write_images(const PhantomSettings *settings, const PhantomCase *cases,
                           const NewFolder *folder, Record *records)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel
    {
        Scene scene = {0};
        Status ready =
            settings->frames ? STATUS_OK : scene_init(&scene, settings->width, settings->height);
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < settings->images; ++i)
            if (!first_error_before(&first, i))
                first_error_note(&first, i,
                                 ready != STATUS_OK ? ready
                                                    : write_image(settings, i, &cases[i], &scene,
                                                                  folder, &records[i]));
        scene_clear(&scene);
    }
    return first_error_status(&first);
}

static int32_t class_of(LesionKind kind)
{
    return kind == LESION_NONE ? -1 : kind == LESION_ULCER ? 1 : kind == LESION_GASTRITIS ? 2 : 0;
}

static Status assign_splits(const PhantomSettings *settings, const PhantomCase *cases,
                            Split *splits)
{
    int32_t *labels = NULL;
    uint32_t *units = NULL;
    Status status;
    TRY_GOTO(status, done, MEMORY_NEW(&labels, settings->images));
    TRY_GOTO(status, done, MEMORY_NEW(&units, settings->images));
    for (size_t i = 0; i < settings->images; ++i) {
        labels[i] = class_of(cases[i].kind);
        units[i] = cases[i].patient;
    }
    /* The rule that phantoms were always split by: the documented figures rest on it. */
    const SplitSettings split = {
        .shares = {0.60, 0.15, 0.25}, .seed = settings->seed, .rule = SPLIT_RULE_LARGEST_FIRST};
    const int32_t *const values[] = {labels};
    const SplitLabels by_class = {.count = 1, .values = values};
    TRY_GOTO(status, done, split_assign(&split, settings->images, &by_class, units, splits));
done:
    free(labels);
    free(units);
    return status;
}

static Status commit_table(CsvWriter *writer, const char *folder, const char *name)
{
    char *path;
    TRY(files_join(folder, name, &path));
    Status status = csv_writer_commit(writer, path);
    free(path);
    return status;
}

/* The frame's patient, or its own number where it has none; else that of the plan. */
static void name_patient(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                         char name[16])
{
    if (settings->frames)
        snprintf(name, 16, "F%06zu", index % settings->frames->count);
    else
        snprintf(name, 16, "P%05u", (unsigned)what->patient);
}

static Status write_row(const PhantomSettings *settings, size_t index, const PhantomCase *what,
                        Split split, const Record *record, CsvWriter *writer)
{
    const LesionKind kind = record->ill ? what->kind : LESION_NONE;
    char image[PLACE_BYTES], mask[PLACE_BYTES], patient[16], lesion[16], label[16];
    image_place(settings, index, image);
    mask_place(index, mask);
    name_patient(settings, index, what, patient);
    const char *frame_patient =
        settings->frames ? settings->frames->items[index % settings->frames->count].patient : NULL;
    snprintf(lesion, sizeof lesion, "L%05u", (unsigned)what->patient);
    snprintf(label, sizeof label, "%s", phantom_label(kind));
    ManifestBox boxes[PHANTOM_LESIONS];
    for (size_t k = 0; k < record->box_count; ++k)
        boxes[k] = (ManifestBox){.box = record->boxes[k], .class_name = label};
    const ManifestRow row = {
        .image = image,
        .mask = record->ill ? mask : NULL,
        .label = label,
        .patient = frame_patient ? frame_patient : patient,
        .lesion = record->ill && !settings->frames ? lesion : NULL,
        .form = phantom_form(kind),
        .split = split,
        .box_count = record->box_count,
        .boxes = boxes,
    };
    return manifest_write_row(writer, &row);
}

static Status write_manifest(const PhantomSettings *settings, const PhantomCase *cases,
                             const Split *splits, const Record *records, const char *folder)
{
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    Status status = STATUS_OK;
    manifest_write_header(&writer);
    for (size_t i = 0; i < settings->images && status == STATUS_OK; ++i)
        status = write_row(settings, i, &cases[i], splits[i], &records[i], &writer);
    if (status == STATUS_OK)
        status = commit_table(&writer, folder, "manifest.csv");
    csv_writer_clear(&writer);
    return status;
}

static Status write_overlays(const PhantomSettings *settings, const Record *records,
                             const char *folder)
{
    static const char *const columns[] = {"image", "x0", "y0", "x1", "y1", "class", "score"};
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; ++i)
        csv_write_text(&writer, columns[i]);
    csv_end_row(&writer);
    for (size_t i = 0; i < settings->images; ++i)
        for (size_t k = 0; k < records[i].overlay_count; ++k) {
            const Overlay *item = &records[i].overlays[k];
            char image[PLACE_BYTES];
            image_place(settings, i, image);
            csv_write_text(&writer, image);
            csv_write_number(&writer, (double)item->box.x0);
            csv_write_number(&writer, (double)item->box.y0);
            csv_write_number(&writer, (double)item->box.x1);
            csv_write_number(&writer, (double)item->box.y1);
            csv_write_text(&writer, overlay_name(item->kind));
            csv_write_integer(&writer, 1); /* certain */
            csv_end_row(&writer);
        }
    Status status = commit_table(&writer, folder, "overlays.csv");
    csv_writer_clear(&writer);
    return status;
}

static Status check_settings(const PhantomSettings *settings)
{
    if (settings->images < 1 || settings->images > 1000000)
        FAIL(STATUS_ARGUMENT, "%zu images, expected 1 to 1000000", settings->images);
    if (settings->width < PHANTOM_SIDE_LEAST || settings->width > PHANTOM_SIDE_MOST ||
        settings->height < PHANTOM_SIDE_LEAST || settings->height > PHANTOM_SIDE_MOST)
        FAIL(STATUS_ARGUMENT, "images of %zux%zu pixels, expected %d to %d each way",
             settings->width, settings->height, PHANTOM_SIDE_LEAST, PHANTOM_SIDE_MOST);
    return STATUS_OK;
}

static size_t count_ill(size_t count, const Record *records)
{
    size_t ill = 0;
    for (size_t i = 0; i < count; ++i)
        ill += records[i].ill;
    return ill;
}

Status phantom_write(const PhantomSettings *settings, const char *path, size_t *with_lesions)
{
    NewFolder folder = {0};
    PhantomCase *cases = NULL;
    Split *splits = NULL;
    Record *records = NULL;
    Status status;
    TRY(check_settings(settings));
    TRY_GOTO(status, done, MEMORY_NEW(&cases, settings->images));
    TRY_GOTO(status, done, MEMORY_NEW(&splits, settings->images));
    TRY_GOTO(status, done, MEMORY_NEW(&records, settings->images));
    phantom_plan(settings, cases);
    for (size_t i = 0; i < settings->images; ++i)
        splits[i] = SPLIT_NONE;
    if (!settings->frames)
        TRY_GOTO(status, done, assign_splits(settings, cases, splits));
    TRY_GOTO(status, done, new_folder_begin(path, &folder));
    TRY_GOTO(status, done, new_folder_make(&folder, "images"));
    TRY_GOTO(status, done, new_folder_make(&folder, "masks"));
    if (settings->noise)
        TRY_GOTO(status, done, new_folder_make(&folder, "clean"));
    TRY_GOTO(status, done, write_images(settings, cases, &folder, records));
    if (!settings->frames)
        TRY_GOTO(status, done, write_overlays(settings, records, folder.partial));
    TRY_GOTO(status, done, write_manifest(settings, cases, splits, records, folder.partial));
    const DatasetProperties properties = {
        .synthetic = true, .hard = settings->frames || settings->level == PHANTOM_HARD};
    TRY_GOTO(status, done, properties_write(folder.partial, &properties));
    TRY_GOTO(status, done, new_folder_commit(&folder));
    if (with_lesions)
        *with_lesions = count_ill(settings->images, records);
done:
    new_folder_clear(&folder);
    free(cases);
    free(splits);
    free(records);
    return status;
}

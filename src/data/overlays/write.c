/* The pictures as files, in a folder that appears whole or not at all (new_folder.h). See
 * overlays.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "data/overlays/backgrounds.h"
#include "data/overlays/overlays.h"
#include "data/properties.h"
#include "data/split.h"
#include "image/image_file.h"
#include "store/csv.h"
#include "store/files.h"
#include "store/new_folder.h"

enum { PLACE_BYTES = 40 };

typedef struct {
    size_t count;
    OverlayBox *boxes; /* count; owned */
} Record;

typedef struct {
    const OverlaySettings *settings;
    Backgrounds backgrounds;
    NewFolder folder;
    Record *records; /* images */
    uint32_t *units; /* images: the patient's number, from 0 in the order met */
    Split *splits;   /* images */
} Work;

static void picture_place(size_t index, char place[PLACE_BYTES])
{
    snprintf(place, PLACE_BYTES, "images/%06zu.jpg", index);
}

static Status save(const Work *work, size_t index, int quality, const Image *image)
{
    char place[PLACE_BYTES];
    uint8_t *bytes;
    size_t count;
    picture_place(index, place);
    TRY(image_encode_jpeg(image, quality, &bytes, &count));
    const Status status = new_folder_write(&work->folder, place, bytes, count);
    free(bytes);
    return status;
}

static Status keep_boxes(const OverlayPicture *picture, Record *record)
{
    TRY(MEMORY_NEW(&record->boxes, picture->count));
    record->count = picture->count;
    for (size_t i = 0; i < picture->count; ++i)
        record->boxes[i] = picture->boxes[i];
    return STATUS_OK;
}

static Status make_picture(const Work *work, size_t index, Scene *scene, OverlayPicture *picture)
{
    RandomStream view, drawing;
    random_init(&view, work->settings->seed, "overlays/view", (uint32_t)index, 0);
    random_init(&drawing, work->settings->seed, "overlays/drawing", (uint32_t)index, 0);
    TRY(background_make(&work->backgrounds, index, scene, &view, &picture->image));
    overlay_gleams(&drawing, &picture->image);
    Status status = overlay_picture_draw(&drawing, picture);
    const int quality = 70 + (int)random_below(&drawing, 26);
    if (status == STATUS_OK)
        status = save(work, index, quality, &picture->image);
    if (status == STATUS_OK)
        status = keep_boxes(picture, &work->records[index]);
    overlay_picture_clear(picture);
    return status;
}

static Status make_all(const Work *work)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel
    {
        Scene scene = {0};
        OverlayPicture *picture = NULL;
        Status ready = MEMORY_NEW(&picture, 1);
        if (ready == STATUS_OK)
            ready = scene_init(&scene, work->settings->width, work->settings->height);
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < work->settings->images; ++i)
            if (!first_error_before(&first, i))
                first_error_note(
                    &first, i, ready != STATUS_OK ? ready : make_picture(work, i, &scene, picture));
        scene_clear(&scene);
        free(picture);
    }
    return first_error_status(&first);
}

/* The patient's number of each picture, counted anew in the order in which they come. */
static Status number_patients(Work *work)
{
    uint32_t most = 0, *anew, next = 0;
    for (size_t i = 0; i < work->settings->images; ++i) {
        work->units[i] = background_patient(&work->backgrounds, i, &work->splits[i]);
        most = work->units[i] > most ? work->units[i] : most;
    }
    TRY(MEMORY_NEW(&anew, (size_t)most + 1));
    for (size_t i = 0; i < work->settings->images; ++i) {
        uint32_t *number = &anew[work->units[i]];
        if (*number == 0)
            *number = ++next;
        work->units[i] = *number - 1;
    }
    free(anew);
    return STATUS_OK;
}

/* The box whose kind is the picture's label: the first, but of the kind whose turn it is where
 * there is one, so that each kind is the label of some pictures. */
static size_t labelling_box(const Record *record, size_t index)
{
    for (size_t i = 0; i < record->count; ++i)
        if (record->boxes[i].kind == (OverlayKind)(index % OVERLAY_KINDS))
            return i;
    return 0;
}

static Status assign_splits(Work *work)
{
    const size_t count = work->settings->images;
    int32_t *kinds;
    TRY(number_patients(work));
    TRY(MEMORY_NEW(&kinds, count));
    for (size_t i = 0; i < count; ++i) {
        const Record *record = &work->records[i];
        kinds[i] =
            record->count ? (int32_t)record->boxes[labelling_box(record, i)].kind : LABEL_NORMAL;
    }
    SplitSettings split = split_defaults();
    split.seed = work->settings->seed;
    const int32_t *const values[] = {kinds};
    const SplitLabels labels = {.count = 1, .values = values};
    const Status status = split_assign(&split, count, &labels, work->units, work->splits);
    free(kinds);
    return status;
}

static Status write_row(const Work *work, size_t index, CsvWriter *writer)
{
    const Record *record = &work->records[index];
    char image[PLACE_BYTES], patient[16], names[OVERLAY_KINDS][16];
    ManifestBox boxes[OVERLAYS_MOST];
    picture_place(index, image);
    snprintf(patient, sizeof patient, "P%05u", (unsigned)work->units[index]);
    for (size_t k = 0; k < OVERLAY_KINDS; ++k)
        snprintf(names[k], sizeof names[k], "%s", overlay_name((OverlayKind)k));
    for (size_t i = 0; i < record->count; ++i)
        boxes[i] =
            (ManifestBox){.box = record->boxes[i].box, .class_name = names[record->boxes[i].kind]};
    const ManifestRow row = {.image = image,
                             .label = record->count ? boxes[labelling_box(record, index)].class_name
                                                    : MANIFEST_NORMAL,
                             .patient = patient,
                             .split = work->splits[index],
                             .box_count = record->count,
                             .boxes = boxes};
    return manifest_write_row(writer, &row);
}

static Status write_manifest(const Work *work)
{
    CsvWriter writer;
    char *path = NULL;
    Status status;
    TRY(csv_writer_init(&writer));
    manifest_write_header(&writer);
    for (size_t i = 0; i < work->settings->images; ++i)
        TRY_GOTO(status, done, write_row(work, i, &writer));
    TRY_GOTO(status, done, files_join(work->folder.partial, "manifest.csv", &path));
    status = csv_writer_commit(&writer, path);
done:
    free(path);
    csv_writer_clear(&writer);
    return status;
}

static Status write_folder(Work *work, const char *path)
{
    TRY(new_folder_begin(path, &work->folder));
    TRY(new_folder_make(&work->folder, "images"));
    TRY(make_all(work));
    TRY(assign_splits(work));
    TRY(write_manifest(work));
    /* Drawn overlays make no real data of it, whatever they are drawn on. */
    TRY(properties_write(work->folder.partial, &(DatasetProperties){.synthetic = true}));
    return new_folder_commit(&work->folder);
}

static Status check_settings(const OverlaySettings *settings)
{
    if (settings->images < 1 || settings->images > 1000000)
        FAIL(STATUS_ARGUMENT, "%zu images, expected 1 to 1000000", settings->images);
    if (settings->width < 64 || settings->width > 4096 || settings->height < 64 ||
        settings->height > 4096)
        FAIL(STATUS_ARGUMENT, "images of %zux%zu pixels, expected 64 to 4096 each way",
             settings->width, settings->height);
    return STATUS_OK;
}

Status overlays_write(const OverlaySettings *settings, const char *path, size_t *skipped)
{
    Work work = {.settings = settings};
    Status status;
    TRY(check_settings(settings));
    TRY(backgrounds_init(settings, &work.backgrounds));
    *skipped =
        settings->backgrounds ? work.backgrounds.manifest.count - work.backgrounds.frame_count : 0;
    TRY_GOTO(status, done, MEMORY_NEW(&work.records, settings->images));
    TRY_GOTO(status, done, MEMORY_NEW(&work.units, settings->images));
    TRY_GOTO(status, done, MEMORY_NEW(&work.splits, settings->images));
    status = write_folder(&work, path);
done:
    for (size_t i = 0; i < settings->images && work.records; ++i)
        free(work.records[i].boxes);
    new_folder_clear(&work.folder);
    backgrounds_clear(&work.backgrounds);
    free(work.records);
    free(work.units);
    free(work.splits);
    return status;
}

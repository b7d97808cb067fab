/* A cell's predictions on its test images, to be exported: boxes as result.h5 has them, masks from
 * the checkpoint, since results keep none. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cmd/data_export.h"
#include "image/image_file.h"
#include "infer/detector.h"
#include "results/result_schema.h"
#include "store/files.h"
#include "store/hdf5_probe.h"
#include "store/hdf5_reader.h"

struct CellSource {
    char *result, *manifest; /* paths */
    Hdf5Texts images;        /* as the manifest names them */
    Hdf5Texts classes;       /* normal first */
    char **paths;            /* of the images */
    Split *splits;
    size_t count;       /* boxes */
    int64_t *image;     /* count */
    int64_t *class_;    /* count */
    double *score;      /* count */
    float *box;         /* count x 4 */
    double least;       /* score */
    Detector *detector; /* NULL: no masks */
};

static Status place_in(const char *cell, const char *name, char **path)
{
    return files_join(cell, name, path);
}

bool cell_export_is_cell(const char *folder)
{
    char *path;
    if (place_in(folder, "result.h5", &path) != STATUS_OK)
        return false;
    bool is = files_exists(path);
    free(path);
    return is;
}

/* ---- reading the result ---- */

static Status read_boxes(const Hdf5Reader *reader, CellSource *cell)
{
    if (!hdf5_has(reader, "test/detections/score"))
        FAIL(STATUS_MISSING, "%s: no test/detections, expected the result of a network with boxes",
             cell->result);
    TRY(hdf5_count(reader, "test/detections/score", &cell->count));
    TRY(MEMORY_NEW(&cell->image, cell->count));
    TRY(MEMORY_NEW(&cell->class_, cell->count));
    TRY(MEMORY_NEW(&cell->score, cell->count));
    TRY(MEMORY_NEW(&cell->box, 4 * cell->count));
    TRY(hdf5_read_i64(reader, "test/detections/image", cell->count, cell->image));
    TRY(hdf5_read_i64(reader, "test/detections/class", cell->count, cell->class_));
    TRY(hdf5_read_f64(reader, "test/detections/score", cell->count, cell->score));
    TRY(hdf5_read_f32(reader, "test/detections/box", 4 * cell->count, cell->box));
    for (size_t i = 0; i < cell->count; ++i)
        if (cell->image[i] < 0 || (size_t)cell->image[i] >= cell->images.count ||
            cell->class_[i] < 0 || (size_t)cell->class_[i] + 1 >= cell->classes.count)
            FAIL(STATUS_FORMAT, "%s: box %zu of test/detections is of an image or class unknown",
                 cell->result, i);
    return STATUS_OK;
}

static Status read_result(const Hdf5Reader *reader, const CellExport *settings, CellSource *cell)
{
    TRY(hdf5_read_texts(reader, "test/predictions/image", &cell->images));
    TRY(hdf5_read_texts(reader, "test/confusion/class_names", &cell->classes));
    if (cell->classes.count == 0)
        FAIL(STATUS_FORMAT,
             "%s: test/confusion/class_names is empty, expected normal and the classes",
             cell->result);
    if (isnan(cell->least))
        TRY(hdf5_read_f64(reader, "test/metrics/operating_point", 1, &cell->least));
    if (settings->data)
        TRY(memory_copy_text(settings->data, &cell->manifest));
    else
        TRY(hdf5_read_text(reader, "provenance/data", &cell->manifest));
    return settings->masks ? STATUS_OK : read_boxes(reader, cell);
}

/* The manifest itself: a folder means the one in it, and a pack has no image files. */
static Status settle_manifest(CellSource *cell)
{
    size_t length = strlen(cell->manifest);
    if (length > 3 && strcmp(cell->manifest + length - 3, ".h5") == 0)
        FAIL(STATUS_ARGUMENT, "%s: a pack holds no image files, expected --data MANIFEST",
             cell->manifest);
    if (files_is_folder(cell->manifest)) {
        char *inside;
        TRY(files_join(cell->manifest, "manifest.csv", &inside));
        free(cell->manifest);
        cell->manifest = inside;
    }
    if (!files_exists(cell->manifest))
        FAIL(STATUS_MISSING, "%s: the cell's data set is not there, expected --data MANIFEST",
             cell->manifest);
    return STATUS_OK;
}

static Status name_images(CellSource *cell)
{
    TRY(MEMORY_NEW(&cell->paths, cell->images.count));
    TRY(MEMORY_NEW(&cell->splits, cell->images.count));
    for (size_t i = 0; i < cell->images.count; ++i) {
        cell->splits[i] = SPLIT_NONE;
        TRY(files_resolve(cell->manifest, cell->images.items[i], &cell->paths[i]));
    }
    return STATUS_OK;
}

static Status open_detector(const char *folder, CellSource *cell)
{
    char *path;
    TRY(place_in(folder, "checkpoint.h5", &path));
    Status status = hdf5_probe(path);
    if (status == STATUS_OK)
        status = detector_new(path, &cell->detector);
    free(path);
    return status;
}

/* ---- the source ---- */

static Status fill_boxes(const CellSource *cell, size_t index, ExportImage *image)
{
    size_t capacity = 0;
    for (size_t i = 0; i < cell->count; ++i) {
        if ((size_t)cell->image[i] != index || !(cell->score[i] >= cell->least))
            continue;
        TRY(MEMORY_GROW(&image->boxes, image->box_count + 1, &capacity));
        const float *box = cell->box + 4 * i;
        image->boxes[image->box_count++] = (ExportBox){.box = {box[0], box[1], box[2], box[3]},
                                                       .class_index = (size_t)cell->class_[i],
                                                       .score = cell->score[i]};
    }
    return STATUS_OK;
}

static Status run_detector(const CellSource *cell, size_t index, ExportImage *image)
{
    Image picture;
    DetectorResult result = {0};
    TRY(image_read(cell->paths[index], 3, &picture));
    Status status = detector_run(cell->detector, &picture, &result);
    image_clear(&picture);
    TRY(status);
    if (result.mask)
        status = image_init(&image->mask, image->width, image->height, 1);
    for (size_t i = 0; status == STATUS_OK && result.mask && i < image->width * image->height; ++i)
        image->mask.pixels[i] = result.mask[i] ? 255 : 0;
    detector_result_clear(&result);
    return status;
}

static Status read_image(void *context, size_t index, ExportImage *image)
{
    const CellSource *cell = context;
    *image = (ExportImage){0};
    TRY(image_read_size(cell->paths[index], &image->width, &image->height));
    Status status =
        cell->detector ? run_detector(cell, index, image) : fill_boxes(cell, index, image);
    if (status != STATUS_OK)
        export_image_clear(image);
    return status;
}

static Status open_cell(const CellExport *settings, CellSource *cell)
{
    Hdf5Reader *reader;
    cell->least = settings->score;
    TRY(place_in(settings->cell, "result.h5", &cell->result));
    TRY(hdf5_probe(cell->result));
    TRY(result_open(cell->result, &reader));
    Status status = read_result(reader, settings, cell);
    hdf5_reader_free(reader);
    TRY(status);
    TRY(settle_manifest(cell));
    TRY(name_images(cell));
    return settings->masks ? open_detector(settings->cell, cell) : STATUS_OK;
}

Status cell_export_open(const CellExport *settings, CellSource **cell, ExportSource *source)
{
    TRY(MEMORY_NEW(cell, 1));
    Status status = open_cell(settings, *cell);
    if (status != STATUS_OK) {
        cell_export_close(*cell);
        *cell = NULL;
        return status;
    }
    *source = (ExportSource){.count = (*cell)->images.count,
                             .paths = (*cell)->paths,
                             .splits = (*cell)->splits,
                             .class_count = (*cell)->classes.count - 1,
                             .class_names = (const char *const *)(*cell)->classes.items + 1,
                             .unsplit = "predicted",
                             .read = read_image,
                             .context = *cell};
    return STATUS_OK;
}

void cell_export_close(CellSource *cell)
{
    if (!cell)
        return;
    for (size_t i = 0; i < cell->images.count && cell->paths; ++i)
        free(cell->paths[i]);
    free(cell->paths);
    free(cell->splits);
    hdf5_texts_clear(&cell->images);
    hdf5_texts_clear(&cell->classes);
    free(cell->result);
    free(cell->manifest);
    free(cell->image);
    free(cell->class_);
    free(cell->score);
    free(cell->box);
    detector_free(cell->detector);
    free(cell);
}

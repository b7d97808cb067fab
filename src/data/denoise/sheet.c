/* Frames before and after on one picture; see set.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/denoise/set.h"
#include "image/draw.h"
#include "image/image_file.h"
#include "image/resize.h"

enum { CELL_WIDTH = 260, CELL_HEIGHT = 208, GAP = 4, PAIRS = 2 /* in a row */ };

/* The picture, with what was found and the crop drawn on it unless record is NULL. */
static Status read_picture(const char *path, const DenoiseRecord *record, Image *picture)
{
    DrawBox boxes[DENOISE_OVERLAYS + 1];
    size_t count = 0;
    TRY(image_read(path, 3, picture));
    for (; record && count < record->overlay_count && count < DENOISE_OVERLAYS; ++count)
        boxes[count] = (DrawBox){.box = record->overlays[count].box,
                                 .colour = draw_class_colour(record->overlays[count].kind)};
    if (record)
        boxes[count++] = (DrawBox){.box = {(float)record->crop.x0, (float)record->crop.y0,
                                           (float)record->crop.x1, (float)record->crop.y1},
                                   .colour = {255, 255, 255}};
    const Status status = record ? draw_boxes(picture, count, boxes) : STATUS_OK;
    if (status != STATUS_OK)
        image_clear(picture);
    return status;
}

/* Fits the picture into the cell whose upper left corner is (x, y). */
static Status place(const char *path, const DenoiseRecord *record, size_t x, size_t y, Image *sheet)
{
    Image picture, small;
    TRY(read_picture(path, record, &picture));
    const double across = (double)CELL_WIDTH / (double)picture.width;
    const double down = (double)CELL_HEIGHT / (double)picture.height;
    const double scale = across < down ? across : down;
    const size_t width = (size_t)fmax(1, scale * (double)picture.width);
    const size_t height = (size_t)fmax(1, scale * (double)picture.height);
    const ResizeView view = resize_whole(&picture);
    const Status status = resize_image(&picture, &view, width, height, &small);
    image_clear(&picture);
    TRY(status);
    for (size_t row = 0; row < small.height; ++row)
        memcpy(sheet->pixels + 3 * ((y + row) * sheet->width + x),
               small.pixels + 3 * row * small.width, 3 * small.width);
    image_clear(&small);
    return STATUS_OK;
}

Status denoise_sheet(size_t count, char *const *before, char *const *after,
                     const DenoiseRecord *const *records, const char *path)
{
    const size_t rows = (count + PAIRS - 1) / PAIRS;
    Image sheet;
    TRY(image_init(&sheet, 2 * PAIRS * (CELL_WIDTH + GAP), rows * (CELL_HEIGHT + GAP), 3));
    memset(sheet.pixels, 255, 3 * sheet.width * sheet.height);
    Status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; ++i) {
        const size_t x = 2 * (i % PAIRS) * (CELL_WIDTH + GAP), y = i / PAIRS * (CELL_HEIGHT + GAP);
        status = place(before[i], records[i], x, y, &sheet);
        if (status == STATUS_OK)
            status = place(after[i], NULL, x + CELL_WIDTH + GAP, y, &sheet);
    }
    if (status == STATUS_OK)
        status = image_write_png(path, &sheet);
    image_clear(&sheet);
    return status;
}

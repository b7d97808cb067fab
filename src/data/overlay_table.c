/* See overlay_table.h. */
#include "data/overlay_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_map.h"
#include "store/csv.h"
#include "store/files.h"

enum { X0, Y0, X1, Y1, CORNERS };

typedef struct {
    CsvTable csv;
    size_t image, class, corners[CORNERS]; /* columns */
    TextMap frames;                        /* the data set's, by name */
} Reading;

static Status find_columns(Reading *reading)
{
    static const char *const names[CORNERS] = {"x0", "y0", "x1", "y1"};
    TRY(csv_column(&reading->csv, "image", &reading->image));
    TRY(csv_column(&reading->csv, "class", &reading->class));
    for (size_t i = 0; i < CORNERS; ++i)
        TRY(csv_column(&reading->csv, names[i], &reading->corners[i]));
    return STATUS_OK;
}

static Status read_class(const Reading *reading, size_t row, OverlayKind *kind)
{
    const char *text = csv_cell(&reading->csv, row, reading->class);
    if (overlay_parse(text, kind))
        return STATUS_OK;
    FAIL(STATUS_FORMAT, "%s:%zu: class '%s', expected text, digits, tube or border",
         reading->csv.path, csv_line(&reading->csv, row), text);
}

static Status read_corners(const Reading *reading, size_t row, double corners[CORNERS])
{
    const char *path = reading->csv.path;
    const size_t line = csv_line(&reading->csv, row);
    for (size_t i = 0; i < CORNERS; ++i) {
        const char *text = csv_cell(&reading->csv, row, reading->corners[i]);
        char *end;
        corners[i] = strtod(text, &end);
        if (end == text || *end || !isfinite(corners[i]))
            FAIL(STATUS_FORMAT, "%s:%zu: '%s', expected a number of pixels", path, line, text);
    }
    if (!(corners[X0] < corners[X1] && corners[Y0] < corners[Y1]))
        FAIL(STATUS_FORMAT, "%s:%zu: an empty box, expected x0 < x1 and y0 < y1", path, line);
    return STATUS_OK;
}

static double within(double value, double most)
{
    return fmin(fmax(value, 0), most);
}

/* Adds the part of a box that lies on a part of the frame; places are sums weighted by area until
 * the end. */
static void add_box(const PixelBox *part, const double corners[CORNERS], OverlaySummary *summary)
{
    const double left = (double)part->x0, top = (double)part->y0;
    const double width = (double)part->x1 - left, height = (double)part->y1 - top;
    const double x0 = within(corners[X0] - left, width) / width,
                 x1 = within(corners[X1] - left, width) / width;
    const double y0 = within(corners[Y0] - top, height) / height,
                 y1 = within(corners[Y1] - top, height) / height;
    const double area = (x1 - x0) * (y1 - y0);
    if (!(area > 0))
        return;
    summary->boxes += 1;
    summary->area += area;
    summary->x += area * (x0 + x1) / 2;
    summary->y += area * (y0 + y1) / 2;
}

static void finish(size_t count, OverlaySummary (*frames)[OVERLAY_KINDS])
{
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < OVERLAY_KINDS; ++k) {
            OverlaySummary *summary = &frames[i][k];
            summary->x = summary->area > 0 ? summary->x / summary->area : 0;
            summary->y = summary->area > 0 ? summary->y / summary->area : 0;
        }
}

static Status read_rows(const Reading *reading, const Dataset *dataset, OverlayTable *table)
{
    for (size_t row = 0; row < reading->csv.rows; ++row) {
        double corners[CORNERS];
        OverlayKind kind;
        size_t frame;
        TRY(read_class(reading, row, &kind));
        TRY(read_corners(reading, row, corners));
        if (!text_map_find(&reading->frames, csv_cell(&reading->csv, row, reading->image), &frame))
            continue;
        table->given = true;
        const Example *example = &dataset->examples[frame];
        const PixelBox whole = {0, 0, example->width, example->height};
        add_box(&whole, corners, &table->frames[frame][kind]);
        if (table->left && kind != OVERLAY_BORDER)
            add_box(&example->crop, corners, &table->left[frame][kind]);
    }
    finish(dataset->count, table->frames);
    if (!table->left)
        return STATUS_OK;
    finish(dataset->count, table->left);
    for (size_t i = 0; i < dataset->count; ++i)
        table->left[i][OVERLAY_BORDER] = dataset->examples[i].surround;
    return STATUS_OK;
}

static Status read_text(const char *path, const char *text, size_t bytes, const Dataset *dataset,
                        OverlayTable *table)
{
    Reading reading = {0};
    Status status;
    TRY(csv_parse(path, text, bytes, &reading.csv));
    TRY_GOTO(status, done, find_columns(&reading));
    TRY_GOTO(status, done, MEMORY_NEW(&table->frames, dataset->count));
    if (dataset->denoise != DENOISE_NONE)
        TRY_GOTO(status, done, MEMORY_NEW(&table->left, dataset->count));
    for (size_t i = 0; i < dataset->count; ++i) {
        size_t place = i;
        TRY_GOTO(status, done, text_map_add(&reading.frames, dataset->examples[i].name, &place));
    }
    status = read_rows(&reading, dataset, table);
done:
    text_map_clear(&reading.frames);
    csv_clear(&reading.csv);
    return status;
}

Status overlay_table_read(const char *data, const Dataset *dataset, OverlayTable *table)
{
    char *path, *text;
    size_t bytes;
    *table = (OverlayTable){0};
    TRY(files_resolve(data, OVERLAY_TABLE_FILE, &path));
    Status status = files_read(path, &text, &bytes);
    if (status == STATUS_OK) {
        status = read_text(path, text, bytes, dataset, table);
        free(text);
    } else if (status == STATUS_MISSING) {
        status = STATUS_OK;
    }
    free(path);
    if (status != STATUS_OK)
        overlay_table_clear(table);
    return status;
}

void overlay_table_clear(OverlayTable *table)
{
    free(table->frames);
    free(table->left);
    *table = (OverlayTable){0};
}

/* The tables of a denoised set; see set.h. Rows of the manifest are copied as text, so that columns
 * which are not looked at come through. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/denoise/work.h"
#include "store/csv.h"
#include "store/files.h"

static Status commit(CsvWriter *writer, const char *folder, const char *name)
{
    char *path;
    TRY(files_join(folder, name, &path));
    const Status status = csv_writer_commit(writer, path);
    free(path);
    return status;
}

static void put_header(CsvWriter *writer, size_t count, const char *const names[])
{
    for (size_t i = 0; i < count; ++i)
        csv_write_text(writer, names[i]);
    csv_end_row(writer);
}

static void put_overlays(const DenoiseWork *work, CsvWriter *writer)
{
    static const char *const names[] = {"image", "x0", "y0", "x1", "y1", "class", "score"};
    put_header(writer, sizeof names / sizeof *names, names);
    for (size_t row = 0; row < work->manifest.count; ++row)
        for (size_t i = 0; i < work->records[row].overlay_count; ++i) {
            const OverlayBox *item = &work->records[row].overlays[i];
            csv_write_text(writer, work->manifest.rows[row].image);
            csv_write_number(writer, (double)item->box.x0);
            csv_write_number(writer, (double)item->box.y0);
            csv_write_number(writer, (double)item->box.x1);
            csv_write_number(writer, (double)item->box.y1);
            csv_write_text(writer, overlay_name(item->kind));
            csv_write_number(writer, (double)item->score);
            csv_end_row(writer);
        }
}

static void put_box(CsvWriter *writer, const PixelBox *box)
{
    csv_write_integer(writer, (long long)box->x0);
    csv_write_integer(writer, (long long)box->y0);
    csv_write_integer(writer, (long long)box->x1);
    csv_write_integer(writer, (long long)box->y1);
}

static void put_crops(const DenoiseWork *work, CsvWriter *writer)
{
    static const char *const names[] = {"image", "x0", "y0", "x1", "y1"};
    put_header(writer, sizeof names / sizeof *names, names);
    for (size_t row = 0; row < work->manifest.count; ++row) {
        csv_write_text(writer, work->manifest.rows[row].image);
        put_box(writer, &work->records[row].crop);
        csv_end_row(writer);
    }
}

static void put_quality(CsvWriter *writer, const DenoiseQuality *quality)
{
    const double values[] = {quality->psnr_before, quality->psnr_after, quality->ssim_before,
                             quality->ssim_after};
    for (size_t i = 0; i < sizeof values / sizeof *values; ++i)
        if (quality->known)
            csv_write_number(writer, values[i]);
        else
            csv_write_text(writer, "");
}

static void put_frames(const DenoiseWork *work, CsvWriter *writer)
{
    static const char *const names[] = {"image",
                                        "source",
                                        "width",
                                        "height",
                                        "x0",
                                        "y0",
                                        "x1",
                                        "y1",
                                        "text",
                                        "digits",
                                        "tube",
                                        "border",
                                        "overlaid_before",
                                        "overlaid_after",
                                        "psnr_before",
                                        "psnr_after",
                                        "ssim_before",
                                        "ssim_after"};
    put_header(writer, sizeof names / sizeof *names, names);
    for (size_t row = 0; row < work->manifest.count; ++row) {
        const DenoiseRecord *record = &work->records[row];
        char place[DENOISE_PLACE_BYTES];
        size_t counts[OVERLAY_KINDS] = {0};
        for (size_t i = 0; i < record->overlay_count; ++i)
            ++counts[record->overlays[i].kind];
        denoise_place("images", row, "png", place);
        csv_write_text(writer, place);
        csv_write_text(writer, work->manifest.rows[row].image);
        csv_write_integer(writer, (long long)record->width);
        csv_write_integer(writer, (long long)record->height);
        put_box(writer, &record->crop);
        for (size_t k = 0; k < OVERLAY_KINDS; ++k)
            csv_write_integer(writer, (long long)counts[k]);
        csv_write_number(writer, record->overlaid_before);
        csv_write_number(writer, record->overlaid_after);
        put_quality(writer, &record->quality);
        csv_end_row(writer);
    }
}

/* ---- the manifest ---- */

/* The row's boxes as seen from the crop, which holds them all; *text is released with free(). */
static Status moved_boxes(const ManifestRow *row, const PixelBox *crop, char **text)
{
    size_t bytes;
    FILE *stream = open_memstream(text, &bytes);
    if (!stream)
        FAIL(STATUS_NO_MEMORY, "out of memory");
    const float width = (float)(crop->x1 - crop->x0), height = (float)(crop->y1 - crop->y0);
    for (size_t i = 0; i < row->box_count; ++i) {
        const Box *box = &row->boxes[i].box;
        Box moved = {box->x0 - (float)crop->x0, box->y0 - (float)crop->y0,
                     box->x1 - (float)crop->x0, box->y1 - (float)crop->y0};
        /* A box that reached over the frame's edge by less than a pixel ends there. */
        moved.x0 = moved.x0 < 0 ? 0 : moved.x0;
        moved.y0 = moved.y0 < 0 ? 0 : moved.y0;
        moved.x1 = moved.x1 > width ? width : moved.x1;
        moved.y1 = moved.y1 > height ? height : moved.y1;
        char numbers[BOX_TEXT_BYTES];
        fprintf(stream, "%s%s %s", i > 0 ? ";" : "", box_text(&moved, numbers),
                row->boxes[i].class_name);
    }
    if (fclose(stream) != 0) {
        free(*text);
        FAIL(STATUS_NO_MEMORY, "out of memory");
    }
    return STATUS_OK;
}

static Status put_row(const DenoiseWork *work, size_t row, CsvWriter *writer)
{
    const Manifest *manifest = &work->manifest;
    const DenoiseRecord *record = &work->records[row];
    char image[DENOISE_PLACE_BYTES], mask[DENOISE_PLACE_BYTES] = "", *boxes;
    denoise_place("images", row, "png", image);
    if (record->mask_hash[0])
        denoise_place("masks", row, "png", mask);
    TRY(moved_boxes(&manifest->rows[row], &record->crop, &boxes));
    for (size_t i = 0; i < manifest->table.columns; ++i) {
        const char *name = manifest->table.cells[i], *cell = csv_cell(&manifest->table, row, i);
        csv_write_text(writer, strcmp(name, "image") == 0         ? image
                               : strcmp(name, "mask") == 0        ? mask
                               : strcmp(name, "boxes") == 0       ? boxes
                               : strcmp(name, "mask_values") == 0 ? "" /* masks are 0 and 255 now */
                                                                  : cell);
    }
    csv_end_row(writer);
    free(boxes);
    return STATUS_OK;
}

static Status put_manifest(const DenoiseWork *work, CsvWriter *writer)
{
    const CsvTable *table = &work->manifest.table;
    put_header(writer, table->columns, (const char *const *)table->cells);
    for (size_t row = 0; row < work->manifest.count; ++row)
        TRY(put_row(work, row, writer));
    return STATUS_OK;
}

/* ---- all of them ---- */

static Status write_plain(const DenoiseWork *work, const char *name,
                          void (*put)(const DenoiseWork *, CsvWriter *))
{
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    put(work, &writer);
    const Status status = commit(&writer, work->out, name);
    csv_writer_clear(&writer);
    return status;
}

Status denoise_write_tables(const DenoiseWork *work)
{
    CsvWriter writer;
    TRY(write_plain(work, "overlays.csv", put_overlays));
    TRY(write_plain(work, "crops.csv", put_crops));
    TRY(write_plain(work, "frames.csv", put_frames));
    TRY(csv_writer_init(&writer));
    Status status = put_manifest(work, &writer);
    if (status == STATUS_OK)
        status = commit(&writer, work->out, "manifest.csv");
    csv_writer_clear(&writer);
    return status;
}

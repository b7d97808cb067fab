/* See record.h. A table whose rows say in their first column what they are. */
#include "data/denoise/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/csv.h"
#include "store/files.h"

enum { NUMBERS = 5, COLUMNS = 2 + NUMBERS };

Status denoise_record_init(const DenoisedFrame *result, const Image *frame, DenoiseRecord *record)
{
    *record = (DenoiseRecord){.width = frame->width,
                              .height = frame->height,
                              .crop = result->crop,
                              .overlaid_before = result->overlaid_before,
                              .overlaid_after = result->overlaid_after};
    TRY(MEMORY_NEW(&record->overlays, result->overlay_count));
    record->overlay_count = result->overlay_count;
    for (size_t i = 0; i < result->overlay_count; ++i)
        record->overlays[i] = result->overlays[i];
    return STATUS_OK;
}

void denoise_record_clear(DenoiseRecord *record)
{
    free(record->overlays);
    *record = (DenoiseRecord){0};
}

/* ---- writing ---- */

static void put(CsvWriter *writer, const char *what, const char *name,
                const double numbers[NUMBERS])
{
    csv_write_text(writer, what);
    csv_write_text(writer, name);
    for (size_t i = 0; i < NUMBERS; ++i)
        csv_write_number(writer, numbers[i]);
    csv_end_row(writer);
}

static void put_all(const DenoiseRecord *record, CsvWriter *writer)
{
    static const char *const header[COLUMNS] = {"what", "name", "a", "b", "c", "d", "e"};
    const PixelBox *crop = &record->crop;
    const DenoiseQuality *quality = &record->quality;
    for (size_t i = 0; i < COLUMNS; ++i)
        csv_write_text(writer, header[i]);
    csv_end_row(writer);
    put(writer, "key", record->key, (double[NUMBERS]){0});
    put(writer, "image", record->image_hash,
        (double[NUMBERS]){(double)record->width, (double)record->height, record->overlaid_before,
                          record->overlaid_after});
    put(writer, "mask", record->mask_hash, (double[NUMBERS]){0});
    put(writer, "crop", "",
        (double[NUMBERS]){(double)crop->x0, (double)crop->y0, (double)crop->x1, (double)crop->y1});
    if (quality->known)
        put(writer, "quality", "",
            (double[NUMBERS]){quality->psnr_before, quality->psnr_after, quality->ssim_before,
                              quality->ssim_after});
    for (size_t i = 0; i < record->overlay_count; ++i) {
        const OverlayBox *item = &record->overlays[i];
        put(writer, "overlay", overlay_name(item->kind),
            (double[NUMBERS]){(double)item->box.x0, (double)item->box.y0, (double)item->box.x1,
                              (double)item->box.y1, (double)item->score});
    }
    put(writer, "end", "", (double[NUMBERS]){0});
}

Status denoise_record_write(const DenoiseRecord *record, const char *path)
{
    CsvWriter writer;
    TRY(csv_writer_init(&writer));
    put_all(record, &writer);
    Status status = STATUS_NO_MEMORY;
    if (fflush(writer.stream) == 0)
        status = files_write_loosely(path, writer.text, writer.bytes);
    else
        status_set(status, "%s: out of memory", path);
    csv_writer_clear(&writer);
    return status;
}

/* ---- reading ---- */

static bool take_hash(const char *name, char hash[HASH_TEXT_BYTES])
{
    snprintf(hash, HASH_TEXT_BYTES, "%s", name);
    return strlen(name) < HASH_TEXT_BYTES;
}

static bool take_overlay(const char *name, const double n[NUMBERS], DenoiseRecord *record)
{
    OverlayBox *item = &record->overlays[record->overlay_count++];
    *item = (OverlayBox){.box = {(float)n[0], (float)n[1], (float)n[2], (float)n[3]},
                         .score = (float)n[4]};
    return overlay_parse(name, &item->kind);
}

/* Whether the row is one of a record; *ended after the last. */
static bool take_row(const CsvTable *table, size_t row, DenoiseRecord *record, bool *ended)
{
    const char *what = csv_cell(table, row, 0), *name = csv_cell(table, row, 1);
    double n[NUMBERS];
    for (size_t i = 0; i < NUMBERS; ++i)
        if (text_to_number("record", csv_cell(table, row, 2 + i), -1e9, 1e9, &n[i]) != STATUS_OK)
            return false;
    if (strcmp(what, "overlay") == 0)
        return take_overlay(name, n, record);
    if (strcmp(what, "key") == 0)
        return take_hash(name, record->key);
    if (strcmp(what, "mask") == 0)
        return take_hash(name, record->mask_hash);
    if (strcmp(what, "image") == 0) {
        record->width = (size_t)n[0];
        record->height = (size_t)n[1];
        record->overlaid_before = n[2];
        record->overlaid_after = n[3];
        return n[0] >= 1 && n[1] >= 1 && take_hash(name, record->image_hash);
    }
    if (strcmp(what, "crop") == 0) {
        record->crop = (PixelBox){(size_t)n[0], (size_t)n[1], (size_t)n[2], (size_t)n[3]};
        return n[0] >= 0 && n[1] >= 0 && n[2] > n[0] && n[3] > n[1];
    }
    if (strcmp(what, "quality") == 0) {
        record->quality = (DenoiseQuality){true, n[0], n[1], n[2], n[3]};
        return true;
    }
    *ended = strcmp(what, "end") == 0;
    return *ended;
}

Status denoise_record_read(const char *path, DenoiseRecord *record, bool *found)
{
    CsvTable table;
    bool ended = false;
    *record = (DenoiseRecord){0};
    *found = false;
    const Status read = csv_read(path, &table);
    if (read == STATUS_NO_MEMORY)
        return read;
    if (read != STATUS_OK)
        return STATUS_OK; /* nothing to go on from */
    Status status = MEMORY_NEW(&record->overlays, table.rows);
    bool good = status == STATUS_OK && table.columns == COLUMNS;
    for (size_t row = 0; row < table.rows && good; ++row)
        good = take_row(&table, row, record, &ended);
    *found = good && ended;
    csv_clear(&table);
    if (!*found)
        denoise_record_clear(record);
    return status;
}

/* See cell_speed.h. */
#include "report/cell_speed.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "results/result_schema.h"
#include "store/hdf5_probe.h"

static Status read_seconds(const Hdf5Reader *reader, const char *name, size_t expected,
                           double **seconds)
{
    size_t count;
    TRY(hdf5_count(reader, name, &count));
    if (count != expected)
        FAIL(STATUS_FORMAT, "%s: /%s: %zu numbers expected, not %zu", hdf5_reader_path(reader),
             name, expected, count);
    TRY(MEMORY_NEW(seconds, count));
    return hdf5_read_f64(reader, name, count, *seconds);
}

static Status read_all(const Hdf5Reader *reader, CellSpeed *speed)
{
    char *precision;
    TRY(hdf5_read_texts(reader, "speed/class", &speed->classes));
    speed->count = speed->classes.count;
    TRY(read_seconds(reader, "speed/end_to_end", speed->count, &speed->end_to_end));
    TRY(read_seconds(reader, "speed/network", speed->count, &speed->network));
    TRY(hdf5_read_f64(reader, "speed/others_busy", 1, &speed->others_busy));
    TRY(hdf5_read_i64(reader, "provenance/threads", 1, &speed->threads));
    TRY(hdf5_read_text(reader, "provenance/processor", &speed->processor));
    TRY(hdf5_read_text(reader, "provenance/precision", &precision));
    speed->half = strcmp(precision, "bf16") == 0;
    free(precision);
    return STATUS_OK;
}

Status cell_speed_read(const char *path, CellSpeed *speed)
{
    Hdf5Reader *reader;
    *speed = (CellSpeed){0};
    TRY(hdf5_probe(path));
    TRY(result_open(path, &reader));
    Status status = hdf5_reader_end(reader, read_all(reader, speed));
    if (status != STATUS_OK)
        cell_speed_clear(speed);
    return status;
}

void cell_speed_clear(CellSpeed *speed)
{
    hdf5_texts_clear(&speed->classes);
    free(speed->end_to_end);
    free(speed->network);
    free(speed->processor);
    *speed = (CellSpeed){0};
}

/* See reader_study.h. */
#include "report/reader_study.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_map.h"
#include "base/utf8.h"

/* What reading works with. */
typedef struct {
    const CsvTable *table;
    size_t image, reader, answer, seconds; /* columns; seconds may be table->columns */
    TextMap images, readers;
    size_t room; /* of the readers */
} Reading;

bool reader_study_is(const CsvTable *table)
{
    return csv_find_column(table, "image") < table->columns;
}

static Status find_columns(const CsvTable *table, Reading *reading)
{
    reading->table = table;
    TRY(csv_column(table, "image", &reading->image));
    TRY(csv_column(table, "reader", &reading->reader));
    TRY(csv_column(table, "answer", &reading->answer));
    reading->seconds = csv_find_column(table, "seconds");
    return STATUS_OK;
}

static Status add_reader(const char *name, Reading *reading, ReaderStudy *study, Reader **reader)
{
    size_t number = study->count;
    TRY(text_map_add(&reading->readers, name, &number));
    if (number == study->count) {
        const size_t images = study->of->images;
        TRY(MEMORY_GROW(&study->readers, study->count + 1, &reading->room));
        study->readers[study->count] = (Reader){.name = name};
        *reader = &study->readers[study->count++];
        TRY(MEMORY_NEW(&(*reader)->answer, images));
        TRY(MEMORY_NEW(&(*reader)->seconds, images));
        for (size_t i = 0; i < images; ++i) {
            (*reader)->answer[i] = READER_SILENT;
            (*reader)->seconds[i] = (double)NAN;
        }
    }
    *reader = &study->readers[number];
    return STATUS_OK;
}

static Status read_answer(const Reading *reading, size_t row, const Hdf5Texts *classes,
                          int64_t *answer)
{
    const char *text = csv_cell(reading->table, row, reading->answer);
    char quote[UTF8_QUOTE_BYTES], known[256] = "";
    for (size_t c = 0; c < classes->count; ++c) {
        const size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", c ? ", " : "", classes->items[c]);
        if (strcmp(classes->items[c], text) == 0) {
            *answer = (int64_t)c - 1;
            return STATUS_OK;
        }
    }
    FAIL(STATUS_FORMAT, "%s:%zu: answer: one of %s expected, not %s", reading->table->path,
         csv_line(reading->table, row), known, utf8_quote(text, quote));
}

static Status read_seconds(const Reading *reading, size_t row, double *seconds)
{
    const char *text = reading->seconds < reading->table->columns
                           ? csv_cell(reading->table, row, reading->seconds)
                           : "";
    char *end, quote[UTF8_QUOTE_BYTES];
    *seconds = (double)NAN;
    if (!*text)
        return STATUS_OK;
    *seconds = strtod(text, &end);
    if (*end || !(*seconds >= 0) || isinf(*seconds))
        FAIL(STATUS_FORMAT, "%s:%zu: seconds: a number from 0, or nothing, expected, not %s",
             reading->table->path, csv_line(reading->table, row), utf8_quote(text, quote));
    return STATUS_OK;
}

static Status read_row(Reading *reading, size_t row, ReaderStudy *study)
{
    const char *name = csv_cell(reading->table, row, reading->reader);
    size_t image = 0;
    int64_t answer = READER_SILENT;
    double seconds;
    Reader *reader;
    TRY(read_answer(reading, row, &study->of->class_names, &answer));
    TRY(read_seconds(reading, row, &seconds));
    if (!*name)
        FAIL(STATUS_FORMAT, "%s:%zu: reader: a name expected", reading->table->path,
             csv_line(reading->table, row));
    if (!text_map_find(&reading->images, csv_cell(reading->table, row, reading->image), &image)) {
        ++study->elsewhere;
        return STATUS_OK;
    }
    TRY(add_reader(name, reading, study, &reader));
    if (reader->answer[image] != READER_SILENT)
        FAIL(STATUS_FORMAT,
             "%s:%zu: one answer of a reader to an image expected; this is the second",
             reading->table->path, csv_line(reading->table, row));
    reader->answer[image] = answer;
    reader->seconds[image] = seconds;
    ++reader->answered;
    return STATUS_OK;
}

static Status read_rows(Reading *reading, ReaderStudy *study)
{
    const CellResult *result = study->of;
    for (size_t i = 0; i < result->images; ++i) {
        size_t number = i;
        TRY(text_map_add(&reading->images, result->image_names.items[i], &number));
    }
    for (size_t row = 0; row < reading->table->rows; ++row)
        TRY(read_row(reading, row, study));
    if (study->count == 0)
        FAIL(STATUS_FORMAT,
             "%s: answers to test images expected, named as the manifest does (the first is %s); "
             "all %zu rows are of others",
             reading->table->path, result->image_names.items[0], study->elsewhere);
    return STATUS_OK;
}

Status reader_study_init(const CsvTable *table, const CellResult *result, ReaderStudy *study)
{
    Reading reading = {0};
    *study = (ReaderStudy){.of = result};
    Status status = find_columns(table, &reading);
    if (status == STATUS_OK)
        status = read_rows(&reading, study);
    text_map_clear(&reading.images);
    text_map_clear(&reading.readers);
    if (status != STATUS_OK)
        reader_study_clear(study);
    return status;
}

void reader_study_clear(ReaderStudy *study)
{
    for (size_t i = 0; i < study->count; ++i) {
        free(study->readers[i].answer);
        free(study->readers[i].seconds);
    }
    free(study->readers);
    *study = (ReaderStudy){0};
}

ReaderClass reader_study_class(const ReaderStudy *study, size_t reader, int64_t class_index)
{
    const Reader *of = &study->readers[reader];
    ReaderClass found = {.seconds = (double)NAN};
    double sum = 0;
    size_t timed = 0;
    for (size_t i = 0; i < study->of->images; ++i) {
        if (study->of->truth[i] != class_index || of->answer[i] == READER_SILENT)
            continue;
        ++found.images;
        found.right += of->answer[i] == class_index;
        if (!isnan(of->seconds[i])) {
            sum += of->seconds[i];
            ++timed;
        }
    }
    if (timed)
        found.seconds = sum / (double)timed;
    return found;
}

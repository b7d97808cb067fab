/* See error_data.h. */
#include "report/errors/error_data.h"

#include <math.h>

#include "base/utf8.h"
#include "store/html.h"

/* A JSON text in quotes. What HTML could take for a tag, what is no UTF-8 and control characters
 * are written as escapes. */
static void write_text(FILE *stream, const char *text)
{
    fputc('"', stream);
    while (*text) {
        const size_t bytes = utf8_character(text);
        const unsigned char sign = (unsigned char)*text;
        if (bytes == 0)
            fputs("\\ufffd", stream);
        else if (sign < ' ' || sign == '<' || sign == '>' || sign == '&' || sign == '"' ||
                 sign == '\\')
            fprintf(stream, "\\u%04x", sign);
        else
            fwrite(text, 1, bytes, stream);
        text += bytes ? bytes : 1;
    }
    fputc('"', stream);
}

/* NaN and infinity are no JSON. */
static void write_number(FILE *stream, double number)
{
    if (isfinite(number))
        fprintf(stream, "%.4g", number);
    else
        fputs("null", stream);
}

/* Corners that are none become 0. */
static void write_box(FILE *stream, const Box *box)
{
    const float corners[] = {box->x0, box->y0, box->x1, box->y1};
    for (size_t i = 0; i < 4; ++i)
        fprintf(stream, "%s%.0f", i ? "," : "", isfinite(corners[i]) ? (double)corners[i] : 0);
}

void error_data_marks(const ErrorCases *cases, size_t run, size_t image, ErrorMark *show,
                      void *context)
{
    const EvidenceRun *shown = cases->runs[run];
    const size_t first = cases->first_marks[run * cases->images + image];
    for (size_t p = first; p < shown->place_count && shown->places[p].image == image; ++p)
        if (p == first || shown->places[p].score >= shown->operating_point)
            show(context, &shown->places[p].box, shown->places[p].score);
}

/* The annotated boxes, of a run that has them. */
static void write_annotated(const ErrorCases *cases, size_t image, FILE *stream)
{
    const char *between = "";
    fputs(",\"a\":[", stream);
    for (size_t r = 0; r < cases->run_count; ++r) {
        const EvidenceRun *run = cases->runs[r];
        if (!run->has_boxes)
            continue;
        for (size_t k = 0; k < run->lesion_count; ++k)
            if (run->lesions[k].image == image) {
                fprintf(stream, "%s[", between);
                write_box(stream, &run->lesions[k].box);
                fputs("]", stream);
                between = ",";
            }
        break;
    }
    fputs("]", stream);
}

static void write_image(const ErrorCases *cases, size_t position, FILE *stream)
{
    const size_t image = cases->order[position];
    const CellResult *result = cases->runs[0]->result;
    const Thumbnail *thumbnail = &cases->thumbnails.items[position];
    fputs("{\"n\":", stream);
    write_text(stream, result->image_names.items[image]);
    fputs(",\"p\":", stream);
    write_text(stream, result->patients.count ? result->patients.items[image] : "");
    fprintf(stream, ",\"t\":%lld", (long long)result->truth[image]);
    if (thumbnail->jpeg) {
        fprintf(stream, ",\"w\":%zu,\"h\":%zu", thumbnail->frame_width, thumbnail->frame_height);
        write_annotated(cases, image, stream);
        fputs(",\"s\":\"", stream);
        html_write_data(stream, "image/jpeg", thumbnail->jpeg, thumbnail->bytes);
        fputs("\"", stream);
    }
    fputs("}", stream);
}

typedef struct {
    FILE *stream;
    size_t position;
    const char *between;
} WrittenMarks;

static void write_mark(void *context, const Box *box, double score)
{
    WrittenMarks *marks = context;
    fprintf(marks->stream, "%s[%zu,", marks->between, marks->position);
    write_box(marks->stream, box);
    fputs(",", marks->stream);
    write_number(marks->stream, score);
    fputs("]", marks->stream);
    marks->between = ",";
}

static void write_model(const ErrorCases *cases, size_t r, FILE *stream)
{
    const EvidenceRun *run = cases->runs[r];
    const CellResult *result = run->result;
    WrittenMarks marks = {.stream = stream, .between = ""};
    fputs("{\"n\":", stream);
    write_text(stream, run->label);
    fputs(",\"o\":", stream);
    write_number(stream, run->operating_point);
    fputs(",\"k\":[", stream);
    for (size_t i = 0; i < cases->images; ++i)
        fprintf(stream, "%s%d", i ? "," : "", (int)error_cases_kind(cases, r, cases->order[i]));
    fputs("],\"c\":[", stream);
    for (size_t i = 0; i < cases->images; ++i)
        fprintf(stream, "%s%lld", i ? "," : "", (long long)result->predicted[cases->order[i]]);
    fputs("],\"s\":[", stream);
    for (size_t i = 0; i < cases->images; ++i) {
        fputs(i ? "," : "", stream);
        write_number(stream, result->lesion_score[cases->order[i]]);
    }
    fputs("],\"b\":[", stream);
    for (marks.position = 0; marks.position < cases->images; ++marks.position)
        if (cases->thumbnails.items[marks.position].jpeg)
            error_data_marks(cases, r, cases->order[marks.position], write_mark, &marks);
    fputs("]}", stream);
}

void error_data_write(const ErrorCases *cases, FILE *stream)
{
    const Hdf5Texts *classes = &cases->runs[0]->result->class_names;
    fputs("{\"classes\":[", stream);
    for (size_t c = 0; c < classes->count; ++c) {
        fputs(c ? "," : "", stream);
        write_text(stream, classes->items[c]);
    }
    fputs("],\"kinds\":[", stream);
    for (size_t k = 0; k < ERROR_KINDS; ++k) {
        fputs(k ? "," : "", stream);
        write_text(stream, error_kind_name((ErrorKind)k));
    }
    fputs("],\n\"images\":[", stream);
    for (size_t i = 0; i < cases->images; ++i) {
        fputs(i ? ",\n" : "", stream);
        write_image(cases, i, stream);
    }
    fputs("],\n\"models\":[", stream);
    for (size_t r = 0; r < cases->run_count; ++r) {
        fputs(r ? ",\n" : "", stream);
        write_model(cases, r, stream);
    }
    fputs("]}", stream);
}

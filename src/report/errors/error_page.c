/* See error_page.h. Texts from files reach the page escaped, or through the script as texts. */
#include "report/errors/error_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/errors/error_data.h"
#include "report/errors/error_script.h"
#include "store/html.h"

/* ---- the browser ---- */

static void write_option(FILE *html, size_t value, const char *text)
{
    fprintf(html, "<option value=\"%zu\">", value);
    html_write_text(html, text);
    fputs("</option>", html);
}

static void write_filters(const ErrorCases *cases, FILE *html)
{
    const Hdf5Texts *classes = &cases->runs[0]->result->class_names;
    fputs("<form class=\"error-filters\"><label>Model <select name=\"model\">", html);
    for (size_t r = 0; r < cases->run_count; ++r)
        write_option(html, r, cases->runs[r]->label);
    fputs("</select></label> <label>Error <select name=\"kind\"><option value=\"any\">any error"
          "</option><option value=\"all\">all images</option>",
          html);
    for (size_t k = 0; k < ERROR_KINDS; ++k)
        write_option(html, k, error_kind_name((ErrorKind)k));
    fputs("</select></label> <label>Annotated <select name=\"truth\"><option value=\"\">any class"
          "</option>",
          html);
    for (size_t c = 0; c < classes->count; ++c)
        write_option(html, c, classes->items[c]);
    fputs("</select></label> <label>Patient or file <input name=\"patient\" size=\"14\"></label> "
          "<label>Score from <input name=\"low\" type=\"number\" min=\"0\" max=\"1\" step=\"0.01\" "
          "value=\"0\"></label> <label>to <input name=\"high\" type=\"number\" min=\"0\" max=\"1\" "
          "step=\"0.01\" value=\"1\"></label></form>\n",
          html);
}

void error_page_browser(const ErrorCases *cases, FILE *html)
{
    fprintf(html, "<style>\n%s</style>\n<div class=\"error-browser\" hidden>\n",
            error_script_style);
    write_filters(cases, html);
    fputs("<p class=\"error-count\" role=\"status\"></p>\n<div class=\"error-cases\"></div>\n"
          "<p><button type=\"button\" class=\"error-more\">Show more</button></p>\n</div>\n"
          "<noscript><p>The list needs JavaScript; errors.csv has all of it.</p></noscript>\n"
          "<script type=\"application/json\" class=\"error-data\">",
          html);
    error_data_write(cases, html);
    fprintf(html, "</script>\n<script>\n%s</script>\n", error_script);
}

/* ---- the plate ---- */

enum { PLATE_MOST = 12 }; /* of either kind */

typedef struct {
    size_t position; /* in the order of the cases */
    double weight;
} PlateCase;

static int heaviest_first(const void *a, const void *b)
{
    const PlateCase *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

typedef struct {
    FILE *html;
    const char *class_name;
} PlateBox;

static void write_mark(void *context, const Box *box, double score)
{
    const PlateBox *plate = context;
    (void)score;
    fprintf(plate->html,
            "<rect class=\"%s\" x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\"/>",
            plate->class_name, (double)box->x0, (double)box->y0, (double)(box->x1 - box->x0),
            (double)(box->y1 - box->y0));
}

static void write_picture(const ErrorCases *cases, size_t run, size_t position, FILE *html)
{
    const size_t image = cases->order[position];
    const Thumbnail *thumbnail = &cases->thumbnails.items[position];
    PlateBox found = {html, "found"}, annotated = {html, "annotated"};
    fputs("<div class=\"frame\"><img alt=\"\" loading=\"lazy\" src=\"", html);
    html_write_data(html, "image/jpeg", thumbnail->jpeg, thumbnail->bytes);
    fprintf(html, "\"><svg viewBox=\"0 0 %zu %zu\" aria-hidden=\"true\">", thumbnail->frame_width,
            thumbnail->frame_height);
    for (size_t k = 0; k < cases->runs[run]->lesion_count; ++k)
        if (cases->runs[run]->lesions[k].image == image)
            write_mark(&annotated, &cases->runs[run]->lesions[k].box, 0);
    error_data_marks(cases, run, image, write_mark, &found);
    fputs("</svg></div>", html);
}

static void write_case(const ErrorCases *cases, size_t run, size_t position, FILE *html)
{
    const size_t image = cases->order[position];
    const CellResult *result = cases->runs[run]->result;
    const char *const name = result->image_names.items[image];
    const char *const patient = result->patients.count ? result->patients.items[image] : "";
    const char *const slash = strrchr(name, '/');
    fputs("<li title=\"", html);
    html_write_text(html, name);
    fputs("\">", html);
    if (cases->thumbnails.items[position].jpeg)
        write_picture(cases, run, position, html);
    fputs("<span>", html);
    html_write_text(html, slash ? slash + 1 : name);
    if (*patient && strcmp(patient, name) != 0) { /* an image without one has its own name */
        fputs(", patient ", html);
        html_write_text(html, patient);
    }
    fputs("</span> <span>", html);
    html_write_text(html, result->class_names.items[result->truth[image] + 1]);
    fputs(", called ", html);
    html_write_text(html, result->class_names.items[result->predicted[image] + 1]);
    fprintf(html, ", score %.4g</span></li>\n", result->lesion_score[image]);
}

static Status write_plate(const ErrorCases *cases, size_t run, ErrorKind kind, const char *title,
                          FILE *html)
{
    PlateCase *found;
    size_t count = 0;
    TRY(MEMORY_NEW(&found, cases->images));
    for (size_t i = 0; i < cases->images; ++i)
        if (error_cases_kind(cases, run, cases->order[i]) == kind)
            found[count++] = (PlateCase){i, error_weight(cases->runs[run], cases->order[i], kind)};
    qsort(found, count, sizeof *found, heaviest_first);
    fprintf(html, "<h4>%s: %zu%s</h4>\n<ol class=\"error-plate\">\n", title, count,
            count > PLATE_MOST ? ", the worst twelve" : "");
    for (size_t i = 0; i < count && i < PLATE_MOST; ++i)
        write_case(cases, run, found[i].position, html);
    fputs("</ol>\n", html);
    free(found);
    return STATUS_OK;
}

Status error_page_plate(const ErrorCases *cases, const EvidenceRun *run, FILE *html)
{
    size_t r = 0;
    while (r < cases->run_count && cases->runs[r] != run)
        ++r;
    if (r == cases->run_count)
        return STATUS_OK; /* it was tested on other images */
    TRY(write_plate(cases, r, ERROR_MISSED, "Missed lesions", html));
    return write_plate(cases, r, ERROR_FALSE_ALARM, "False alarms", html);
}

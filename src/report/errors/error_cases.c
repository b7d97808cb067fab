/* See error_cases.h. */
#include "report/errors/error_cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "report/answers.h"

/* Bytes of pictures, which a page holds in base64 and so a third larger: with all else a report
 * stays below 5 MB. */
enum { PICTURES_ROOM = 1000000 };

static Status gather_runs(const Evidence *evidence, ErrorCases *cases)
{
    TRY(MEMORY_NEW(&cases->runs, evidence->count));
    for (size_t r = 0; r < evidence->count; ++r) {
        const EvidenceRun *run = &evidence->runs[r];
        if (cases->run_count == 0 || answers_same_images(cases->runs[0]->result, run->result))
            cases->runs[cases->run_count++] = run;
        else
            ++cases->left_out;
    }
    cases->images = cases->run_count ? cases->runs[0]->result->images : 0;
    return STATUS_OK;
}

typedef struct {
    size_t image, wrong;
    double weight;
} Ranked;

static int worst_first(const void *a, const void *b)
{
    const Ranked *x = a, *y = b;
    if (x->wrong != y->wrong)
        return x->wrong > y->wrong ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->image < y->image ? -1 : x->image > y->image;
}

static Status rank_images(ErrorCases *cases)
{
    Ranked *ranked;
    TRY(MEMORY_NEW(&cases->order, cases->images));
    TRY(MEMORY_NEW(&cases->wrong, cases->images));
    TRY(MEMORY_NEW(&ranked, cases->images));
    for (size_t i = 0; i < cases->images; ++i) {
        ranked[i].image = i;
        for (size_t r = 0; r < cases->run_count; ++r) {
            const ErrorKind kind = error_cases_kind(cases, r, i);
            ranked[i].wrong += kind != ERROR_NONE;
            ranked[i].weight = fmax(ranked[i].weight, error_weight(cases->runs[r], i, kind));
        }
    }
    qsort(ranked, cases->images, sizeof *ranked, worst_first);
    for (size_t i = 0; i < cases->images; ++i) {
        cases->order[i] = ranked[i].image;
        cases->wrong[ranked[i].image] = ranked[i].wrong;
    }
    free(ranked);
    return STATUS_OK;
}

/* The pixels of each image's frame, from the share that an annotated box covers of it. */
static void find_areas(const ErrorCases *cases, double *areas)
{
    for (size_t i = 0; i < cases->images; ++i)
        areas[i] = (double)NAN;
    for (size_t r = 0; r < cases->run_count; ++r)
        for (size_t k = 0; k < cases->runs[r]->lesion_count; ++k) {
            const AnnotatedBox *lesion = &cases->runs[r]->lesions[k];
            const double share = cases->runs[r]->shares[k];
            if (share > 0)
                areas[lesion->image] = (double)box_area(&lesion->box) / share;
        }
}

static Status make_pictures(ErrorCases *cases)
{
    ThumbnailWish *wishes;
    double *areas = NULL;
    const CellResult *result = cases->runs[0]->result;
    TRY(MEMORY_NEW(&wishes, cases->images));
    Status status = MEMORY_NEW(&areas, cases->images);
    if (status == STATUS_OK) {
        find_areas(cases, areas);
        for (size_t i = 0; i < cases->images; ++i)
            wishes[i] = (ThumbnailWish){.name = result->image_names.items[cases->order[i]],
                                        .area = areas[cases->order[i]]};
        status =
            thumbnails_make(result->data, cases->images, wishes, PICTURES_ROOM, &cases->thumbnails);
    }
    free(areas);
    free(wishes);
    return status;
}

static Status make(const Evidence *evidence, ErrorCases *cases)
{
    TRY(gather_runs(evidence, cases));
    TRY(MEMORY_NEW(&cases->kinds, cases->run_count * cases->images));
    TRY(MEMORY_NEW(&cases->first_marks, cases->run_count * cases->images));
    for (size_t r = 0; r < cases->run_count; ++r) {
        size_t *const first = cases->first_marks + r * cases->images;
        error_marks_index(cases->runs[r], first);
        TRY(error_kinds_find(cases->runs[r], first, cases->kinds + r * cases->images));
    }
    TRY(rank_images(cases));
    if (cases->pictures && cases->run_count)
        return make_pictures(cases);
    cases->thumbnails.count = cases->images;
    return MEMORY_NEW(&cases->thumbnails.items, cases->images);
}

Status error_cases_make(const Evidence *evidence, bool pictures, ErrorCases *cases)
{
    *cases = (ErrorCases){.pictures = pictures};
    Status status = make(evidence, cases);
    if (status != STATUS_OK)
        error_cases_clear(cases);
    return status;
}

void error_cases_clear(ErrorCases *cases)
{
    free(cases->runs);
    free(cases->kinds);
    free(cases->first_marks);
    free(cases->wrong);
    free(cases->order);
    thumbnails_clear(&cases->thumbnails);
    *cases = (ErrorCases){0};
}

ErrorKind error_cases_kind(const ErrorCases *cases, size_t run, size_t image)
{
    return cases->kinds[run * cases->images + image];
}

/* ---- tables ---- */

static void add_image(const ErrorCases *cases, size_t r, size_t image, Table *table)
{
    const EvidenceRun *run = cases->runs[r];
    const CellResult *result = run->result;
    char *const *names = result->class_names.items;
    table_add(table, run->label);
    table_add(table, result->image_names.items[image]);
    table_add(table, result->patients.count ? result->patients.items[image] : "");
    table_add(table, names[result->truth[image] + 1]);
    table_add(table, names[result->predicted[image] + 1]);
    table_add_exact(table, result->lesion_score[image]);
    table_add_exact(table, run->operating_point);
    table_add(table, error_kind_name(error_cases_kind(cases, r, image)));
}

Status error_cases_table(const ErrorCases *cases, ResultsTable *table)
{
    static const char *const names[] = {"model",  "image",        "patient",         "annotated",
                                        "called", "lesion_score", "operating_point", "error"};
    table_init(&table->text, 8, names);
    table_init(&table->numbers, 8, names);
    for (size_t r = 0; r < cases->run_count; ++r)
        for (size_t i = 0; i < cases->images; ++i)
            add_image(cases, r, cases->order[i], &table->numbers);
    return results_table_check(table);
}

/* Why nobody knows of places. */
static void add_gap(const EvidenceRun *run, ResultsTable *table)
{
    table_add(&table->text, run->finds_boxes ? "not recorded" : "no boxes");
    table_add(&table->numbers, "");
}

Status error_cases_summary(const Evidence *evidence, const ErrorCases *cases, ResultsTable *table)
{
    const char *names[ERROR_KINDS + 1] = {"images"};
    for (size_t k = 0; k < ERROR_KINDS; ++k)
        names[k + 1] = error_kind_name((ErrorKind)k);
    evidence_init_table(evidence, names, ERROR_KINDS + 1, names, ERROR_KINDS + 1, table);
    for (size_t r = 0; r < cases->run_count; ++r) {
        size_t counts[ERROR_KINDS] = {0};
        for (size_t i = 0; i < cases->images; ++i)
            ++counts[error_cases_kind(cases, r, i)];
        evidence_add_run(evidence, cases->runs[r], table);
        evidence_add_count(table, cases->images);
        for (size_t k = 0; k < ERROR_KINDS; ++k)
            if (k == ERROR_PLACE && !error_knows_places(cases->runs[r]))
                add_gap(cases->runs[r], table);
            else
                evidence_add_count(table, counts[k]);
    }
    return results_table_check(table);
}

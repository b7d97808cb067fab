/* See data_control.h. */
#include "grid/run/data_control.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/colour_histogram.h"
#include "results/control.h"

/* Boxes, area, place of each class. */
enum { OVERLAY_NUMBERS = 4 * OVERLAY_KINDS };

typedef struct {
    const Dataset *dataset;
    Split test;
    size_t *truth;    /* count: class, 0 is normal */
    Split *splits;    /* count */
    uint32_t *groups; /* count */
} Rows;

static Status rows_init(Rows *rows, const Dataset *dataset, Split test)
{
    *rows = (Rows){.dataset = dataset, .test = test};
    TRY(MEMORY_NEW(&rows->truth, dataset->count));
    TRY(MEMORY_NEW(&rows->splits, dataset->count));
    TRY(MEMORY_NEW(&rows->groups, dataset->count));
    for (size_t i = 0; i < dataset->count; ++i) {
        const Example *example = &dataset->examples[i];
        rows->truth[i] = (size_t)(example->label - LABEL_NORMAL);
        rows->splits[i] = example->split;
        rows->groups[i] = example->patient;
    }
    return STATUS_OK;
}

static void rows_clear(Rows *rows)
{
    free(rows->truth);
    free(rows->splits);
    free(rows->groups);
}

/* What the data do not allow is no error, but has a reason. */
static Status measure(const Rows *rows, size_t classes, size_t width, double *numbers,
                      BaselineFigures *figures, char reason[CONTROL_REASON_BYTES])
{
    const BaselineFigure none = {(double)NAN, (double)NAN, (double)NAN};
    *figures = (BaselineFigures){none, none};
    Status status = linear_baseline(&(BaselineInput){.count = rows->dataset->count,
                                                     .classes = classes,
                                                     .width = width,
                                                     .numbers = numbers,
                                                     .truth = rows->truth,
                                                     .splits = rows->splits,
                                                     .test = rows->test,
                                                     .groups = rows->groups},
                                    figures);
    if (status != STATUS_ARGUMENT)
        return status;
    snprintf(reason, CONTROL_REASON_BYTES, "%s", status_message());
    return STATUS_OK;
}

static Status measure_colours(const Rows *rows, Control *control)
{
    const Dataset *dataset = rows->dataset;
    double *numbers;
    TRY(MEMORY_NEW(&numbers, dataset->count * COLOUR_NUMBERS));
#pragma omp parallel for schedule(dynamic, 16)
    for (size_t i = 0; i < dataset->count; ++i) {
        const size_t side = dataset_side(dataset, i);
        colour_histogram(&(Image){side, side, 3, dataset->pixels[i]}, numbers + i * COLOUR_NUMBERS);
    }
    Status status = measure(rows, dataset->class_count + 1, COLOUR_NUMBERS, numbers,
                            &control->colours, control->no_colours);
    free(numbers);
    return status;
}

/* Lesion or normal: a class more would ask more of few numbers. */
static Status measure_overlays(const Rows *rows, OverlaySummary (*frames)[OVERLAY_KINDS],
                               BaselineFigures *figures, char reason[CONTROL_REASON_BYTES])
{
    const size_t count = rows->dataset->count;
    double *numbers;
    TRY(MEMORY_NEW(&numbers, count * OVERLAY_NUMBERS));
    for (size_t i = 0; i < count; ++i) {
        for (size_t k = 0; k < OVERLAY_KINDS; ++k) {
            const OverlaySummary *summary = &frames[i][k];
            double *to = numbers + i * OVERLAY_NUMBERS + 4 * k;
            to[0] = summary->boxes;
            to[1] = summary->area;
            to[2] = summary->x;
            to[3] = summary->y;
        }
    }
    Status status = measure(rows, 2, OVERLAY_NUMBERS, numbers, figures, reason);
    free(numbers);
    return status;
}

/* Borrows the frames of the table and the names of the data set. */
static Status measure_all(Rows *rows, const OverlayTable *overlays, Control *control)
{
    const Dataset *dataset = rows->dataset;
    TRY(measure_colours(rows, control));
    control->has_overlays = overlays->given;
    if (!overlays->given)
        return STATUS_OK;
    control->frame_count = control->names.count = dataset->count;
    control->frames = overlays->frames;
    TRY(MEMORY_NEW(&control->names.items, dataset->count));
    for (size_t i = 0; i < dataset->count; ++i)
        control->names.items[i] = dataset->examples[i].name;
    for (size_t i = 0; i < dataset->count; ++i)
        rows->truth[i] = rows->truth[i] != 0;
    control->has_denoised = overlays->left != NULL;
    if (overlays->left)
        TRY(measure_overlays(rows, overlays->left, &control->denoised, control->no_denoised));
    return measure_overlays(rows, overlays->frames, &control->overlays, control->no_overlays);
}

/* The cells' data once denoised, which differ in noise only, or the first ones. */
static const Dataset *denoised_data(const Job *job)
{
    for (size_t i = 0; i < job->data_count - job->source_count; ++i)
        if (job->datasets[i]->denoise != DENOISE_NONE)
            return job->datasets[i];
    return job->datasets[0];
}

Status data_control_make(const Job *job, Split test)
{
    const Dataset *dataset = job->datasets[0];
    Control control = {0};
    OverlayTable overlays;
    Rows rows;
    snprintf(control.fingerprint, sizeof control.fingerprint, "%s", dataset->fingerprint);
    TRY(overlay_table_read(job->data_name, denoised_data(job), &overlays));
    Status status = rows_init(&rows, dataset, test);
    if (status == STATUS_OK)
        status = measure_all(&rows, &overlays, &control);
    if (status == STATUS_OK)
        status = control_write(job->folder, &control);
    free(control.names.items);
    rows_clear(&rows);
    overlay_table_clear(&overlays);
    return status;
}

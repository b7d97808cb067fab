/* gisd-data baseline MANIFEST: how far colours alone (colour_histogram.h) tell the classes, learnt
 * and tested as eval/linear_baseline.h does. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/colour_histogram.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "eval/linear_baseline.h"
#include "image/image_file.h"
#include "store/files.h"

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **manifest = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        return command_check_words(state);
    case ARGP_KEY_ARG:
        if (*manifest)
            return command_refuse(state, "unexpected word '%s', expected one manifest", argument);
        *manifest = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return command_refuse(state, "expected a manifest");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp usage = {
    .parser = parse,
    .args_doc = "MANIFEST",
    .doc = "Say how far colours alone tell the classes of a data set: a logistic regression on "
           "the histogram of each image's colours learns from the training images, is tuned on "
           "the validation images and tested on the test images."
           "\v    gisd-data baseline data/manifest.csv\n\n"
           "A network that is no better has learnt no more than colours. The manifest must say "
           "which image is in which split.",
};

/* Everything of the manifest's images. */
typedef struct {
    size_t in_split[SPLIT_COUNT];
    double *numbers; /* count x COLOUR_NUMBERS */
    size_t *truth;   /* count: 0 normal, then the manifest's classes */
    Split *splits;   /* count */
} Baseline;

static Status read_colours(const Manifest *manifest, size_t row, double *numbers)
{
    Image image;
    char *path;
    TRY(files_resolve(manifest->path, manifest->rows[row].image, &path));
    Status status = image_read(path, 3, &image);
    free(path);
    TRY(status);
    colour_histogram(&image, numbers);
    image_clear(&image);
    return STATUS_OK;
}

static Status read_all_colours(const Manifest *manifest, Baseline *baseline)
{
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < manifest->count; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i,
                             read_colours(manifest, i, baseline->numbers + i * COLOUR_NUMBERS));
    return first_error_status(&first);
}

static Status note_rows(const Manifest *manifest, Baseline *baseline)
{
    for (size_t i = 0; i < manifest->count; ++i) {
        const ManifestRow *row = &manifest->rows[i];
        baseline->truth[i] = row->label_index == LABEL_NORMAL ? 0 : 1 + (size_t)row->label_index;
        baseline->splits[i] = row->split;
        if (row->split != SPLIT_NONE)
            ++baseline->in_split[row->split];
    }
    for (Split split = SPLIT_TRAIN; split < SPLIT_NONE; ++split)
        if (baseline->in_split[split] == 0)
            FAIL(STATUS_FORMAT,
                 "%s: no image is in the split %s, expected a column split with some in each",
                 manifest->path, split_name(split));
    return STATUS_OK;
}

static Status run(const Manifest *manifest, Baseline *baseline)
{
    BaselineFigures figures;
    TRY(MEMORY_NEW(&baseline->numbers, manifest->count * COLOUR_NUMBERS));
    TRY(MEMORY_NEW(&baseline->truth, manifest->count));
    TRY(MEMORY_NEW(&baseline->splits, manifest->count));
    TRY(note_rows(manifest, baseline));
    TRY(read_all_colours(manifest, baseline));
    TRY(linear_baseline(&(BaselineInput){.count = manifest->count,
                                         .classes = manifest->class_count + 1,
                                         .width = COLOUR_NUMBERS,
                                         .numbers = baseline->numbers,
                                         .truth = baseline->truth,
                                         .splits = baseline->splits,
                                         .test = SPLIT_TEST},
                        &figures));
    printf("colour histogram baseline of %zu training, %zu validation and %zu test images: "
           "lesion AUC %.3f, macro F1 %.3f\n",
           baseline->in_split[SPLIT_TRAIN], baseline->in_split[SPLIT_VALIDATION],
           baseline->in_split[SPLIT_TEST], figures.auc.value, figures.f1.value);
    return STATUS_OK;
}

Status data_baseline(int argc, char **argv)
{
    const char *path = NULL;
    Manifest manifest;
    command_parse(&usage, argc, argv, &path);
    TRY(manifest_read(path, NULL, &manifest));
    Baseline baseline = {0};
    Status status = run(&manifest, &baseline);
    free(baseline.numbers);
    free(baseline.truth);
    free(baseline.splits);
    manifest_clear(&manifest);
    return status;
}

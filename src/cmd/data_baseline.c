/* gisd-data baseline MANIFEST: how far colours alone tell the classes. A logistic regression for
 * each class on colour_histogram.h learns from the training images with the C, of five, whose loss
 * on the validation images is least, and is tested on the test images.
 */
#include <argp.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "cmd/command.h"
#include "cmd/data.h"
#include "data/colour_histogram.h"
#include "data/dataset.h"
#include "data/manifest.h"
#include "eval/confusion.h"
#include "eval/logistic.h"
#include "eval/roc.h"
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

/* Everything of `count` images; class 0 is normal, the manifest's classes follow. */
typedef struct {
    size_t count, classes, width;
    size_t in_split[SPLIT_COUNT];
    double *numbers; /* count x COLOUR_NUMBERS, then count x width */
    double *scores;  /* classes x count */
    double *trial;   /* count */
    bool *learnt, *of_class;
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

static size_t class_of(const ManifestRow *row)
{
    return row->label_index == LABEL_NORMAL ? 0 : 1 + (size_t)row->label_index;
}

/* Leaves the `width` colours that a training image has. The others' weights would be 0. */
static void drop_unseen_colours(Baseline *baseline)
{
    const size_t count = baseline->count;
    bool seen[COLOUR_NUMBERS] = {false};
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < COLOUR_NUMBERS; ++k)
            seen[k] |= baseline->learnt[i] && baseline->numbers[i * COLOUR_NUMBERS + k] > 0;
    double *to = baseline->numbers; /* never beyond where it reads */
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < COLOUR_NUMBERS; ++k)
            if (seen[k])
                *to++ = baseline->numbers[i * COLOUR_NUMBERS + k];
    baseline->width = (size_t)(to - baseline->numbers) / count;
}

static double validation_loss(const Manifest *manifest, const Baseline *baseline)
{
    double sum = 0;
    for (size_t i = 0; i < baseline->count; ++i)
        if (manifest->rows[i].split == SPLIT_VALIDATION)
            sum += logistic_loss(baseline->trial[i], baseline->of_class[i]);
    return sum;
}

static Status learn_class(const Manifest *manifest, Baseline *baseline, size_t class)
{
    static const double cs[] = {1, 10, 100, 1000, 10000};
    const size_t count = baseline->count;
    double least = INFINITY;
    for (size_t i = 0; i < count; ++i)
        baseline->of_class[i] = class_of(&manifest->rows[i]) == class;
    for (size_t j = 0; j < sizeof cs / sizeof *cs; ++j) {
        TRY(logistic_scores(baseline->numbers, baseline->learnt, baseline->of_class, count,
                            baseline->width, cs[j], baseline->trial));
        double loss = validation_loss(manifest, baseline);
        if (loss < least) {
            least = loss;
            memcpy(baseline->scores + class * count, baseline->trial,
                   count * sizeof *baseline->trial);
        }
    }
    return STATUS_OK;
}

/* The lesion's score is how far the image is from normal; the class is that of the largest score.
 */
static Status judge(const Manifest *manifest, Baseline *baseline, Confusion *confusion)
{
    size_t count = baseline->count, tested = 0;
    double *lesion_scores = baseline->numbers; /* no longer needed as numbers */
    for (size_t i = 0; i < count; ++i) {
        if (manifest->rows[i].split != SPLIT_TEST)
            continue;
        size_t truth = class_of(&manifest->rows[i]), best = 0;
        for (size_t k = 1; k < baseline->classes; ++k)
            if (baseline->scores[k * count + i] > baseline->scores[best * count + i])
                best = k;
        confusion_add(confusion, truth, best);
        lesion_scores[tested] = -baseline->scores[i];
        baseline->of_class[tested++] = truth != 0;
    }
    Roc roc;
    TRY(roc_init(&roc, lesion_scores, baseline->of_class, tested));
    printf("colour histogram baseline of %zu training, %zu validation and %zu test images: "
           "lesion AUC %.3f, macro F1 %.3f\n",
           baseline->in_split[SPLIT_TRAIN], baseline->in_split[SPLIT_VALIDATION], tested, roc.auc,
           confusion_macro(confusion).f1);
    roc_clear(&roc);
    return STATUS_OK;
}

static Status note_splits(const Manifest *manifest, Baseline *baseline)
{
    for (size_t i = 0; i < baseline->count; ++i) {
        Split split = manifest->rows[i].split;
        baseline->learnt[i] = split == SPLIT_TRAIN;
        if (split != SPLIT_NONE)
            ++baseline->in_split[split];
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
    Confusion confusion;
    TRY(MEMORY_NEW(&baseline->numbers, baseline->count * COLOUR_NUMBERS));
    TRY(MEMORY_NEW(&baseline->scores, baseline->count * baseline->classes));
    TRY(MEMORY_NEW(&baseline->trial, baseline->count));
    TRY(MEMORY_NEW(&baseline->learnt, baseline->count));
    TRY(MEMORY_NEW(&baseline->of_class, baseline->count));
    TRY(note_splits(manifest, baseline));
    TRY(read_all_colours(manifest, baseline));
    drop_unseen_colours(baseline);
    for (size_t class = 0; class < baseline->classes; ++class)
        TRY(learn_class(manifest, baseline, class));
    TRY(confusion_init(&confusion, baseline->classes));
    Status status = judge(manifest, baseline, &confusion);
    confusion_clear(&confusion);
    return status;
}

Status data_baseline(int argc, char **argv)
{
    const char *path = NULL;
    Manifest manifest;
    command_parse(&usage, argc, argv, &path);
    TRY(manifest_read(path, NULL, &manifest));
    Baseline baseline = {.count = manifest.count, .classes = manifest.class_count + 1};
    Status status = run(&manifest, &baseline);
    free(baseline.numbers);
    free(baseline.scores);
    free(baseline.trial);
    free(baseline.learnt);
    free(baseline.of_class);
    manifest_clear(&manifest);
    return status;
}

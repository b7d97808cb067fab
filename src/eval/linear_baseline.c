/* See linear_baseline.h. Each pair of a class and a C is learnt by itself, so the number of threads
 * is no matter. */
#include "eval/linear_baseline.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/first_error.h"
#include "base/memory.h"
#include "eval/confusion.h"
#include "eval/interval.h"
#include "eval/logistic.h"
#include "eval/roc.h"

static const double cs[] = {1, 10, 100, 1000, 10000};
enum { CS = sizeof cs / sizeof *cs };

typedef struct {
    const BaselineInput *input;
    size_t width;   /* numbers that are left */
    bool *learnt;   /* count */
    double *trials; /* classes x CS x count */
    double *scores; /* classes x count */
} Fits;

/* Leaves the `width` numbers that a training image has. The others' weights would be 0. */
static Status drop_unseen(Fits *fits)
{
    const BaselineInput *input = fits->input;
    bool *seen;
    TRY(MEMORY_NEW(&seen, input->width));
    for (size_t i = 0; i < input->count; ++i)
        for (size_t k = 0; k < input->width; ++k)
            seen[k] |= fits->learnt[i] && input->numbers[i * input->width + k] != 0;
    double *to = input->numbers; /* never beyond where it reads */
    for (size_t i = 0; i < input->count; ++i)
        for (size_t k = 0; k < input->width; ++k)
            if (seen[k])
                *to++ = input->numbers[i * input->width + k];
    fits->width = input->count ? (size_t)(to - input->numbers) / input->count : 0;
    free(seen);
    return STATUS_OK;
}

static Status learn(const Fits *fits, size_t class, size_t c)
{
    const BaselineInput *input = fits->input;
    bool *of_class;
    TRY(MEMORY_NEW(&of_class, input->count));
    for (size_t i = 0; i < input->count; ++i)
        of_class[i] = input->truth[i] == class;
    Status status =
        logistic_scores(input->numbers, fits->learnt, of_class, input->count, fits->width, cs[c],
                        fits->trials + (class * CS + c) * input->count);
    free(of_class);
    return status;
}

static double validation_loss(const BaselineInput *input, const double *scores, size_t class)
{
    double sum = 0;
    for (size_t i = 0; i < input->count; ++i)
        if (input->splits[i] == SPLIT_VALIDATION)
            sum += logistic_loss(scores[i], input->truth[i] == class);
    return sum;
}

static Status learn_all(Fits *fits)
{
    const BaselineInput *input = fits->input;
    FirstError first = FIRST_ERROR_NONE;
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < input->classes * CS; ++i)
        if (!first_error_before(&first, i))
            first_error_note(&first, i, learn(fits, i / CS, i % CS));
    TRY(first_error_status(&first));
    for (size_t class = 0; class < input->classes; ++class) {
        double least = (double)INFINITY;
        for (size_t c = 0; c < CS; ++c) {
            const double *trial = fits->trials + (class * CS + c) * input->count;
            double loss = validation_loss(input, trial, class);
            if (loss < least) {
                least = loss;
                memcpy(fits->scores + class * input->count, trial, input->count * sizeof *trial);
            }
        }
    }
    return STATUS_OK;
}

/* ---- testing ---- */

/* Of the test images; `some` is what the bootstrap draws. */
typedef struct {
    size_t count, classes;
    size_t *truth, *predicted; /* count */
    double *scores, *some;     /* count: of a lesion */
    bool *ill, *some_ill;      /* count */
    uint32_t *groups;          /* count */
    size_t *order;             /* count, scratch */
} Test;

static void test_clear(Test *test)
{
    free(test->truth);
    free(test->predicted);
    free(test->scores);
    free(test->some);
    free(test->ill);
    free(test->some_ill);
    free(test->groups);
    free(test->order);
}

static Status test_init(Test *test, const Fits *fits)
{
    const BaselineInput *input = fits->input;
    *test = (Test){.classes = input->classes};
    TRY(MEMORY_NEW(&test->truth, input->count));
    TRY(MEMORY_NEW(&test->predicted, input->count));
    TRY(MEMORY_NEW(&test->scores, input->count));
    TRY(MEMORY_NEW(&test->some, input->count));
    TRY(MEMORY_NEW(&test->ill, input->count));
    TRY(MEMORY_NEW(&test->some_ill, input->count));
    TRY(MEMORY_NEW(&test->groups, input->count));
    TRY(MEMORY_NEW(&test->order, input->count));
    for (size_t i = 0; i < input->count; ++i) {
        if (input->splits[i] != input->test)
            continue;
        size_t best = 0;
        for (size_t k = 1; k < input->classes; ++k)
            if (fits->scores[k * input->count + i] > fits->scores[best * input->count + i])
                best = k;
        test->truth[test->count] = input->truth[i];
        test->predicted[test->count] = best;
        test->scores[test->count] = -fits->scores[i];
        test->ill[test->count] = input->truth[i] != 0;
        test->groups[test->count++] = input->groups ? input->groups[i] : (uint32_t)i;
    }
    if (test->count == 0)
        FAIL(STATUS_ARGUMENT, "no image to test on");
    return STATUS_OK;
}

static Status compute(void *context, const size_t *rows, size_t count, double *values)
{
    Test *test = context;
    Confusion confusion;
    TRY(confusion_init(&confusion, test->classes));
    for (size_t i = 0; i < count; ++i) {
        confusion_add(&confusion, test->truth[rows[i]], test->predicted[rows[i]]);
        test->some[i] = test->scores[rows[i]];
        test->some_ill[i] = test->ill[rows[i]];
    }
    values[0] = roc_auc(test->some, test->some_ill, count, test->order);
    values[1] = confusion_macro(&confusion).f1;
    confusion_clear(&confusion);
    return STATUS_OK;
}

static Status measure(Test *test, BaselineFigures *figures)
{
    double values[2];
    Interval intervals[2];
    size_t *rows;
    TRY(MEMORY_NEW(&rows, test->count));
    for (size_t i = 0; i < test->count; ++i)
        rows[i] = i;
    Status status = compute(test, rows, test->count, values);
    free(rows);
    TRY(status);
    TRY(interval_bootstrap(&(BootstrapPlan){.rows = test->count,
                                            .groups = test->groups,
                                            .replicates = INTERVAL_REPLICATES,
                                            .seed = 1,
                                            .statistics = 2,
                                            .compute = compute,
                                            .context = test},
                           intervals));
    figures->auc = (BaselineFigure){values[0], intervals[0].low, intervals[0].high};
    figures->f1 = (BaselineFigure){values[1], intervals[1].low, intervals[1].high};
    return STATUS_OK;
}

static Status learn_and_test(Fits *fits, BaselineFigures *figures)
{
    const BaselineInput *input = fits->input;
    Test test;
    TRY(MEMORY_NEW(&fits->learnt, input->count));
    TRY(MEMORY_NEW(&fits->trials, input->classes * CS * input->count));
    TRY(MEMORY_NEW(&fits->scores, input->classes * input->count));
    for (size_t i = 0; i < input->count; ++i)
        fits->learnt[i] = input->splits[i] == SPLIT_TRAIN;
    TRY(drop_unseen(fits));
    TRY(learn_all(fits));
    Status status = test_init(&test, fits);
    if (status == STATUS_OK)
        status = measure(&test, figures);
    test_clear(&test);
    return status;
}

Status linear_baseline(const BaselineInput *input, BaselineFigures *figures)
{
    Fits fits = {.input = input};
    Status status = learn_and_test(&fits, figures);
    free(fits.learnt);
    free(fits.trials);
    free(fits.scores);
    return status;
}

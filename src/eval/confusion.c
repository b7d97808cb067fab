/* Confusion matrices; definitions in confusion.h. */
#include "eval/confusion.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

Status confusion_init(Confusion *confusion, size_t classes)
{
    *confusion = (Confusion){.classes = classes};
    if (classes == 0 || classes > UINT16_MAX)
        FAIL(STATUS_ARGUMENT, "confusion matrix: 1 to %d classes expected, not %zu", UINT16_MAX,
             classes);
    return MEMORY_NEW(&confusion->counts, classes * classes);
}

void confusion_clear(Confusion *confusion)
{
    free(confusion->counts);
    *confusion = (Confusion){0};
}

void confusion_add(Confusion *confusion, size_t annotated, size_t predicted)
{
    assert(annotated < confusion->classes && predicted < confusion->classes);
    ++confusion->counts[annotated * confusion->classes + predicted];
}

void confusion_reset(Confusion *confusion)
{
    memset(confusion->counts, 0,
           confusion->classes * confusion->classes * sizeof *confusion->counts);
}

uint64_t confusion_count(const Confusion *confusion, size_t annotated, size_t predicted)
{
    assert(annotated < confusion->classes && predicted < confusion->classes);
    return confusion->counts[annotated * confusion->classes + predicted];
}

uint64_t confusion_row(const Confusion *confusion, size_t annotated)
{
    uint64_t sum = 0;
    for (size_t predicted = 0; predicted < confusion->classes; ++predicted)
        sum += confusion_count(confusion, annotated, predicted);
    return sum;
}

static uint64_t confusion_column(const Confusion *confusion, size_t predicted)
{
    uint64_t sum = 0;
    for (size_t annotated = 0; annotated < confusion->classes; ++annotated)
        sum += confusion_count(confusion, annotated, predicted);
    return sum;
}

uint64_t confusion_total(const Confusion *confusion)
{
    uint64_t sum = 0;
    for (size_t annotated = 0; annotated < confusion->classes; ++annotated)
        sum += confusion_row(confusion, annotated);
    return sum;
}

/* NaN for 0 / 0. */
static double share(uint64_t part, uint64_t whole)
{
    return whole == 0 ? (double)NAN : (double)part / (double)whole;
}

double confusion_accuracy(const Confusion *confusion)
{
    uint64_t right = 0;
    for (size_t i = 0; i < confusion->classes; ++i)
        right += confusion_count(confusion, i, i);
    return share(right, confusion_total(confusion));
}

ConfusionShares confusion_class(const Confusion *confusion, size_t index)
{
    uint64_t true_positive = confusion_count(confusion, index, index);
    uint64_t annotated = confusion_row(confusion, index);
    uint64_t predicted = confusion_column(confusion, index);
    uint64_t negative = confusion_total(confusion) - annotated;
    uint64_t false_positive = predicted - true_positive;
    return (ConfusionShares){
        .sensitivity = share(true_positive, annotated),
        .specificity = share(negative - false_positive, negative),
        .precision = share(true_positive, predicted),
        .f1 = share(2 * true_positive, annotated + predicted),
    };
}

/* A running mean that leaves NaN out. */
typedef struct {
    double sum;
    size_t count;
} DefinedMean;

static void defined_mean_add(DefinedMean *mean, double value)
{
    if (isnan(value))
        return;
    mean->sum += value;
    ++mean->count;
}

static double defined_mean(const DefinedMean *mean)
{
    return mean->count == 0 ? (double)NAN : mean->sum / (double)mean->count;
}

ConfusionShares confusion_macro(const Confusion *confusion)
{
    DefinedMean sensitivity = {0}, specificity = {0}, precision = {0}, f1 = {0};
    for (size_t i = 0; i < confusion->classes; ++i) {
        ConfusionShares shares = confusion_class(confusion, i);
        if (isnan(shares.precision) && confusion_row(confusion, i) > 0)
            shares.precision = 0;
        defined_mean_add(&sensitivity, shares.sensitivity);
        defined_mean_add(&specificity, shares.specificity);
        defined_mean_add(&precision, shares.precision);
        defined_mean_add(&f1, shares.f1);
    }
    return (ConfusionShares){
        .sensitivity = defined_mean(&sensitivity),
        .specificity = defined_mean(&specificity),
        .precision = defined_mean(&precision),
        .f1 = defined_mean(&f1),
    };
}

void confusion_to_binary(const Confusion *confusion, size_t negative, Confusion *binary)
{
    assert(binary->classes == 2 && negative < confusion->classes);
    confusion_reset(binary);
    for (size_t annotated = 0; annotated < confusion->classes; ++annotated)
        for (size_t predicted = 0; predicted < confusion->classes; ++predicted)
            binary->counts[(annotated != negative) * 2 + (predicted != negative)] +=
                confusion_count(confusion, annotated, predicted);
}

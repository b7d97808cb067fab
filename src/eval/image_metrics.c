/* See image_metrics.h. */
#include "eval/image_metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/confusion.h"
#include "eval/roc_repeats.h"

const char *const image_metric_names[IMAGE_METRICS] = {
    [IMAGE_METRIC_AUC] = "auc",
    [IMAGE_METRIC_ACCURACY] = "accuracy",
    [IMAGE_METRIC_F1] = "f1",
    [IMAGE_METRIC_SENSITIVITY] = "sensitivity",
    [IMAGE_METRIC_SPECIFICITY] = "specificity",
    [IMAGE_METRIC_LESION_SENSITIVITY] = "lesion_sensitivity",
    [IMAGE_METRIC_LESION_SPECIFICITY] = "lesion_specificity",
    [IMAGE_METRIC_DICE] = "dice",
};

struct ImageMetrics {
    ImageAnswers answers;
    RocRepeats roc;
    Confusion confusion, binary; /* scratch */
};

static Status fill(ImageMetrics *metrics)
{
    const ImageAnswers *answers = &metrics->answers;
    bool *positive;
    TRY(MEMORY_NEW(&positive, answers->images));
    for (size_t i = 0; i < answers->images; ++i)
        positive[i] = answers->truth[i] >= 0;
    Status status =
        roc_repeats_init(&metrics->roc, answers->lesion_score, positive, answers->images);
    free(positive);
    TRY(status);
    TRY(confusion_init(&metrics->confusion, answers->classes + 1));
    return confusion_init(&metrics->binary, 2);
}

Status image_metrics_new(const ImageAnswers *answers, ImageMetrics **metrics)
{
    const int64_t classes = (int64_t)answers->classes;
    for (size_t i = 0; i < answers->images; ++i)
        if (answers->truth[i] < -1 || answers->truth[i] >= classes || answers->predicted[i] < -1 ||
            answers->predicted[i] >= classes)
            FAIL(STATUS_ARGUMENT, "image %zu of %zu: classes from -1 to %lld expected", i,
                 answers->images, (long long)classes - 1);
    TRY(MEMORY_NEW(metrics, 1));
    (*metrics)->answers = *answers;
    Status status = fill(*metrics);
    if (status != STATUS_OK) {
        image_metrics_free(*metrics);
        *metrics = NULL;
    }
    return status;
}

void image_metrics_free(ImageMetrics *metrics)
{
    if (!metrics)
        return;
    roc_repeats_clear(&metrics->roc);
    confusion_clear(&metrics->confusion);
    confusion_clear(&metrics->binary);
    free(metrics);
}

/* The mean of those that are numbers; NaN if none is. */
static double weighted_mean(const double *values, const size_t *weights, size_t count)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < count; ++i)
        if (weights[i] && !isnan(values[i])) {
            sum += (double)weights[i] * values[i];
            total += (double)weights[i];
        }
    return sum / total;
}

void image_metrics_compute(ImageMetrics *metrics, const size_t *weights, double *values)
{
    const ImageAnswers *answers = &metrics->answers;
    Confusion *confusion = &metrics->confusion;
    confusion_reset(confusion);
    for (size_t i = 0; i < answers->images; ++i)
        confusion->counts[(size_t)(answers->truth[i] + 1) * confusion->classes +
                          (size_t)(answers->predicted[i] + 1)] += weights[i];
    confusion_to_binary(confusion, 0, &metrics->binary);
    const ConfusionShares macro = confusion_macro(confusion);
    const ConfusionShares lesion = confusion_class(&metrics->binary, 1);
    values[IMAGE_METRIC_AUC] = roc_repeats_auc(&metrics->roc, weights);
    values[IMAGE_METRIC_ACCURACY] = confusion_accuracy(confusion);
    values[IMAGE_METRIC_F1] = macro.f1;
    values[IMAGE_METRIC_SENSITIVITY] = macro.sensitivity;
    values[IMAGE_METRIC_SPECIFICITY] = macro.specificity;
    values[IMAGE_METRIC_LESION_SENSITIVITY] = lesion.sensitivity;
    values[IMAGE_METRIC_LESION_SPECIFICITY] = lesion.specificity;
    values[IMAGE_METRIC_DICE] =
        answers->dice ? weighted_mean(answers->dice, weights, answers->images) : (double)NAN;
}

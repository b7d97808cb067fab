/* See image_metrics.h. */
#include "eval/image_metrics.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
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
};

static Status fill(ImageMetrics *metrics)
{
    const ImageClasses *given = &metrics->answers.given;
    bool *positive;
    TRY(MEMORY_NEW(&positive, given->images));
    for (size_t i = 0; i < given->images; ++i)
        positive[i] = given->truth[i] >= 0;
    Status status =
        roc_repeats_init(&metrics->roc, metrics->answers.lesion_score, positive, given->images);
    free(positive);
    return status;
}

Status image_metrics_new(const ImageAnswers *answers, ImageMetrics **metrics)
{
    TRY(image_classes_check(&answers->given));
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
    free(metrics);
}

/* ---- parts ---- */

Status image_classes_check(const ImageClasses *given)
{
    const int64_t classes = (int64_t)given->classes;
    for (size_t i = 0; i < given->images; ++i)
        if (given->truth[i] < -1 || given->truth[i] >= classes || given->predicted[i] < -1 ||
            given->predicted[i] >= classes)
            FAIL(STATUS_ARGUMENT, "image %zu of %zu: classes from -1 to %lld expected", i,
                 given->images, (long long)classes - 1);
    return STATUS_OK;
}

Status image_confusions_init(ImageConfusions *confusions, const ImageClasses *given,
                             const size_t *weights)
{
    Confusion *all = &confusions->classes;
    *confusions = (ImageConfusions){0};
    TRY(confusion_init(all, given->classes + 1));
    Status status = confusion_init(&confusions->lesion, 2);
    if (status != STATUS_OK) {
        image_confusions_clear(confusions);
        return status;
    }
    for (size_t i = 0; i < given->images; ++i)
        all->counts[(size_t)(given->truth[i] + 1) * all->classes +
                    (size_t)(given->predicted[i] + 1)] += weights[i];
    confusion_to_binary(all, 0, &confusions->lesion);
    return STATUS_OK;
}

void image_confusions_clear(ImageConfusions *confusions)
{
    confusion_clear(&confusions->classes);
    confusion_clear(&confusions->lesion);
}

double image_mean(const double *values, const size_t *weights, size_t images)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < images; ++i)
        if (weights[i] && !isnan(values[i])) {
            sum += (double)weights[i] * values[i];
            total += (double)weights[i];
        }
    return total > 0 ? sum / total : (double)NAN;
}

/* ---- the metrics ---- */

Status image_metrics_compute(const ImageMetrics *metrics, const size_t *weights, double *values)
{
    const ImageAnswers *answers = &metrics->answers;
    ImageConfusions confusions;
    TRY(image_confusions_init(&confusions, &answers->given, weights));
    const ConfusionShares macro = confusion_macro(&confusions.classes);
    const ConfusionShares lesion = confusion_class(&confusions.lesion, 1);
    values[IMAGE_METRIC_AUC] = roc_repeats_auc(&metrics->roc, weights);
    values[IMAGE_METRIC_ACCURACY] = confusion_accuracy(&confusions.classes);
    values[IMAGE_METRIC_F1] = macro.f1;
    values[IMAGE_METRIC_SENSITIVITY] = macro.sensitivity;
    values[IMAGE_METRIC_SPECIFICITY] = macro.specificity;
    values[IMAGE_METRIC_LESION_SENSITIVITY] = lesion.sensitivity;
    values[IMAGE_METRIC_LESION_SPECIFICITY] = lesion.specificity;
    values[IMAGE_METRIC_DICE] =
        answers->dice ? image_mean(answers->dice, weights, answers->given.images) : (double)NAN;
    image_confusions_clear(&confusions);
    return STATUS_OK;
}

/* See set_metrics.h. */
#include "eval/set_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/confusion.h"
#include "eval/roc_repeats.h"

struct SetMetrics {
    SetAnswers answers;
    RocRepeats roc, *class_roc;  /* classes */
    DetectionRepeats *boxes;     /* NULL: there are none */
    Confusion confusion, binary; /* scratch */
    double *class_ap_50;         /* classes: scratch */
    size_t count, room;
    char (*names)[OUTCOME_NAME_BYTES]; /* count */
};

/* ---- names ---- */

static const char *const of_classes[] = {"accuracy",           "f1",
                                         "sensitivity",        "specificity",
                                         "precision",          "auc",
                                         "class_auc",          "lesion_accuracy",
                                         "lesion_f1",          "lesion_sensitivity",
                                         "lesion_specificity", "lesion_precision"};
static const char *const shares[] = {"sensitivity", "specificity", "precision", "f1"};
static const double overlaps[] = {0.6, 0.7, 0.8, 0.9};

static Status add_name(SetMetrics *metrics, const char *first, const char *second)
{
    TRY(MEMORY_GROW(&metrics->names, metrics->count + 1, &metrics->room));
    snprintf(metrics->names[metrics->count++], OUTCOME_NAME_BYTES, "%s%s%s", first,
             *second ? "_" : "", second);
    return STATUS_OK;
}

static Status add_names_if(SetMetrics *metrics, bool given, const char *const *names, size_t count)
{
    for (size_t i = 0; given && i < count; ++i)
        TRY(add_name(metrics, names[i], ""));
    return STATUS_OK;
}

/* In the order in which compute() has them. */
static Status name_all(SetMetrics *metrics)
{
    static const char *const boxes[] = {"ap_50", "ap_50_95"};
    static const char *const overlap[] = {"overlap_60", "overlap_70", "overlap_80", "overlap_90"};
    static const char *const false_masks[] = {"mask_specificity", "mask_false_share"};
    const SetAnswers *answers = &metrics->answers;
    TRY(add_names_if(metrics, true, of_classes, sizeof of_classes / sizeof *of_classes));
    for (size_t i = 0; i <= answers->classes; ++i)
        for (size_t k = 0; k < sizeof shares / sizeof *shares; ++k)
            TRY(add_name(metrics, i ? answers->class_names[i - 1] : "normal", shares[k]));
    for (size_t i = 0; i < answers->classes; ++i)
        TRY(add_name(metrics, answers->class_names[i], "auc"));
    TRY(add_names_if(metrics, answers->dice, (const char *const[]){"dice"}, 1));
    TRY(add_names_if(metrics, answers->mask_iou, (const char *const[]){"mask_iou"}, 1));
    TRY(add_names_if(metrics, answers->mask_share, false_masks, 2));
    TRY(add_names_if(metrics, answers->box_overlap, overlap, 4));
    TRY(add_names_if(metrics, answers->boxes, boxes, 2));
    for (size_t i = 0; answers->boxes && i < answers->classes; ++i)
        TRY(add_name(metrics, answers->class_names[i], "ap_50"));
    return STATUS_OK;
}

size_t set_metrics_count(const SetMetrics *metrics)
{
    return metrics->count;
}

const char *set_metrics_name(const SetMetrics *metrics, size_t position)
{
    return metrics->names[position];
}

/* ---- making ---- */

static Status check(const SetAnswers *answers)
{
    const int64_t classes = (int64_t)answers->classes;
    for (size_t i = 0; i < answers->images; ++i)
        if (answers->truth[i] < -1 || answers->truth[i] >= classes || answers->predicted[i] < -1 ||
            answers->predicted[i] >= classes)
            FAIL(STATUS_ARGUMENT, "image %zu of %zu: classes from -1 to %lld expected", i,
                 answers->images, (long long)classes - 1);
    return STATUS_OK;
}

/* The curve of the largest score, lesions against others, or of one class against all others. */
static Status make_curve(const SetAnswers *answers, int64_t class_index, double *scores,
                         bool *positive, RocRepeats *roc)
{
    for (size_t i = 0; i < answers->images; ++i) {
        const double *of = answers->scores + i * answers->classes;
        scores[i] = of[class_index < 0 ? 0 : class_index];
        for (size_t c = 1; class_index < 0 && c < answers->classes; ++c)
            scores[i] = of[c] > scores[i] ? of[c] : scores[i];
        positive[i] = class_index < 0 ? answers->truth[i] >= 0 : answers->truth[i] == class_index;
    }
    return roc_repeats_init(roc, scores, positive, answers->images);
}

static Status make_curves(SetMetrics *metrics)
{
    const SetAnswers *answers = &metrics->answers;
    double *scores;
    bool *positive = NULL;
    TRY(MEMORY_NEW(&scores, answers->images));
    Status status = MEMORY_NEW(&positive, answers->images);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&metrics->class_roc, answers->classes);
    if (status == STATUS_OK)
        status = make_curve(answers, -1, scores, positive, &metrics->roc);
    for (size_t c = 0; c < answers->classes && status == STATUS_OK; ++c)
        status = make_curve(answers, (int64_t)c, scores, positive, &metrics->class_roc[c]);
    free(scores);
    free(positive);
    return status;
}

static Status make_all(SetMetrics *metrics)
{
    const SetAnswers *answers = &metrics->answers;
    TRY(check(answers));
    TRY(make_curves(metrics));
    TRY(confusion_init(&metrics->confusion, answers->classes + 1));
    TRY(confusion_init(&metrics->binary, 2));
    TRY(MEMORY_NEW(&metrics->class_ap_50, answers->classes));
    if (answers->boxes)
        TRY(detection_repeats_new(answers->boxes, (uint32_t)answers->classes, answers->images,
                                  &metrics->boxes));
    return name_all(metrics);
}

Status set_metrics_new(const SetAnswers *answers, SetMetrics **metrics)
{
    TRY(MEMORY_NEW(metrics, 1));
    (*metrics)->answers = *answers;
    Status status = make_all(*metrics);
    if (status != STATUS_OK) {
        set_metrics_free(*metrics);
        *metrics = NULL;
    }
    return status;
}

void set_metrics_free(SetMetrics *metrics)
{
    if (!metrics)
        return;
    roc_repeats_clear(&metrics->roc);
    for (size_t c = 0; metrics->class_roc && c < metrics->answers.classes; ++c)
        roc_repeats_clear(&metrics->class_roc[c]);
    free(metrics->class_roc);
    detection_repeats_free(metrics->boxes);
    confusion_clear(&metrics->confusion);
    confusion_clear(&metrics->binary);
    free(metrics->class_ap_50);
    free(metrics->names);
    free(metrics);
}

/* ---- computing: each adds its values at `at` and returns where the next go ---- */

static void count_confusion(SetMetrics *metrics, const size_t *weights)
{
    const SetAnswers *answers = &metrics->answers;
    Confusion *confusion = &metrics->confusion;
    confusion_reset(confusion);
    for (size_t i = 0; i < answers->images; ++i)
        confusion->counts[(size_t)(answers->truth[i] + 1) * confusion->classes +
                          (size_t)(answers->predicted[i] + 1)] += weights[i];
    confusion_to_binary(confusion, 0, &metrics->binary);
}

static double *add_classes(SetMetrics *metrics, const size_t *weights, double *at)
{
    const size_t classes = metrics->answers.classes;
    count_confusion(metrics, weights);
    const ConfusionShares macro = confusion_macro(&metrics->confusion);
    const ConfusionShares lesion = confusion_class(&metrics->binary, 1);
    double *const class_auc = at + 6;
    double sum = 0;
    size_t defined = 0;
    const double values[] = {confusion_accuracy(&metrics->confusion),
                             macro.f1,
                             macro.sensitivity,
                             macro.specificity,
                             macro.precision,
                             roc_repeats_auc(&metrics->roc, weights),
                             (double)NAN, /* the mean of those below */
                             confusion_accuracy(&metrics->binary),
                             lesion.f1,
                             lesion.sensitivity,
                             lesion.specificity,
                             lesion.precision};
    memcpy(at, values, sizeof values);
    at += sizeof values / sizeof *values;
    for (size_t i = 0; i <= classes; ++i) {
        const ConfusionShares of = confusion_class(&metrics->confusion, i);
        *at++ = of.sensitivity;
        *at++ = of.specificity;
        *at++ = of.precision;
        *at++ = of.f1;
    }
    for (size_t i = 0; i < classes; ++i) {
        *at = roc_repeats_auc(&metrics->class_roc[i], weights);
        if (!isnan(*at)) {
            sum += *at;
            ++defined;
        }
        ++at;
    }
    *class_auc = defined ? sum / (double)defined : (double)NAN;
    return at;
}

/* The mean of those that are numbers; NaN if none is. */
static double mean_of(const double *values, const size_t *weights, size_t count)
{
    double sum = 0, total = 0;
    for (size_t i = 0; i < count; ++i)
        if (weights[i] && !isnan(values[i])) {
            sum += (double)weights[i] * values[i];
            total += (double)weights[i];
        }
    return total > 0 ? sum / total : (double)NAN;
}

static double *add_masks(const SetAnswers *answers, const size_t *weights, double *at)
{
    if (answers->dice)
        *at++ = mean_of(answers->dice, weights, answers->images);
    if (answers->mask_iou)
        *at++ = mean_of(answers->mask_iou, weights, answers->images);
    if (!answers->mask_share)
        return at;
    double normal = 0, clean = 0, marked = 0;
    for (size_t i = 0; i < answers->images; ++i)
        if (answers->truth[i] < 0) {
            normal += (double)weights[i];
            clean += answers->mask_share[i] == 0 ? (double)weights[i] : 0;
            marked += (double)weights[i] * answers->mask_share[i];
        }
    *at++ = normal > 0 ? clean / normal : (double)NAN;
    *at++ = normal > 0 ? marked / normal : (double)NAN;
    return at;
}

static double *add_overlaps(const SetAnswers *answers, const size_t *weights, double *at)
{
    for (size_t level = 0; answers->box_overlap && level < sizeof overlaps / sizeof *overlaps;
         ++level) {
        double lesions = 0, enough = 0;
        for (size_t i = 0; i < answers->images; ++i)
            if (!isnan(answers->box_overlap[i])) {
                lesions += (double)weights[i];
                enough += answers->box_overlap[i] >= overlaps[level] ? (double)weights[i] : 0;
            }
        *at++ = lesions > 0 ? enough / lesions : (double)NAN;
    }
    return at;
}

void set_metrics_compute(SetMetrics *metrics, const size_t *weights, double *values)
{
    double *at = add_classes(metrics, weights, values);
    at = add_masks(&metrics->answers, weights, at);
    at = add_overlaps(&metrics->answers, weights, at);
    if (!metrics->boxes)
        return;
    const DetectionMeans means =
        detection_repeats_means(metrics->boxes, weights, metrics->class_ap_50);
    *at++ = means.ap_50;
    *at++ = means.ap_50_95;
    memcpy(at, metrics->class_ap_50, metrics->answers.classes * sizeof *at);
}

/* See set_metrics.h. */
#include "eval/set_metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "eval/roc_repeats.h"

struct SetMetrics {
    SetAnswers answers;
    RocRepeats roc, *class_roc; /* classes */
    DetectionRepeats *boxes;    /* NULL: there are none */
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
    for (size_t i = 0; i <= answers->given.classes; ++i)
        for (size_t k = 0; k < sizeof shares / sizeof *shares; ++k)
            TRY(add_name(metrics, i ? answers->class_names[i - 1] : "normal", shares[k]));
    for (size_t i = 0; i < answers->given.classes; ++i)
        TRY(add_name(metrics, answers->class_names[i], "auc"));
    TRY(add_names_if(metrics, answers->dice, (const char *const[]){"dice"}, 1));
    TRY(add_names_if(metrics, answers->mask_iou, (const char *const[]){"mask_iou"}, 1));
    TRY(add_names_if(metrics, answers->mask_share, false_masks, 2));
    TRY(add_names_if(metrics, answers->box_overlap, overlap, 4));
    TRY(add_names_if(metrics, answers->boxes, boxes, 2));
    for (size_t i = 0; answers->boxes && i < answers->given.classes; ++i)
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

/* The curve of the largest score, lesions against others, or of one class against all others. */
static Status make_curve(const SetAnswers *answers, int64_t class_index, double *scores,
                         bool *positive, RocRepeats *roc)
{
    for (size_t i = 0; i < answers->given.images; ++i) {
        const double *of = answers->scores + i * answers->given.classes;
        scores[i] = of[class_index < 0 ? 0 : class_index];
        for (size_t c = 1; class_index < 0 && c < answers->given.classes; ++c)
            scores[i] = of[c] > scores[i] ? of[c] : scores[i];
        positive[i] =
            class_index < 0 ? answers->given.truth[i] >= 0 : answers->given.truth[i] == class_index;
    }
    return roc_repeats_init(roc, scores, positive, answers->given.images);
}

static Status make_curves(SetMetrics *metrics)
{
    const SetAnswers *answers = &metrics->answers;
    double *scores;
    bool *positive = NULL;
    TRY(MEMORY_NEW(&scores, answers->given.images));
    Status status = MEMORY_NEW(&positive, answers->given.images);
    if (status == STATUS_OK)
        status = MEMORY_NEW(&metrics->class_roc, answers->given.classes);
    if (status == STATUS_OK)
        status = make_curve(answers, -1, scores, positive, &metrics->roc);
    for (size_t c = 0; c < answers->given.classes && status == STATUS_OK; ++c)
        status = make_curve(answers, (int64_t)c, scores, positive, &metrics->class_roc[c]);
    free(scores);
    free(positive);
    return status;
}

static Status make_all(SetMetrics *metrics)
{
    const SetAnswers *answers = &metrics->answers;
    TRY(image_classes_check(&answers->given));
    TRY(make_curves(metrics));
    if (answers->boxes)
        TRY(detection_repeats_new(answers->boxes, (uint32_t)answers->given.classes,
                                  answers->given.images, &metrics->boxes));
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
    for (size_t c = 0; metrics->class_roc && c < metrics->answers.given.classes; ++c)
        roc_repeats_clear(&metrics->class_roc[c]);
    free(metrics->class_roc);
    detection_repeats_free(metrics->boxes);
    free(metrics->names);
    free(metrics);
}

/* ---- computing: each adds its values at `at` and returns where the next go ---- */

static double *add_classes(const SetMetrics *metrics, const ImageConfusions *confusions,
                           const size_t *weights, double *at)
{
    const size_t classes = metrics->answers.given.classes;
    const ConfusionShares macro = confusion_macro(&confusions->classes);
    const ConfusionShares lesion = confusion_class(&confusions->lesion, 1);
    double *const class_auc = at + 6;
    double sum = 0;
    size_t defined = 0;
    const double values[] = {confusion_accuracy(&confusions->classes),
                             macro.f1,
                             macro.sensitivity,
                             macro.specificity,
                             macro.precision,
                             roc_repeats_auc(&metrics->roc, weights),
                             (double)NAN, /* the mean of those below */
                             confusion_accuracy(&confusions->lesion),
                             lesion.f1,
                             lesion.sensitivity,
                             lesion.specificity,
                             lesion.precision};
    memcpy(at, values, sizeof values);
    at += sizeof values / sizeof *values;
    for (size_t i = 0; i <= classes; ++i) {
        const ConfusionShares of = confusion_class(&confusions->classes, i);
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

static double *add_masks(const SetAnswers *answers, const size_t *weights, double *at)
{
    if (answers->dice)
        *at++ = image_mean(answers->dice, weights, answers->given.images);
    if (answers->mask_iou)
        *at++ = image_mean(answers->mask_iou, weights, answers->given.images);
    if (!answers->mask_share)
        return at;
    double normal = 0, clean = 0, marked = 0;
    for (size_t i = 0; i < answers->given.images; ++i)
        if (answers->given.truth[i] < 0) {
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
        for (size_t i = 0; i < answers->given.images; ++i)
            if (!isnan(answers->box_overlap[i])) {
                lesions += (double)weights[i];
                enough += answers->box_overlap[i] >= overlaps[level] ? (double)weights[i] : 0;
            }
        *at++ = lesions > 0 ? enough / lesions : (double)NAN;
    }
    return at;
}

static void add_boxes(const SetMetrics *metrics, const size_t *weights, double *at)
{
    if (!metrics->boxes)
        return;
    const DetectionMeans means = detection_repeats_means(metrics->boxes, weights, at + 2);
    at[0] = means.ap_50;
    at[1] = means.ap_50_95;
}

Status set_metrics_compute(const SetMetrics *metrics, const size_t *weights, double *values)
{
    ImageConfusions confusions;
    TRY(image_confusions_init(&confusions, &metrics->answers.given, weights));
    double *at = add_classes(metrics, &confusions, weights, values);
    at = add_masks(&metrics->answers, weights, at);
    at = add_overlaps(&metrics->answers, weights, at);
    add_boxes(metrics, weights, at);
    image_confusions_clear(&confusions);
    return STATUS_OK;
}

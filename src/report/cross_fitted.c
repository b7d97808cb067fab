/* See cross_fitted.h. */
#include "report/cross_fitted.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text_map.h"
#include "eval/confusion.h"
#include "eval/cross_fit.h"
#include "eval/outcome.h"
#include "report/answers.h"

/* ---- what is kept together ---- */

/* A patient's images, or, where that is not known, a scene's; else each by itself. */
static Status group_images(const CellResult *result, Clusters *groups)
{
    TextMap patients = {0}, scenes = {0};
    uint32_t *numbers;
    Status status = STATUS_OK;
    TRY(MEMORY_NEW(&numbers, result->images));
    for (size_t i = 0; i < result->images && status == STATUS_OK; ++i) {
        const char *patient = result->patients.count ? result->patients.items[i] : "";
        const char *scene = result->scenes.count ? result->scenes.items[i] : "";
        size_t number = *patient ? patients.count : scenes.count;
        if (*patient)
            status = text_map_add(&patients, patient, &number);
        else if (*scene)
            status = text_map_add(&scenes, scene, &number);
        /* Numbers of the three kinds are kept apart. */
        numbers[i] = (uint32_t)(*patient ? 3 * number : *scene ? 3 * number + 1 : 3 * i + 2);
    }
    text_map_clear(&patients);
    text_map_clear(&scenes);
    if (status == STATUS_OK)
        status = clusters_init(groups, numbers, result->images);
    free(numbers);
    return status;
}

/* ---- what follows from it ---- */

static void judge(CellResult *result, const double *points)
{
    const size_t classes = result->class_names.count;
    memset(result->confusion, 0, classes * classes * sizeof *result->confusion);
    for (size_t i = 0; i < result->images; ++i) {
        result->predicted[i] = outcome_is_lesion(result->lesion_score[i], points[i])
                                   ? result->best_class[i]
                                   : OUTCOME_NORMAL;
        ++result->confusion[(size_t)(result->truth[i] + 1) * classes +
                            (size_t)(result->predicted[i] + 1)];
    }
}

static void set(CellResult *result, const char *name, double value)
{
    for (size_t i = 0; i < result->metric_count; ++i)
        if (strcmp(result->metrics[i].name, name) == 0) {
            result->metrics[i].value = value;
            result->metrics[i].low = result->metrics[i].high = (double)NAN;
        }
}

/* "f1", or "GC_f1" of a class. */
static void set_shares(CellResult *result, const char *of, const ConfusionShares *shares)
{
    const struct {
        const char *name;
        double value;
    } all[] = {{"sensitivity", shares->sensitivity},
               {"specificity", shares->specificity},
               {"precision", shares->precision},
               {"f1", shares->f1}};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i) {
        char name[CELL_RESULT_NAME_BYTES];
        snprintf(name, sizeof name, "%s%s%s", of, *of ? "_" : "", all[i].name);
        set(result, name, all[i].value);
    }
}

static Status set_metrics(CellResult *result)
{
    const Confusion confusion = {result->class_names.count, result->confusion};
    Confusion binary;
    TRY(confusion_init(&binary, 2));
    confusion_to_binary(&confusion, 0, &binary);
    const ConfusionShares macro = confusion_macro(&confusion), lesion = confusion_class(&binary, 1);
    set(result, "accuracy", confusion_accuracy(&confusion));
    set(result, "lesion_accuracy", confusion_accuracy(&binary));
    set_shares(result, "", &macro);
    set_shares(result, "lesion", &lesion);
    for (size_t k = 0; k < result->class_names.count; ++k) {
        const ConfusionShares of_class = confusion_class(&confusion, k);
        set_shares(result, result->class_names.items[k], &of_class);
    }
    confusion_clear(&binary);
    return STATUS_OK;
}

/* One patient alone leaves nobody to choose by: then nothing is known at an operating point. */
static void forget(CellResult *result)
{
    const size_t classes = result->class_names.count;
    const double nan = (double)NAN;
    free(result->predicted);
    result->predicted = NULL;
    memset(result->confusion, 0, classes * classes * sizeof *result->confusion);
    const ConfusionShares none = {nan, nan, nan, nan};
    set(result, "accuracy", nan);
    set(result, "lesion_accuracy", nan);
    set_shares(result, "", &none);
    set_shares(result, "lesion", &none);
    for (size_t k = 0; k < classes; ++k)
        set_shares(result, result->class_names.items[k], &none);
}

/* Whether the scores are of the matrix's classes, as in every file that the program writes. */
static bool has_answers(const CellResult *result)
{
    const int64_t classes = (int64_t)result->class_names.count - 1;
    if (!answers_has(result) || !result->confusion)
        return false;
    for (size_t i = 0; i < result->images; ++i)
        if (result->best_class[i] >= classes)
            return false;
    return true;
}

static Status renew(CellResult *result)
{
    Clusters groups;
    double *points;
    if (!has_answers(result))
        return STATUS_OK;
    TRY(group_images(result, &groups));
    Status status = MEMORY_NEW(&points, result->images);
    if (status == STATUS_OK) {
        status = cross_fit_points(result->lesion_score, result->truth, &groups, points);
        if (status == STATUS_OK && groups.count > 1) {
            judge(result, points);
            status = set_metrics(result);
        } else if (status == STATUS_OK) {
            forget(result);
        }
        free(points);
    }
    clusters_clear(&groups);
    return status;
}

Status cross_fitted_renew(Experiment *experiment)
{
    for (size_t i = 0; i < experiment->records.count; ++i)
        if (experiment->records.cells[i].standing == CELL_DONE &&
            experiment->results[i].on_validation)
            TRY(renew(&experiment->results[i]));
    return STATUS_OK;
}

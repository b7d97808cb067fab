/* See cross_fit.h. */
#include "eval/cross_fit.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/outcome.h"

enum { NORMAL = 1, LESION = 2, BOTH = 3 };

Status cross_fit_folds(const int64_t *truth, const Clusters *clusters, size_t *folds, size_t *count)
{
    static const unsigned char order[] = {BOTH, LESION, NORMAL};
    unsigned char *kinds;
    size_t dealt = 0;
    TRY(MEMORY_NEW(&kinds, clusters->count));
    for (size_t i = 0; i < clusters->rows; ++i)
        kinds[clusters->of[i]] |= truth[i] < 0 ? NORMAL : LESION;
    *count = clusters->count < CROSS_FIT_FOLDS ? clusters->count : CROSS_FIT_FOLDS;
    for (size_t i = 0; i < sizeof order; ++i)
        for (size_t k = 0; k < clusters->count; ++k)
            if (kinds[k] == order[i])
                folds[k] = dealt++ % *count;
    free(kinds);
    return STATUS_OK;
}

/* What one fold is judged at; scores and truths are scratch of as many as there are images. */
static Status fit(const double *lesion_score, const int64_t *truth, const Clusters *clusters,
                  const size_t *folds, size_t fold, double *scores, int32_t *truths, double *points)
{
    double point;
    size_t count = 0;
    for (size_t i = 0; i < clusters->rows; ++i) {
        if (folds[clusters->of[i]] == fold)
            continue;
        scores[count] = lesion_score[i];
        truths[count++] = truth[i] < 0 ? OUTCOME_NORMAL : 0;
    }
    TRY(outcome_operating_point(scores, truths, count, 1, &point));
    for (size_t i = 0; i < clusters->rows; ++i)
        if (folds[clusters->of[i]] == fold)
            points[i] = count ? point : (double)NAN;
    return STATUS_OK;
}

Status cross_fit_points(const double *lesion_score, const int64_t *truth, const Clusters *clusters,
                        double *points)
{
    size_t *folds = NULL, count = 0;
    double *scores = NULL;
    int32_t *truths = NULL;
    Status status = STATUS_OK;
    TRY_GOTO(status, end, MEMORY_NEW(&folds, clusters->count));
    TRY_GOTO(status, end, MEMORY_NEW(&scores, clusters->rows));
    TRY_GOTO(status, end, MEMORY_NEW(&truths, clusters->rows));
    TRY_GOTO(status, end, cross_fit_folds(truth, clusters, folds, &count));
    for (size_t fold = 0; fold < count && status == STATUS_OK; ++fold)
        status = fit(lesion_score, truth, clusters, folds, fold, scores, truths, points);
end:
    free(folds);
    free(scores);
    free(truths);
    return status;
}

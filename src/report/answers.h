/* What cells said of their test images, as eval/ takes it: for tests and intervals that the report
 * makes itself, of several cells on the same images. */
#ifndef GISD_REPORT_ANSWERS_H
#define GISD_REPORT_ANSWERS_H

#include <stdbool.h>

#include "eval/cluster_bootstrap.h"
#include "eval/clusters.h"
#include "eval/image_metrics.h"
#include "report/experiment.h"

/* Whether a result tells the score and the class that each image was given. */
bool answers_has(const CellResult *result);

/* Whether two results that do so are of the same images in the same order. */
bool answers_same_images(const CellResult *a, const CellResult *b);

/* The result's, borrowed; only if answers_has(). */
ImageClasses answers_classes(const CellResult *result);
ImageAnswers answers_of(const CellResult *result);

/* The patients of the result's images; an image whose patient is not known is one by itself. To be
 * released with clusters_clear(). */
Status answers_patients(const CellResult *result, Clusters *patients);

/* The results of a run's finished seeds that can be taken together with the first; how many. */
size_t answers_collect(const Experiment *experiment, const Run *run,
                       const CellResult **results /* the chosen variant's count */);

/* Whether images are right, that is given the class they are annotated with, normal included. Owned
 * by the caller. */
Status answers_right(const CellResult *result, bool **right /* images */);

/* Intervals of the image metrics of several results of the same images, drawn together:
 * intervals[r x IMAGE_METRICS + m] of result r, then those of their means over the results. */
enum { ANSWERS_SEED = 1 }; /* of the draws: the same for all tables */
Status answers_bootstrap(const CellResult *const *results, size_t count,
                         BootstrapIntervals *intervals /* (count + 1) x IMAGE_METRICS */);

/* Results that are taken for one: of the seeds of some settings. */
typedef struct {
    const CellResult *const *results; /* count; all of the same images */
    size_t count;
} AnswerSet;

/* Two such sets of the same images, drawn together: intervals of the first's mean over its results,
 * of the second's, and of the second's less the first's. */
Status answers_difference(AnswerSet first, AnswerSet second,
                          BootstrapIntervals *intervals /* 3 x IMAGE_METRICS */);

#endif

/* The metrics of a test set that its images' own answers tell, for lists in which images stand
 * several times or not at all, as a bootstrap draws them. Definitions are those of
 * eval/outcome.h; what does not depend on the drawing is worked out once.
 */
#ifndef GISD_EVAL_IMAGE_METRICS_H
#define GISD_EVAL_IMAGE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "eval/confusion.h"

/* The class of each image, and that which a network gave it; borrowed. */
typedef struct {
    size_t images, classes;   /* lesion classes */
    const int64_t *truth;     /* images: a lesion class, or -1 for normal */
    const int64_t *predicted; /* images: the same */
} ImageClasses;

/* What a network said of each image; borrowed. */
typedef struct {
    ImageClasses given;
    const double *lesion_score; /* images */
    const double *dice;         /* images: NaN where no mask is annotated; NULL: no masks at all */
} ImageAnswers;

enum {
    IMAGE_METRIC_AUC,
    IMAGE_METRIC_ACCURACY,
    IMAGE_METRIC_F1,
    IMAGE_METRIC_SENSITIVITY,
    IMAGE_METRIC_SPECIFICITY,
    IMAGE_METRIC_LESION_SENSITIVITY,
    IMAGE_METRIC_LESION_SPECIFICITY,
    IMAGE_METRIC_DICE,
    IMAGE_METRICS
};

/* As in /test/metrics/name of result.h5. */
extern const char *const image_metric_names[IMAGE_METRICS];

typedef struct ImageMetrics ImageMetrics;

/* Classes out of range and scores that are NaN are STATUS_ARGUMENT. The answers must outlive it. */
Status image_metrics_new(const ImageAnswers *answers, ImageMetrics **metrics);
void image_metrics_free(ImageMetrics *metrics);

/* The values, NaN where undefined, of a list in which image i stands weights[i] times. */
Status image_metrics_compute(const ImageMetrics *metrics, const size_t *weights /* images */,
                             double *values /* IMAGE_METRICS */);

/* What these metrics and those of set_metrics.h are made of. */

/* STATUS_ARGUMENT for classes out of range. */
Status image_classes_check(const ImageClasses *given);

/* Of all classes, normal first, and of lesion against normal; image i stands weights[i] times.
 * Owned through image_confusions_clear(). */
typedef struct {
    Confusion classes, lesion;
} ImageConfusions;
Status image_confusions_init(ImageConfusions *confusions, const ImageClasses *given,
                             const size_t *weights /* images */);
void image_confusions_clear(ImageConfusions *confusions);

/* The mean of the values that are numbers; NaN if none is. */
double image_mean(const double *values /* images */, const size_t *weights /* images */,
                  size_t images);

#endif

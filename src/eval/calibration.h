/* Whether scores are probabilities: of the frames with a score of 0.3, do three of ten have a
 * lesion?
 *
 * The Brier score is the mean square of probability less truth (0 or 1). It is taken apart as
 * miscalibration - discrimination + uncertainty (Dimitriadis, Gneiting and Jordan 2021): the best
 * rising function of the score, by pooling adjacent violators, is what the probabilities should
 * have been; miscalibration is what the score loses to it, discrimination what it gains on saying
 * the share of lesions always, and uncertainty that always-said score. The parts are exact and know
 * no bins.
 *
 * Recalibration is the logistic regression of the truth on the logit of the score (Cox 1958):
 * slope 1 and intercept 0 are right, a slope below 1 says that the scores are too extreme.
 * Newton's method (iteratively reweighted least squares). Scores of less than CALIBRATION_LEAST, or
 * more than 1 less that, are taken for that: their logit would be infinite.
 */
#ifndef GISD_EVAL_CALIBRATION_H
#define GISD_EVAL_CALIBRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#define CALIBRATION_LEAST 1e-6

/* Frames by rising score, sorted once for the bootstrap. Owned through calibration_clear(). */
typedef struct {
    size_t rows;
    size_t *order;  /* rows: of the frames as they were given */
    double *score;  /* rows, rising */
    double *logit;  /* rows */
    bool *positive; /* rows */
    double *sums; /* scratch: 2 x rows; a copy with scratch of its own computes at the same time */
} Calibration;

/* Scores outside of [0, 1], and NaN, are STATUS_ARGUMENT; those above 1 by a rounding of float32
 * count as 1. */
Status calibration_init(Calibration *calibration, const double *scores /* rows */,
                        const bool *positive /* rows */, size_t rows);
void calibration_clear(Calibration *calibration);

/* Frame i stands weights[i] times; NULL: once. */
typedef struct {
    double brier, miscalibration, discrimination, uncertainty;
} BrierParts; /* NaN without frames */
BrierParts calibration_brier(const Calibration *calibration, const size_t *weights /* rows */);

/* NaN where frames are of one kind, and where the slope is infinite: all lesions score higher than
 * all others, or lower. */
typedef struct {
    double intercept, slope; /* together */
    double in_the_large;     /* the intercept where the slope is 1 */
} Recalibration;
/* `start`: where to look first, as that of all frames when a few are drawn; NULL: at what is right.
 */
Recalibration calibration_fit(const Calibration *calibration, const size_t *weights /* rows */,
                              const Recalibration *start);

/* The temperature T by whose 1/T logits are to be multiplied, so that the likelihood of the truth
 * is the largest (Guo and others 2017): above 1 where scores are too extreme. NaN with frames of
 * one kind, where the best T is infinite or negative (scores say nothing, or the opposite), and
 * where it is 0 (every score is on the right side of 0.5). */
double calibration_temperature(const Calibration *calibration, const size_t *weights /* rows */);

/* The score at a temperature: the logistic of logit(score) / temperature. */
double calibration_at(double score, double temperature);

/* logit(score), within CALIBRATION_LEAST of 0 and 1. */
double calibration_logit(double score);

#endif

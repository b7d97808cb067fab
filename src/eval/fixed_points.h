/* What a threshold on the score comes to: sensitivity where the specificity is to be at least so
 * much, and the reverse; predictive values where lesions are more or less common than in the test
 * set; and the net benefit of a decision curve.
 *
 * Frames are called positive from the threshold up; frames of one score move together. A frame
 * stands weights[i] times, NULL: once.
 */
#ifndef GISD_EVAL_FIXED_POINTS_H
#define GISD_EVAL_FIXED_POINTS_H

#include "eval/roc_repeats.h"

/* The highest sensitivity of a threshold whose specificity is at least so much, with no line drawn
 * between thresholds: what can be had. 0 where no frame may be called. NaN if all frames are of one
 * kind. */
double sensitivity_at_specificity(const RocRepeats *roc, const size_t *weights /* rows */,
                                  double specificity);
/* The same the other way round. */
double specificity_at_sensitivity(const RocRepeats *roc, const size_t *weights /* rows */,
                                  double sensitivity);

/* Share of the called frames that have a lesion, and of the others that have none, where
 * `prevalence` of all frames have one (Bayes). NaN where no frame would be called, or none left. */
typedef struct {
    double positive, negative;
} PredictiveValues;
PredictiveValues predictive_values(double sensitivity, double specificity, double prevalence);

/* Sensitivity and specificity of calling frames from `threshold` up; NaN without frames of the
 * kind. */
typedef struct {
    double sensitivity, specificity;
} ThresholdShares;
ThresholdShares threshold_shares(const double *scores /* rows */, const bool *positive /* rows */,
                                 const size_t *weights /* rows */, size_t rows, double threshold);

/* Net benefit a frame of acting from the probability `threshold` up, 0 < threshold < 1 (Vickers and
 * Elkin 2006): prevalence x sensitivity - (1 - prevalence)(1 - specificity) threshold / (1 -
 * threshold). Acting on all is sensitivity 1, specificity 0; acting on none is 0. */
double net_benefit(ThresholdShares shares, double prevalence, double threshold);

#endif

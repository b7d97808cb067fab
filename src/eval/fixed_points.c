/* See fixed_points.h. */
#include "eval/fixed_points.h"

#include <math.h>

/* Frames of the two kinds: negative, positive. */
static void count_kinds(const RocRepeats *roc, const size_t *weights, double counts[2])
{
    counts[0] = counts[1] = 0;
    for (size_t i = 0; i < roc->rows; ++i)
        counts[roc->positive[i]] += weights ? (double)weights[roc->order[i]] : 1;
}

/* From the highest score down, the called share of each kind at every threshold: the best of what
 * `kind` gains while the other kind's bound holds. */
static double best_share(const RocRepeats *roc, const size_t *weights, double bound,
                         bool of_specificity)
{
    double all[2], called[2] = {0, 0}, best = 0;
    count_kinds(roc, weights, all);
    if (all[0] == 0 || all[1] == 0)
        return (double)NAN;
    for (size_t i = 0; i <= roc->rows; ++i) {
        if (i == 0 || roc->last_of_tied[i - 1]) {
            const double specificity = 1 - called[0] / all[0], sensitivity = called[1] / all[1];
            /* shares of whole numbers: what is meant to be equal may differ in the last bit */
            if (of_specificity ? sensitivity >= bound - 1e-12 : specificity >= bound - 1e-12)
                best = fmax(best, of_specificity ? specificity : sensitivity);
        }
        if (i < roc->rows)
            called[roc->positive[i]] += weights ? (double)weights[roc->order[i]] : 1;
    }
    return best;
}

double sensitivity_at_specificity(const RocRepeats *roc, const size_t *weights, double specificity)
{
    return best_share(roc, weights, specificity, false);
}

double specificity_at_sensitivity(const RocRepeats *roc, const size_t *weights, double sensitivity)
{
    return best_share(roc, weights, sensitivity, true);
}

PredictiveValues predictive_values(double sensitivity, double specificity, double prevalence)
{
    const double found = sensitivity * prevalence, missed = (1 - sensitivity) * prevalence;
    const double alarms = (1 - specificity) * (1 - prevalence);
    const double cleared = specificity * (1 - prevalence);
    return (PredictiveValues){found / (found + alarms), cleared / (cleared + missed)};
}

ThresholdShares threshold_shares(const double *scores, const bool *positive, const size_t *weights,
                                 size_t rows, double threshold)
{
    double all[2] = {0, 0}, right[2] = {0, 0};
    for (size_t i = 0; i < rows; ++i) {
        const double weight = weights ? (double)weights[i] : 1;
        all[positive[i]] += weight;
        if ((scores[i] >= threshold) == positive[i])
            right[positive[i]] += weight;
    }
    return (ThresholdShares){right[1] / all[1], right[0] / all[0]};
}

double net_benefit(ThresholdShares shares, double prevalence, double threshold)
{
    return prevalence * shares.sensitivity -
           (1 - prevalence) * (1 - shares.specificity) * threshold / (1 - threshold);
}

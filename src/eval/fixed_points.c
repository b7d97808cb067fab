/* See fixed_points.h. */
#include "eval/fixed_points.h"

#include <math.h>

static size_t weight_of(const size_t *weights, size_t row)
{
    return weights ? weights[row] : 1;
}

/* Frames of the two kinds: negative, positive. */
static void count_kinds(const RocRepeats *roc, const size_t *weights, double counts[2])
{
    size_t all = 0, positives = 0;
    for (size_t i = 0; i < roc->rows; ++i) {
        const size_t weight = weight_of(weights, roc->order[i]);
        all += weight;
        positives += roc->positive[i] ? weight : 0;
    }
    counts[0] = (double)(all - positives);
    counts[1] = (double)positives;
}

/* From the highest threshold down more frames are called: the specificity falls, the sensitivity
 * rises. So the best sensitivity is at the last threshold with enough specificity, and the best
 * specificity at the first with enough sensitivity. Shares of whole numbers: what is meant to be
 * equal may differ in the last bit. */
static double best_share(const RocRepeats *roc, const size_t *weights, double bound,
                         bool of_specificity)
{
    double all[2], best = 0;
    size_t called = 0, found = 0;
    count_kinds(roc, weights, all);
    if (all[0] == 0 || all[1] == 0)
        return (double)NAN;
    for (size_t i = 0; i <= roc->rows; ++i) {
        if (i == 0 || roc->last_of_tied[i - 1]) {
            const double specificity = 1 - (double)(called - found) / all[0];
            const double sensitivity = (double)found / all[1];
            if (of_specificity && sensitivity >= bound - 1e-12)
                return specificity;
            if (!of_specificity && specificity < bound - 1e-12)
                return best;
            best = of_specificity ? 0 : sensitivity;
        }
        if (i < roc->rows) {
            const size_t weight = weight_of(weights, roc->order[i]);
            called += weight;
            found += roc->positive[i] ? weight : 0;
        }
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
    size_t all = 0, called = 0, positives = 0, found = 0;
    for (size_t i = 0; i < rows; ++i) {
        const size_t weight = weight_of(weights, i);
        const size_t own = scores[i] >= threshold ? weight : 0;
        all += weight;
        called += own;
        positives += positive[i] ? weight : 0;
        found += positive[i] ? own : 0;
    }
    const size_t negatives = all - positives, false_alarms = called - found;
    return (ThresholdShares){.sensitivity = (double)found / (double)positives,
                             .specificity = (double)(negatives - false_alarms) / (double)negatives};
}

double net_benefit(ThresholdShares shares, double prevalence, double threshold)
{
    return prevalence * shares.sensitivity -
           (1 - prevalence) * (1 - shares.specificity) * threshold / (1 - threshold);
}

/* Softmax cross-entropy; see cross_entropy.h. The row's maximum is taken out of every exponent. */
#include "loss/cross_entropy.h"

#include <assert.h>
#include <math.h>

/* The maximum m of a row and the sum of exp(logit - m). */
static double row_scale(size_t classes, const float *logits, double *maximum)
{
    double m = (double)logits[0], sum = 0;
    for (size_t k = 1; k < classes; ++k)
        m = fmax(m, (double)logits[k]);
    for (size_t k = 0; k < classes; ++k)
        sum += exp((double)logits[k] - m);
    *maximum = m;
    return sum;
}

void cross_entropy_loss(size_t rows, size_t classes, const float *logits, const int32_t *labels,
                        double scale, double *sum, float *gradient)
{
    *sum = 0;
    for (size_t n = 0; n < rows; ++n) {
        const MixedLabel label = {labels[n], labels[n], 1};
        double of_row;
        smoothed_cross_entropy_loss(1, classes, logits + n * classes, &label, NULL, 0, scale,
                                    &of_row, gradient ? gradient + n * classes : NULL);
        *sum += of_row;
    }
}

/* How much of c_k the loss of a row with that label has. */
static double share_of(int32_t k, const MixedLabel *label, size_t classes, const double *weights,
                       double smoothing)
{
    const double truth =
        (k == label->label ? label->share : 0) + (k == label->other ? 1 - label->share : 0);
    const double share = smoothing / (double)classes + (1 - smoothing) * truth;
    return weights ? weights[k] * share : share;
}

void smoothed_cross_entropy_loss(size_t rows, size_t classes, const float *logits,
                                 const MixedLabel *labels, const double *weights, double smoothing,
                                 double scale, double *sum, float *gradient)
{
    *sum = 0;
    for (size_t n = 0; n < rows; ++n) {
        const float *row = logits + n * classes;
        const MixedLabel *label = &labels[n];
        assert(label->label >= 0 && (size_t)label->label < classes);
        assert(label->other >= 0 && (size_t)label->other < classes);
        double maximum, total = row_scale(classes, row, &maximum), shares = 0;
        for (size_t k = 0; k < classes; ++k) {
            double share = share_of((int32_t)k, label, classes, weights, smoothing);
            if (share > 0)
                *sum += share * (log(total) + maximum - (double)row[k]);
            shares += share;
        }
        for (size_t k = 0; gradient && k < classes; ++k) {
            double probability = exp((double)row[k] - maximum) / total;
            double share = share_of((int32_t)k, label, classes, weights, smoothing);
            gradient[n * classes + k] = (float)(scale * (shares * probability - share));
        }
    }
}

void softmax(size_t rows, size_t classes, const float *logits, float *probabilities)
{
    for (size_t n = 0; n < rows; ++n) {
        const float *row = logits + n * classes;
        double maximum, total = row_scale(classes, row, &maximum);
        for (size_t k = 0; k < classes; ++k)
            probabilities[n * classes + k] = (float)(exp((double)row[k] - maximum) / total);
    }
}

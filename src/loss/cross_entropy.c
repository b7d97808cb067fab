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
    smoothed_cross_entropy_loss(rows, classes, logits, labels, NULL, 0, scale, sum, gradient);
}

/* How much of c_k the loss of a row with that label has. */
static double share_of(size_t k, size_t label, size_t classes, const double *weights,
                       double smoothing)
{
    double share = smoothing / (double)classes + (k == label ? 1 - smoothing : 0);
    return weights ? weights[k] * share : share;
}

void smoothed_cross_entropy_loss(size_t rows, size_t classes, const float *logits,
                                 const int32_t *labels, const double *weights, double smoothing,
                                 double scale, double *sum, float *gradient)
{
    *sum = 0;
    for (size_t n = 0; n < rows; ++n) {
        const float *row = logits + n * classes;
        size_t label = (size_t)labels[n];
        assert(labels[n] >= 0 && label < classes);
        double maximum, total = row_scale(classes, row, &maximum), shares = 0;
        for (size_t k = 0; k < classes; ++k) {
            double share = share_of(k, label, classes, weights, smoothing);
            if (share > 0)
                *sum += share * (log(total) + maximum - (double)row[k]);
            shares += share;
        }
        for (size_t k = 0; gradient && k < classes; ++k) {
            double probability = exp((double)row[k] - maximum) / total;
            double share = share_of(k, label, classes, weights, smoothing);
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

/* Smooth L1 and L1 over positive priors; see box_regression.h. Positives are few: no threads. */
#include "loss/box_regression.h"

#include <math.h>

/* The cost of a difference and its slope. */
static inline double cost(BoxLoss kind, double difference, double *slope)
{
    double size = fabs(difference);
    if (kind == BOX_LOSS_SMOOTH_L1 && size < 1) {
        *slope = difference;
        return difference * difference / 2;
    }
    *slope = difference > 0 ? 1 : difference < 0 ? -1 : difference; /* a NaN stays one */
    return kind == BOX_LOSS_L1 ? size : size - 0.5;
}

void box_regression_loss(BoxLoss kind, size_t priors, const float (*predictions)[4],
                         const int32_t *targets, const float (*offsets)[4], double scale,
                         double *sum, float (*gradient)[4])
{
    *sum = 0;
    for (size_t p = 0; p < priors; ++p)
        for (size_t i = 0; i < 4; ++i) {
            double slope = 0;
            if (targets[p] >= 0)
                *sum += cost(kind, (double)predictions[p][i] - offsets[p][i], &slope);
            if (gradient)
                gradient[p][i] = (float)(scale * slope);
        }
}

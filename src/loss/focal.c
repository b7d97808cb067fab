/* Focal loss; see focal.h.
 *
 * With u = -logit for a positive entry and u = logit for a negative one, an entry costs
 *     a s^gamma q,  s = sigmoid(u), q = ln(1 + e^u),  a = alpha or 1 - alpha,
 * and d/du = a s^gamma (gamma (1 - s) q + s). Everything follows from t = e^-|u| <= 1 without
 * cancellation or overflow, and ln s = min(u, 0) - ln(1 + t) gives any power of s.
 */
#include "loss/focal.h"

#include <math.h>

enum { WORTH_THREADS = 4096 }; /* entries */
enum { MOST_CHUNKS = 64 };     /* the order of adding depends on the number of entries alone */

/* The cost of an entry with u as above and a = 1, and its slope. */
static inline double entry(double u, double gamma, double *slope)
{
    double t = exp(-fabs(u));
    double log_term = log1p(t);
    double large = 1 / (1 + t), small = t / (1 + t);
    double s = u > 0 ? large : small, rest = u > 0 ? small : large;
    double q = (u > 0 ? u : 0) + log_term;
    double power = gamma == 2 ? s * s : exp(gamma * ((u < 0 ? u : 0) - log_term));
    *slope = power * (gamma * rest * q + s);
    return power * q;
}

void focal_loss(size_t priors, size_t classes, const float *logits, const int32_t *targets,
                double alpha, double gamma, double scale, double *sum, float *gradient)
{
    double partial[MOST_CHUNKS] = {0};
    size_t chunk = (priors + MOST_CHUNKS - 1) / MOST_CHUNKS;
#pragma omp parallel for schedule(static) if (priors * classes > WORTH_THREADS)
    for (size_t c = 0; c < MOST_CHUNKS; ++c) {
        size_t end = (c + 1) * chunk < priors ? (c + 1) * chunk : priors;
        for (size_t p = c * chunk; p < end; ++p)
            for (size_t k = 0; k < classes; ++k) {
                size_t i = p * classes + k;
                int positive = targets[p] == (int32_t)k;
                double sign = positive ? -1 : 1, weight = positive ? alpha : 1 - alpha;
                double slope, cost = entry(sign * (double)logits[i], gamma, &slope);
                partial[c] += weight * cost;
                if (gradient)
                    gradient[i] = (float)(scale * sign * weight * slope);
            }
    }
    *sum = 0;
    for (size_t c = 0; c < MOST_CHUNKS; ++c)
        *sum += partial[c];
}

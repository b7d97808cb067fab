/* See distributions.h. Quantiles are found by halving an interval: slower than a rational
 * approximation, and shorter; they are asked for a few times an interval. */
#include "eval/distributions.h"

#include <math.h>

double normal_below(double z)
{
    return 0.5 * erfc(-z * M_SQRT1_2);
}

double normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

double normal_quantile(double p)
{
    if (!(p > 0 && p < 1))
        return p == 0 ? -(double)INFINITY : p == 1 ? (double)INFINITY : (double)NAN;
    if (p > 0.5)
        return -normal_quantile(1 - p);
    double low = -40, high = 0;
    for (double middle = -20; middle > low && middle < high; middle = low + (high - low) / 2)
        *(normal_below(middle) < p ? &low : &high) = middle;
    return high;
}

/* The continued fraction of the incomplete beta function, evaluated from the front (Lentz); it
 * converges fast for x < (a + 1) / (a + b + 2). NIST Handbook of Mathematical Functions, 8.17.22.
 */
static double beta_fraction(double a, double b, double x)
{
    enum { STEPS_MOST = 100000 };
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double result = d;
    for (int m = 1; m < STEPS_MOST; ++m) {
        double before = result;
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        for (int i = 0; i < 2; ++i) {
            double term = i == 0 ? even : odd;
            d = 1 + term * d;
            c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            result *= c * d;
        }
        if (fabs(result - before) <= 1e-16 * fabs(result))
            break;
    }
    return result;
}

/* The regularised incomplete beta function I_x(a, b), with y = 1 - x given too, so that neither is
 * lost to rounding. */
static double incomplete_beta(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, y) / b;
}

double student_two_sided(double t, double freedom)
{
    if (isinf(freedom) || isnan(t) || isnan(freedom))
        return isnan(freedom) ? freedom : normal_two_sided(t);
    if (isinf(t))
        return 0;
    double whole = freedom + t * t;
    return incomplete_beta(freedom / 2, 0.5, freedom / whole, t * t / whole);
}

double student_quantile(double p, double freedom)
{
    double low = 0, high = 1;
    while (high < 1e300 && student_two_sided(high, freedom) > p)
        high *= 2;
    for (double middle = high / 2; middle > low && middle < high; middle = low + (high - low) / 2)
        *(student_two_sided(middle, freedom) > p ? &low : &high) = middle;
    return high;
}

double fisher_above(double f, double above_freedom, double below_freedom)
{
    const double above = above_freedom * f, whole = above + below_freedom;
    if (isnan(whole))
        return whole;
    return incomplete_beta(below_freedom / 2, above_freedom / 2, below_freedom / whole,
                           above / whole);
}

/* The distributions of the normal, Student and Fisher: what intervals and tests need of them. */
#ifndef GISD_EVAL_DISTRIBUTIONS_H
#define GISD_EVAL_DISTRIBUTIONS_H

/* P(Z <= z) of a standard normal. */
double normal_below(double z);

/* The z with normal_below(z) = p, 0 <= p <= 1; infinite at the ends, NaN outside. */
double normal_quantile(double p);

/* P(|Z| >= |z|). */
double normal_two_sided(double z);

/* P(|T| >= |t|) with `freedom` degrees of freedom > 0, whole or not; infinite: the normal's. */
double student_two_sided(double t, double freedom);

/* The t >= 0 with student_two_sided(t, freedom) = p, 0 < p <= 1. */
double student_quantile(double p, double freedom);

/* P(F >= f), f >= 0, of Fisher's distribution with these degrees of freedom > 0; NaN for NaN. */
double fisher_above(double f, double above_freedom, double below_freedom);

#endif

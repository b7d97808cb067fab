/* Comparison with golden numbers. */
#ifndef GISD_TESTS_EVAL_NEAR_H
#define GISD_TESTS_EVAL_NEAR_H

#include <math.h>
#include <stdio.h>

/* Fails unless a and b differ by at most 1e-12 (equal infinities differ by nothing). */
#define ASSERT_NEAR(a, b)                                                                          \
    do {                                                                                           \
        double near_a_ = (a), near_b_ = (b);                                                       \
        if (!(near_a_ == near_b_ || fabs(near_a_ - near_b_) <= 1e-12)) {                           \
            print_error("%s = %.17g, expected %.17g\n", #a, near_a_, near_b_);                     \
            fail();                                                                                \
        }                                                                                          \
    } while (0)

#endif

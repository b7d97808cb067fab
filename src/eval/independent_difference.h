/* The difference of two numbers that were estimated on different patients, each with an interval of
 * its own.
 *
 * Its interval is recovered from the two (MOVER; Zou and Donner 2008, of which Newcombe's 1998 for
 * two proportions is one case): each end lies as far from the difference as the root of the summed
 * squares of how far the two ends that make it so lie from their numbers. So it has the coverage
 * and the skewness of those intervals, of whatever kind they are, and stays sensible where one
 * number is 0 or 1 and a bootstrap would not move.
 */
#ifndef GISD_EVAL_INDEPENDENT_DIFFERENCE_H
#define GISD_EVAL_INDEPENDENT_DIFFERENCE_H

#include "eval/interval.h"

/* Of `one` less `other`; NaN where an end is. */
Interval independent_difference(double one, Interval of_one, double other, Interval of_other);

#endif

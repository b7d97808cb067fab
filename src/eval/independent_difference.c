/* See independent_difference.h. */
#include "eval/independent_difference.h"

#include <math.h>

Interval independent_difference(double one, Interval of_one, double other, Interval of_other)
{
    const double difference = one - other;
    return (Interval){difference - hypot(one - of_one.low, of_other.high - other),
                      difference + hypot(of_one.high - one, other - of_other.low)};
}

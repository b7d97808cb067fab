/* See mcnemar.h. */
#include "eval/mcnemar.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "eval/distributions.h"

/* The exact test: shares[s + offset] is the chance that the signs drawn so far come to the sum s,
 * patient after patient; differences are whole numbers, so that there are few sums. */
static Status exact_p(const int64_t *differences, size_t count, int64_t observed, double *p)
{
    size_t offset = 0;
    for (size_t k = 0; k < count; ++k)
        offset += (size_t)llabs(differences[k]);
    double *shares, *next;
    TRY(MEMORY_NEW(&shares, 2 * offset + 1));
    if (MEMORY_NEW(&next, 2 * offset + 1) != STATUS_OK) {
        free(shares);
        return STATUS_NO_MEMORY; /* the message stands */
    }
    size_t reach = 0; /* sums so far lie within it */
    shares[offset] = 1;
    for (size_t k = 0; k < count; ++k) {
        size_t step = (size_t)llabs(differences[k]);
        if (step == 0)
            continue;
        for (size_t i = offset - reach - step; i <= offset + reach + step; ++i)
            next[i] = 0;
        for (size_t i = offset - reach; i <= offset + reach; ++i) {
            next[i - step] += shares[i] / 2;
            next[i + step] += shares[i] / 2;
        }
        reach += step;
        double *spent = shares;
        shares = next;
        next = spent;
    }
    *p = 0;
    for (size_t distance = reach + 1; distance-- > (size_t)llabs(observed);)
        *p += shares[offset + distance] + (distance ? shares[offset - distance] : 0);
    *p = fmin(*p, 1); /* rounding */
    free(shares);
    free(next);
    return STATUS_OK;
}

Status mcnemar_test(const bool *first, const bool *second, const Clusters *clusters,
                    McnemarTest *test)
{
    const double nan = (double)NAN;
    int64_t *differences, sum = 0;
    double squares = 0;
    *test = (McnemarTest){.chi_square = nan, .corrected = nan};
    TRY(MEMORY_NEW(&differences, clusters->count));
    for (size_t i = 0; i < clusters->rows; ++i) {
        differences[clusters->of[i]] += first[i] - second[i];
        test->only_first += first[i] && !second[i];
        test->only_second += second[i] && !first[i];
    }
    for (size_t k = 0; k < clusters->count; ++k) {
        sum += differences[k];
        squares += (double)(differences[k] * differences[k]);
        test->patients += differences[k] != 0;
    }
    if (squares > 0) {
        double distance = (double)llabs(sum), less = fmax(distance - 1, 0);
        test->chi_square = distance * distance / squares;
        test->corrected = less * less / squares;
    }
    test->chi_square_p = normal_two_sided(sqrt(test->chi_square));
    test->corrected_p = normal_two_sided(sqrt(test->corrected));
    test->exact = test->patients < MCNEMAR_EXACT_BELOW;
    test->p = test->chi_square_p;
    Status status = test->exact ? exact_p(differences, clusters->count, sum, &test->p) : STATUS_OK;
    free(differences);
    return status;
}
